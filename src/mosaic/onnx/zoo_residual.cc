#include <fmt/format.h>

#include <array>
#include <cstddef>

#include "mosaic/onnx/zoo_networks.h"

namespace mosaic::onnx::networks {
namespace {

/// Units of each group.
using Depth = std::array<std::int64_t, 4>;
constexpr Depth k50{3, 4, 6, 3};
constexpr Depth k152{3, 8, 36, 3};

/// What a unit takes, makes and thins out.
struct Unit {
  std::int64_t in = 0;
  std::int64_t inner = 0;
  std::int64_t stride = 1;
  bool widens = false;  ///< the shortcut is a convolution
  double gain = 0.5;    ///< of what is added to the shortcut: the smaller, the more units there are

  [[nodiscard]] std::int64_t out() const { return 4 * inner; }
};

/// Two convolutions of 3 x 3; a shortcut of 1 x 1 where channels change.
std::string basic_unit(Builder& net, const std::string& x, std::int64_t in, std::int64_t out) {
  const std::int64_t stride = in == out ? 1 : 2;
  std::string y = net.conv_bn(x, {.in = in, .out = out, .stride = stride}, "Relu");
  y = net.conv_bn(y, {.in = out, .out = out}, "", 0.5);
  const std::string shortcut = in == out ? x : net.conv_bn(x, {.in = in, .out = out, .kernel = {1, 1}, .stride = stride}, "", 0.7);
  return net.relu(net.add(y, shortcut));
}

std::string unit_v1(Builder& net, const std::string& x, const Unit& unit) {
  std::string shortcut = x;
  if (unit.widens) shortcut = net.conv_bn(x, {.in = unit.in, .out = unit.out(), .kernel = {1, 1}, .stride = unit.stride}, "", 0.7);
  std::string y = net.conv_bn(x, {.in = unit.in, .out = unit.inner, .kernel = {1, 1}, .stride = unit.stride}, "Relu");
  y = net.conv_bn(y, {.in = unit.inner, .out = unit.inner}, "Relu");
  y = net.conv_bn(y, {.in = unit.inner, .out = unit.out(), .kernel = {1, 1}}, "", unit.gain);
  return net.relu(net.add(shortcut, y));
}

/// TensorFlow's way with strides: padding, as much on both sides, is an operator of its own.
std::string pad_for_stride(Builder& net, const std::string& x, Builder::Convolution& convolution) {
  if (convolution.stride == 1) return x;
  convolution.auto_pad = "VALID";
  return net.pad(x, convolution.kernel[0] / 2);
}

std::string conv_bn_v2(Builder& net, const std::string& x, Builder::Convolution convolution) {
  const std::string padded = pad_for_stride(net, x, convolution);
  return net.conv_bn(padded, convolution, "Relu");
}

std::string unit_v2(Builder& net, const std::string& x, const Unit& unit) {
  const std::string active = net.relu(net.batch_norm(x, unit.in, 0.8));
  std::string shortcut = x;
  if (unit.widens) {
    shortcut = net.conv(active, {.in = unit.in, .out = unit.out(), .kernel = {1, 1}, .stride = unit.stride});
  } else if (unit.stride == 2) {
    shortcut = net.max_pool(x, 1, 2);
  }
  std::string y = net.conv_bn(active, {.in = unit.in, .out = unit.inner, .kernel = {1, 1}}, "Relu");
  y = conv_bn_v2(net, y, {.in = unit.inner, .out = unit.inner, .stride = unit.stride});
  y = net.conv(y, {.in = unit.inner, .out = unit.out(), .kernel = {1, 1}, .gain = unit.gain});
  return net.add(shortcut, y);
}

void resnet_v2(Builder& net, const Depth& units, double gain) {
  net.block("stem");
  Builder::Convolution first{.in = 3, .out = 64, .kernel = {7, 7}, .stride = 2};
  const std::string padded = pad_for_stride(net, image(net, 224), first);
  std::string x = net.max_pool(net.conv(padded, first), 3, 2, "SAME_UPPER");
  std::int64_t channels = 64;
  int number = 0;
  for (std::size_t group = 0; group < units.size(); ++group) {
    for (std::int64_t i = 0; i < units.at(group); ++i) {
      net.block(fmt::format("unit_{}", ++number));
      const bool last = i + 1 == units.at(group) && group + 1 < units.size();
      const Unit unit{.in = channels, .inner = std::int64_t{64} << group, .stride = last ? 2 : 1, .widens = i == 0, .gain = gain};
      x = unit_v2(net, x, unit);
      channels = unit.out();
    }
  }
  net.block("pool");
  x = net.mean_of_image(net.relu(net.batch_norm(x, channels)));
  net.block("logits");
  classify_pooled(net, x, channels);
}

}  // namespace

void resnet18_64(Builder& net) {
  constexpr std::int64_t kTinyClasses = 200;
  net.block("stem");
  std::string x = net.conv_bn(image(net, 64), {.in = 3, .out = 64}, "Relu");
  std::int64_t channels = 64;
  for (int number = 0; number < 8; ++number) {
    net.block(fmt::format("unit_{}", number + 1));
    const std::int64_t out = std::int64_t{64} << (number / 2);
    x = basic_unit(net, x, channels, out);
    channels = out;
  }
  net.block("head");
  const std::string logits = net.fully_connected(net.flatten(net.global_average_pool(x)), channels, kTinyClasses);
  net.output(net.softmax(logits), {1, kTinyClasses});
}

void resnet50_v1(Builder& net) {
  net.block("stem");
  std::string x = net.conv_bn(image(net, 224), {.in = 3, .out = 64, .kernel = {7, 7}, .stride = 2}, "Relu");
  x = net.max_pool(x, 3, 2, "SAME_UPPER");
  std::int64_t channels = 64;
  int number = 0;
  for (std::size_t group = 0; group < k50.size(); ++group) {
    for (std::int64_t i = 0; i < k50.at(group); ++i) {
      net.block(fmt::format("unit_{}", ++number));
      const Unit unit{.in = channels, .inner = std::int64_t{64} << group, .stride = i == 0 && group > 0 ? 2 : 1, .widens = i == 0};
      x = unit_v1(net, x, unit);
      channels = unit.out();
    }
  }
  net.block("head");
  classify(net, net.flatten(net.global_average_pool(x)), channels);
}

void resnet50_v2(Builder& net) { resnet_v2(net, k50, 0.5); }
void resnet152_v2(Builder& net) { resnet_v2(net, k152, 0.2); }

}  // namespace mosaic::onnx::networks

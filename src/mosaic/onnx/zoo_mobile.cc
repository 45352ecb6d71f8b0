#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mosaic/onnx/zoo_networks.h"

namespace mosaic::onnx::networks {
namespace {

/// Channels at a width multiplier, rounded to a multiple of 8 and by at most 10 % downwards (the MobileNet papers' rule).
std::int64_t scaled(std::int64_t channels, double width) {
  const double wanted = static_cast<double>(channels) * width;
  auto rounded = std::max<std::int64_t>(8, static_cast<std::int64_t>(wanted + 4) / 8 * 8);
  if (static_cast<double>(rounded) < 0.9 * wanted) rounded += 8;
  return rounded;
}

/// Expand, filter each channel, project; with a shortcut where shapes allow.
struct InvertedResidual {
  std::int64_t in = 0;
  std::int64_t expansion = 1;
  std::int64_t out = 0;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  double gain = 0.7;  ///< of what is added to the shortcut: below 1, so that sums of many stay in bounds
};

std::string inverted_residual(Builder& net, const std::string& x, const InvertedResidual& block, const std::string& activation) {
  const std::int64_t wide = block.in * block.expansion;
  std::string y = x;
  if (block.expansion != 1) y = net.conv_bn(y, {.in = block.in, .out = wide, .kernel = {1, 1}}, activation);
  y = net.conv_bn(y, {.in = wide, .out = wide, .kernel = {block.kernel, block.kernel}, .stride = block.stride, .groups = wide}, activation);
  y = net.conv_bn(y, {.in = wide, .out = block.out, .kernel = {1, 1}}, "", block.gain);
  return block.stride == 1 && block.in == block.out ? net.add(x, y) : y;
}

/// Blocks that differ in nothing but the first one's stride and input.
struct Group {
  std::int64_t expansion, out, repeats, stride, kernel;
};

}  // namespace

void mobilenet_v1(Builder& net, double width) {
  net.block("stem");
  std::int64_t channels = scaled(32, width);
  std::string x = net.conv_bn(image(net, 224), {.in = 3, .out = channels, .stride = 2}, "Relu6");
  struct Block {
    std::int64_t out;
    std::int64_t stride;
  };
  constexpr std::array<Block, 13> kBlocks{
      {{64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}}};
  int number = 0;
  for (const Block& block : kBlocks) {
    net.block(fmt::format("block_{}", ++number));
    x = net.conv_bn(x, {.in = channels, .out = channels, .stride = block.stride, .groups = channels}, "Relu6");
    const std::int64_t out = scaled(block.out, width);
    x = net.conv_bn(x, {.in = channels, .out = out, .kernel = {1, 1}}, "Relu6");
    channels = out;
  }
  net.block("head");
  classify(net, net.flatten(net.global_average_pool(x)), channels);
}

void mobilenet_v2(Builder& net, double width) {
  net.block("stem");
  std::int64_t channels = scaled(32, width);
  std::string x = net.conv_bn(image(net, 224), {.in = 3, .out = channels, .stride = 2}, "Relu6");
  constexpr std::array<Group, 7> kGroups{
      {{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3}, {6, 32, 3, 2, 3}, {6, 64, 4, 2, 3}, {6, 96, 3, 1, 3}, {6, 160, 3, 2, 3}, {6, 320, 1, 1, 3}}};
  int number = 0;
  for (const Group& group : kGroups) {
    for (std::int64_t i = 0; i < group.repeats; ++i) {
      if (++number > 1) net.block(fmt::format("block_{}", number));
      const std::int64_t out = scaled(group.out, width);
      x = inverted_residual(net, x, {.in = channels, .expansion = group.expansion, .out = out, .stride = i == 0 ? group.stride : 1}, "Relu6");
      channels = out;
    }
  }
  net.block("head");
  const std::int64_t last = width > 1 ? scaled(1280, width) : 1280;
  x = net.conv_bn(x, {.in = channels, .out = last, .kernel = {1, 1}}, "Relu6");
  classify_pooled(net, net.global_average_pool(x), last);
}

void mnasnet(Builder& net, double width) {
  net.block("stem");
  std::int64_t channels = scaled(32, width);
  std::string x = net.conv_bn(image(net, 224), {.in = 3, .out = channels, .stride = 2}, "Relu");
  net.block("sepconv");
  const std::int64_t narrow = scaled(16, width);
  constexpr double kGain = 0.4;  // its activation has no upper bound
  x = inverted_residual(net, x, {.in = channels, .out = narrow, .gain = kGain}, "Relu");
  channels = narrow;
  constexpr std::array<Group, 6> kGroups{
      {{3, 24, 3, 2, 3}, {3, 40, 3, 2, 5}, {6, 80, 3, 2, 5}, {6, 96, 2, 1, 3}, {6, 192, 4, 2, 5}, {6, 320, 1, 1, 3}}};
  int number = 0;
  for (const Group& group : kGroups) {
    for (std::int64_t i = 0; i < group.repeats; ++i) {
      net.block(fmt::format("block_{}", ++number));
      const std::int64_t out = scaled(group.out, width);
      const InvertedResidual block{
          .in = channels, .expansion = group.expansion, .out = out, .kernel = group.kernel, .stride = i == 0 ? group.stride : 1, .gain = kGain};
      x = inverted_residual(net, x, block, "Relu");
      channels = out;
    }
  }
  net.block("head");
  constexpr std::int64_t kLast = 1280;  // at every width
  x = net.global_average_pool(net.conv_bn(x, {.in = channels, .out = kLast, .kernel = {1, 1}}, "Relu"));
  net.block("logits");
  classify(net, net.flatten(x), kLast);
}

}  // namespace mosaic::onnx::networks

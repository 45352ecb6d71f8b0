#include "mosaic/onnx/zoo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "mosaic/base/text.h"
#include "mosaic/onnx/builder.h"

namespace mosaic::onnx {
namespace {

constexpr std::int64_t kClasses = 1000;
const Shape kImage{1, 3, 224, 224};
const Shape kScores{1, kClasses};

/// Channels at a width multiplier, rounded to a multiple of 8 and by at most 10 % downwards (the MobileNet papers' rule).
std::int64_t scaled(std::int64_t channels, double width) {
  const double wanted = static_cast<double>(channels) * width;
  auto rounded = std::max<std::int64_t>(8, static_cast<std::int64_t>(wanted + 4) / 8 * 8);
  if (static_cast<double>(rounded) < 0.9 * wanted) rounded += 8;
  return rounded;
}

/// Pooled features to class probabilities; the gain lets the scores differ enough for a softmax to prefer some.
void classify(Builder& net, const std::string& features, std::int64_t channels) {
  const std::string scores = net.dense(net.global_average_pool(features), channels, kClasses, 4.0);
  net.output(net.node("Softmax", {scores}, {{"axis", std::int64_t{-1}}}), kScores);
}

Model mobilenet_v1(double width, std::uint64_t seed) {
  Builder net(fmt::format("mobilenet_v1_{:g}", width), seed);
  std::int64_t channels = scaled(32, width);
  std::string x = net.conv_bn(net.input("image", kImage), {.in = 3, .out = channels, .stride = 2}, "Relu6");
  struct Block {
    std::int64_t out;
    std::int64_t stride;
  };
  constexpr std::array<Block, 13> kBlocks{
      {{64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}}};
  for (const Block& block : kBlocks) {
    x = net.conv_bn(x, {.in = channels, .out = channels, .stride = block.stride, .groups = channels}, "Relu6");
    const std::int64_t out = scaled(block.out, width);
    x = net.conv_bn(x, {.in = channels, .out = out, .kernel = {1, 1}}, "Relu6");
    channels = out;
  }
  classify(net, x, channels);
  return net.build();
}

Model mobilenet_v2(double width, std::uint64_t seed) {
  Builder net(fmt::format("mobilenet_v2_{:g}", width), seed);
  std::int64_t channels = scaled(32, width);
  std::string x = net.conv_bn(net.input("image", kImage), {.in = 3, .out = channels, .stride = 2}, "Relu6");
  struct Group {
    std::int64_t expansion, out, repeats, stride;
  };
  constexpr std::array<Group, 7> kGroups{{{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};
  for (const Group& group : kGroups) {
    const std::int64_t out = scaled(group.out, width);
    for (std::int64_t i = 0; i < group.repeats; ++i) {
      const std::int64_t stride = i == 0 ? group.stride : 1;
      const std::int64_t wide = channels * group.expansion;
      const std::string shortcut = x;
      if (group.expansion != 1) x = net.conv_bn(x, {.in = channels, .out = wide, .kernel = {1, 1}}, "Relu6");
      x = net.conv_bn(x, {.in = wide, .out = wide, .stride = stride, .groups = wide}, "Relu6");
      x = net.conv_bn(x, {.in = wide, .out = out, .kernel = {1, 1}}, "", 0.7);
      if (stride == 1 && channels == out) x = net.add(shortcut, x);
      channels = out;
    }
  }
  const std::int64_t last = width > 1 ? scaled(1280, width) : 1280;
  x = net.conv_bn(x, {.in = channels, .out = last, .kernel = {1, 1}}, "Relu6");
  classify(net, x, last);
  return net.build();
}

Model squeezenet(std::uint64_t seed) {
  Builder net("squeezenet_1.1", seed);
  const auto activated = [&](const std::string& x, std::int64_t in, std::int64_t out, std::int64_t kernel) {
    return net.relu(net.conv(x, {.in = in, .out = out, .kernel = {kernel, kernel}}));
  };
  const auto fire = [&](const std::string& x, std::int64_t in, std::int64_t squeeze, std::int64_t expand) {
    const std::string squeezed = activated(x, in, squeeze, 1);
    return net.node("Concat", {activated(squeezed, squeeze, expand, 1), activated(squeezed, squeeze, expand, 3)}, {{"axis", std::int64_t{1}}});
  };
  std::string x = net.relu(net.conv(net.input("image", kImage), {.in = 3, .out = 64, .stride = 2, .auto_pad = "VALID"}));
  x = net.max_pool(x, 3, 2);
  x = fire(fire(x, 64, 16, 64), 128, 16, 64);
  x = net.max_pool(x, 3, 2);
  x = fire(fire(x, 128, 32, 128), 256, 32, 128);
  x = net.max_pool(x, 3, 2);
  x = fire(fire(x, 256, 48, 192), 384, 48, 192);
  x = fire(fire(x, 384, 64, 256), 512, 64, 256);
  x = net.relu(net.conv(x, {.in = 512, .out = kClasses, .kernel = {1, 1}, .gain = 2.0}));
  x = net.node("Flatten", {net.global_average_pool(x)}, {{"axis", std::int64_t{1}}});
  net.output(net.node("Softmax", {x}, {{"axis", std::int64_t{-1}}}), kScores);
  return net.build();
}

constexpr std::array<std::int64_t, 4> kResnet50Units{3, 4, 6, 3};

Model resnet50_v1(std::uint64_t seed) {
  Builder net("resnet50_v1", seed);
  std::string x = net.conv_bn(net.input("image", kImage), {.in = 3, .out = 64, .kernel = {7, 7}, .stride = 2}, "Relu");
  x = net.max_pool(x, 3, 2, "SAME_UPPER");
  std::int64_t channels = 64;
  for (std::size_t group = 0; group < kResnet50Units.size(); ++group) {
    const std::int64_t inner = std::int64_t{64} << group;
    for (std::int64_t unit = 0; unit < kResnet50Units.at(group); ++unit) {
      const std::int64_t stride = unit == 0 && group > 0 ? 2 : 1;
      std::string shortcut = x;
      if (unit == 0) shortcut = net.conv_bn(x, {.in = channels, .out = 4 * inner, .kernel = {1, 1}, .stride = stride}, "", 0.7);
      std::string y = net.conv_bn(x, {.in = channels, .out = inner, .kernel = {1, 1}, .stride = stride}, "Relu");
      y = net.conv_bn(y, {.in = inner, .out = inner}, "Relu");
      y = net.conv_bn(y, {.in = inner, .out = 4 * inner, .kernel = {1, 1}}, "", 0.5);
      x = net.relu(net.add(shortcut, y));
      channels = 4 * inner;
    }
  }
  classify(net, x, channels);
  return net.build();
}

/// Normalisation and activation before each convolution; the stride is in the last unit of the first three groups, as published in TensorFlow.
Model resnet50_v2(std::uint64_t seed) {
  Builder net("resnet50_v2", seed);
  std::string x = net.conv(net.input("image", kImage), {.in = 3, .out = 64, .kernel = {7, 7}, .stride = 2});
  x = net.max_pool(x, 3, 2, "SAME_UPPER");
  std::int64_t channels = 64;
  for (std::size_t group = 0; group < kResnet50Units.size(); ++group) {
    const std::int64_t inner = std::int64_t{64} << group;
    for (std::int64_t unit = 0; unit < kResnet50Units.at(group); ++unit) {
      const bool last = unit + 1 == kResnet50Units.at(group) && group + 1 < kResnet50Units.size();
      const std::int64_t stride = last ? 2 : 1;
      const std::string active = net.relu(net.batch_norm(x, channels, 0.8));
      std::string shortcut = x;
      if (unit == 0) {
        shortcut = net.conv(active, {.in = channels, .out = 4 * inner, .kernel = {1, 1}, .stride = stride});
      } else if (stride == 2) {
        shortcut = net.max_pool(x, 1, 2);
      }
      std::string y = net.conv_bn(active, {.in = channels, .out = inner, .kernel = {1, 1}}, "Relu");
      y = net.conv_bn(y, {.in = inner, .out = inner, .stride = stride}, "Relu");
      y = net.conv(y, {.in = inner, .out = 4 * inner, .kernel = {1, 1}, .gain = 0.5});
      x = net.add(shortcut, y);
      channels = 4 * inner;
    }
  }
  classify(net, net.relu(net.batch_norm(x, channels)), channels);
  return net.build();
}

Model vgg16(std::uint64_t seed) {
  Builder net("vgg16", seed);
  std::string x = net.input("image", kImage);
  std::int64_t channels = 3;
  struct Stage {
    std::int64_t out;
    int convolutions;
  };
  constexpr std::array<Stage, 5> kStages{{{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}};
  for (const Stage& stage : kStages) {
    for (int i = 0; i < stage.convolutions; ++i) {
      x = net.relu(net.conv(x, {.in = channels, .out = stage.out}));
      channels = stage.out;
    }
    x = net.max_pool(x, 2, 2);
  }
  x = net.relu(net.dense(x, std::int64_t{512} * 7 * 7, 4096));
  x = net.relu(net.dense(x, 4096, 4096));
  net.output(net.node("Softmax", {net.dense(x, 4096, kClasses)}, {{"axis", std::int64_t{-1}}}), kScores);
  return net.build();
}

struct Recipe {
  ZooEntry entry;
  Model (*fixed)(std::uint64_t seed) = nullptr;
  Model (*scalable)(double width, std::uint64_t seed) = nullptr;
};

const std::array<Recipe, 6>& recipes() {
  static const std::array<Recipe, 6> kRecipes{{
      {{"mobilenet_v1_<width>", "MobileNet V1, 28 layers, 569 MMAC at width 1", "Howard et al., arXiv 1704.04861"}, nullptr, mobilenet_v1},
      {{"mobilenet_v2_<width>", "MobileNet V2, inverted residuals, 301 MMAC at width 1", "Sandler et al., CVPR 2018"}, nullptr, mobilenet_v2},
      {{"resnet50_v1", "ResNet-50, 3.9 GMAC", "He et al., CVPR 2016"}, resnet50_v1, nullptr},
      {{"resnet50_v2", "ResNet-50 with pre-activation, 3.5 GMAC", "He et al., ECCV 2016"}, resnet50_v2, nullptr},
      {{"squeezenet_1.1", "SqueezeNet 1.1, fire modules, 350 MMAC", "Iandola et al., arXiv 1602.07360"}, squeezenet, nullptr},
      {{"vgg16", "VGG-16, 15.5 GMAC, 138 M parameters", "Simonyan and Zisserman, ICLR 2015"}, vgg16, nullptr},
  }};
  return kRecipes;
}

/// The width in "mobilenet_v2_0.35" for "mobilenet_v2_<width>".
std::optional<double> width_in(std::string_view name, std::string_view pattern) {
  const std::string_view stem = pattern.substr(0, pattern.find('<'));
  if (!name.starts_with(stem)) return std::nullopt;
  name.remove_prefix(stem.size());
  double width = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), width);
  const bool good = parsed.ec == std::errc() && parsed.ptr == name.data() + name.size() && width >= 0.05 && width <= 4;
  return good ? std::optional(width) : std::nullopt;
}

}  // namespace

const std::vector<ZooEntry>& zoo() {
  static const std::vector<ZooEntry> kEntries = [] {
    std::vector<ZooEntry> entries;
    for (const Recipe& recipe : recipes()) entries.push_back(recipe.entry);
    return entries;
  }();
  return kEntries;
}

Result<Model> build_zoo_model(const std::string& name, std::uint64_t seed) {
  std::vector<std::string> names;
  std::vector<std::string> meant;  // with the width that was given
  for (const Recipe& recipe : recipes()) {
    if (recipe.fixed != nullptr && recipe.entry.name == name) return recipe.fixed(seed);
    if (recipe.scalable != nullptr) {
      if (const auto width = width_in(name, recipe.entry.name)) return recipe.scalable(*width, seed);
    }
    const std::string& pattern = names.emplace_back(recipe.entry.name);
    const std::size_t width = recipe.scalable == nullptr ? pattern.size() : pattern.find('<');
    meant.push_back(pattern.substr(0, width) + (recipe.scalable == nullptr ? "" : name.substr(name.rfind('_') + 1)));
  }
  const std::string_view suggestion = closest(name, meant);
  return fail(ErrorCode::kInvalidInput,
              fmt::format("the zoo has no network '{}'{}; it has {} (for example mobilenet_v2_1.0)", name,
                          suggestion.empty() || suggestion == name ? "" : fmt::format(", did you mean '{}'?", suggestion), fmt::join(names, ", ")));
}

}  // namespace mosaic::onnx

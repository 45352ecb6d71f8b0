#include "mosaic/onnx/zoo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "mosaic/base/text.h"
#include "mosaic/onnx/import.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/onnx/zoo_networks.h"
#include "mosaic/onnx/zoo_shapes.h"

namespace mosaic::onnx {

namespace networks {

std::string image(Builder& net, std::int64_t size) { return net.input("image", {1, 3, size, size}); }

void classify(Builder& net, const std::string& flat, std::int64_t channels, double gain) {
  net.output(net.softmax(net.fully_connected(flat, channels, kClasses, gain)), {1, kClasses});
}

void classify_pooled(Builder& net, const std::string& pooled, std::int64_t channels, double gain) {
  const std::string logits = net.conv(pooled, {.in = channels, .out = kClasses, .kernel = {1, 1}, .gain = gain});
  net.output(net.softmax(net.flatten(logits)), {1, kClasses});
}

}  // namespace networks

namespace {

/// A network's entry and what draws it: at one width or at any.
struct Recipe {
  ZooEntry entry;
  void (*fixed)(Builder& net) = nullptr;
  void (*scalable)(Builder& net, double width) = nullptr;
};

const std::array<Recipe, 11>& recipes() {
  static const std::array<Recipe, 11> kRecipes{{
      {{"inception_v4", "Inception V4 on 299 x 299, 12.3 GMAC", "Szegedy et al., AAAI 2017"}, networks::inception_v4, nullptr},
      {{"mnasnet_<width>", "MnasNet-B1, no squeeze-and-excite, 314 MMAC at width 1", "Tan et al., CVPR 2019"}, nullptr, networks::mnasnet},
      {{"mobilenet_v1_<width>", "MobileNet V1, 28 layers, 569 MMAC at width 1", "Howard et al., arXiv 1704.04861"}, nullptr, networks::mobilenet_v1},
      {{"mobilenet_v2_<width>", "MobileNet V2, inverted residuals, 301 MMAC at width 1", "Sandler et al., CVPR 2018"},
       nullptr,
       networks::mobilenet_v2},
      {{"resnet152_v2", "ResNet-152 with pre-activation, 10.9 GMAC", "He et al., ECCV 2016"}, networks::resnet152_v2, nullptr},
      {{"resnet18_64", "ResNet-18 on 64 x 64 without pooling in front, 200 classes", "He et al., CVPR 2016"}, networks::resnet18_64, nullptr},
      {{"resnet50_v1", "ResNet-50, 3.9 GMAC", "He et al., CVPR 2016"}, networks::resnet50_v1, nullptr},
      {{"resnet50_v2", "ResNet-50 with pre-activation, 3.5 GMAC", "He et al., ECCV 2016"}, networks::resnet50_v2, nullptr},
      {{"squeezenet_1.0", "SqueezeNet 1.0, fire modules, 819 MMAC", "Iandola et al., arXiv 1602.07360"}, networks::squeezenet_1_0, nullptr},
      {{"squeezenet_1.1", "SqueezeNet 1.1, fire modules, 350 MMAC", "Iandola et al., arXiv 1602.07360"}, networks::squeezenet_1_1, nullptr},
      {{"vgg16", "VGG-16, 15.5 GMAC, 138 M parameters", "Simonyan and Zisserman, ICLR 2015"}, networks::vgg16, nullptr},
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

Result<Model> draw(const std::string& name, std::uint64_t seed, Weights weights) {
  std::vector<std::string> names;
  std::vector<std::string> meant;  // with the width that was given
  for (const Recipe& recipe : recipes()) {
    const std::string& pattern = names.emplace_back(recipe.entry.name);
    const std::size_t stem = recipe.scalable == nullptr ? pattern.size() : pattern.find('<');
    meant.push_back(pattern.substr(0, stem) + (recipe.scalable == nullptr ? "" : name.substr(name.rfind('_') + 1)));
    const auto width = recipe.scalable == nullptr ? std::nullopt : width_in(name, pattern);
    if (!width && (recipe.fixed == nullptr || pattern != name)) continue;
    Builder net(width ? fmt::format("{}{:g}", pattern.substr(0, stem), *width) : name, seed, weights);
    width ? recipe.scalable(net, *width) : recipe.fixed(net);
    return net.build();
  }
  const std::string_view suggestion = closest(name, meant);
  return fail(ErrorCode::kInvalidInput,
              fmt::format("the zoo has no network '{}'{}; it has {} (for example mobilenet_v2_1.0)", name,
                          suggestion.empty() || suggestion == name ? "" : fmt::format(", did you mean '{}'?", suggestion), fmt::join(names, ", ")));
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

Result<Model> build_zoo_model(const std::string& name, std::uint64_t seed) { return draw(name, seed, Weights::kSeeded); }

Result<Graph> zoo_graph(const std::string& name) {
  MOSAIC_TRY(Model model, draw(name, 0, Weights::kLeftOut));
  const auto evaluator = make_zoo_evaluator();
  MOSAIC_TRY(const PreparedModel prepared, prepare(std::move(model), {}, *evaluator));
  return import_graph(prepared, name);
}

}  // namespace mosaic::onnx

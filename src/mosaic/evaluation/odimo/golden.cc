#include "mosaic/evaluation/odimo/golden.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "mosaic/accelerators/diana.h"
#include "mosaic/evaluation/odimo/layers.h"

namespace mosaic::odimo {
namespace {

using Layers = std::vector<ConvShape>;
using Counts = std::vector<std::int64_t>;

constexpr double kExact = 1e-6;

Counts all_digital(const Layers& layers) {
  Counts digital;
  for (const ConvShape& layer : layers) digital.push_back(layer.out_channels);
  return digital;
}

Counts ends_digital(const Layers& layers) {
  Counts digital(layers.size(), 0);
  digital.front() = layers.front().out_channels;
  digital.back() = layers.back().out_channels;
  return digital;
}

/// Costs of a network under one mapping.
struct Row {
  std::string mapping;
  Counts digital;
  double cycles = 0;
  double milliseconds = 0;
  double ms_tolerance = 0.0005;
  std::optional<double> microjoules;
};

class Collector {
 public:
  std::vector<Golden> take() { return std::move(all_); }

  void unit(const ConvShape& layer, double analog, double digital, double tolerance = kExact) {
    const std::string shape = fmt::format("{} x {}, {} x {}, {} to {} channels", layer.out_x, layer.out_y, layer.kernel_x, layer.kernel_y,
                                          layer.in_channels, layer.out_channels);
    add("one layer", shape + ": analog cycles", analog, diana::analog_cycles(layer, layer.out_channels), tolerance);
    add("one layer", shape + ": digital cycles", digital, diana::digital_cycles(layer, layer.out_channels), kExact);
  }

  void network(const std::string& name, const Layers& layers, const Row& row) {
    const diana::NetworkCost cost = diana::network_cost(layers, row.digital);
    add(name, row.mapping + ": cycles", row.cycles, cost.cycles, 0.5);
    add(name, row.mapping + ": ms", row.milliseconds, cost.latency().count(), row.ms_tolerance);
    if (row.microjoules) add(name, row.mapping + ": uJ", *row.microjoules, cost.energy.value * 1e6, *row.microjoules > 1000 ? 0.05 : 0.005);
  }

  /// `formula`: where the repository's formula gives another count than it has written out.
  void split(const std::string& name, std::size_t place, const ConvShape& layer, std::int64_t reference, Source source,
             std::optional<std::int64_t> formula = {}) {
    const std::int64_t cheapest = diana::min_cost(std::vector{layer}, diana::CostKind::kLatency)[0];
    add(name, fmt::format("Min-Cost: digital channels of layer {}", place), static_cast<double>(reference), static_cast<double>(cheapest), kExact);
    all_.back().source = source;
    if (!formula) return;
    all_.back().formula = static_cast<double>(*formula);
    all_.back().extra_cycles = diana::layer_cost(layer, reference).cycles() - diana::layer_cost(layer, cheapest).cycles();
  }

 private:
  void add(std::string network, std::string what, double reference, double computed, double tolerance) {
    all_.push_back({.network = std::move(network),
                    .what = std::move(what),
                    .source = Source::kCalculated,
                    .reference = reference,
                    .computed = computed,
                    .tolerance = tolerance,
                    .formula = {},
                    .extra_cycles = 0});
  }

  std::vector<Golden> all_;
};

void add_resnet20(Collector& golden) {
  const std::string name = "ResNet-20, CIFAR-10";
  const Layers layers = resnet20();
  golden.network(name, layers, {"All-8bit", all_digital(layers), 257'673, 0.991, 0.0005, 24.74});
  golden.network(name, layers, {"All-Ternary", Counts(layers.size(), 0), 88'121, 0.339, 0.0005, 9.74});
  golden.network(name, layers, {"IO-8bit/backbone-ternary", ends_digital(layers), 86'964, 0.334, 0.0005, 9.55});
  golden.network(name, layers, {"Min-Cost", diana::min_cost(layers, diana::CostKind::kLatency), 86'964, 0.334, 0.0005, 9.69});
  const std::map<std::size_t, std::int64_t> digital{{0, 16}, {14, 4}, {21, 10}};
  for (std::size_t l = 0; l < layers.size(); ++l)
    golden.split(name, l, layers[l], digital.contains(l) ? digital.at(l) : 0, l == 14 ? Source::kRepository : Source::kCalculated);
}

void add_resnet18(Collector& golden) {
  const std::string name = "ResNet-18 at 64 x 64";
  const Layers layers = resnet18();
  golden.network(name, layers, {"All-8bit", all_digital(layers), 11'336'793, 43.60, 0.005, 1088.3});
  golden.network(name, layers, {"All-Ternary", Counts(layers.size(), 0), 464'150, 1.785, 0.0005, 51.31});
  golden.network(name, layers, {"IO-8bit/backbone-ternary", ends_digital(layers), 509'862, 1.961, 0.0005, 55.36});
  golden.network(name, layers, {"Min-Cost", diana::min_cost(layers, diana::CostKind::kLatency), 464'150, 1.785, 0.0005, {}});
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    const bool split = l == 0 || l >= 15;
    golden.split(name, l, layers[l], split ? 16 : 0, split ? Source::kRepository : Source::kCalculated);
  }
  golden.split(name, layers.size() - 1, layers.back(), 127, Source::kRepository, 112);
}

}  // namespace

std::vector<Golden> golden_numbers() {
  Collector golden;
  golden.unit(conv(16, 16, 3, 32), 5811.2, 13312);
  golden.unit(conv(32, 32, 3, 16), 3468.8, 11264);
  golden.unit(conv(64, 64, 3, 8), 4899.2, 19456);
  golden.unit(conv(32, 64, 3, 8), 2595.2, 9984);
  golden.unit(conv(512, 512, 3, 8), 41523.2, 1187840);
  golden.unit(conv(64, 10, 1, 1), 514.27, 73.25, 0.0051);  // 514.275, cut off
  add_resnet20(golden);
  add_resnet18(golden);
  const std::map<std::size_t, ConvShape> pointwise = mobilenet_pointwise();
  const std::string mobilenet = "MobileNetV1-0.25 at 96 x 96";
  golden.split(mobilenet, 2, pointwise.at(2), 6, Source::kRepository);
  golden.split(mobilenet, 12, pointwise.at(12), 0, Source::kRepository);
  golden.split(mobilenet, 24, pointwise.at(24), 31, Source::kRepository, 32);
  golden.split(mobilenet, 26, pointwise.at(26), 31, Source::kRepository, 32);
  return golden.take();
}

}  // namespace mosaic::odimo

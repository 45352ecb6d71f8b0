#include "mosaic/accelerators/diana.h"

#include <algorithm>
#include <array>

#include "mosaic/base/check.h"

namespace mosaic::diana {
namespace {

constexpr std::int64_t kRows = 1152;  // of the analog array
constexpr std::int64_t kColumns = 512;
constexpr std::int64_t kElements = 16;  // of the digital array, in each direction
constexpr double kEvaluation = 70e-9;   // seconds of the analog array

/// How many pieces of at most `size` hold `amount`.
std::int64_t pieces(std::int64_t amount, std::int64_t size) { return (amount + size - 1) / size; }

/// How many neighbouring pixels the analog array computes at once: copies of the kernel, shifted, side by side.
std::int64_t unrolled_pixels(const ConvShape& layer, std::int64_t channels) {
  constexpr std::array<std::int64_t, 3> kFactors{8, 4, 2};
  constexpr std::int64_t kLeastChannels = 64;
  const auto* const fits = std::ranges::find_if(kFactors, [&](std::int64_t factor) {
    return factor * channels <= kColumns && (factor + layer.kernel_x - 1) * std::max(kLeastChannels, layer.in_channels) * layer.kernel_y <= kRows;
  });
  return fits == kFactors.end() ? 1 : *fits;
}

}  // namespace

double analog_cycles(const ConvShape& layer, std::int64_t channels) {
  MOSAIC_CHECK(layer.groups == 1 && channels >= 0 && channels <= layer.out_channels);
  if (channels == 0) return 0;
  constexpr std::int64_t kInputs = 128;  // channels that enter at once
  const std::int64_t evaluations = pieces(channels, kColumns) * pieces(layer.in_channels, kInputs) * layer.out_x * layer.out_y;
  const double compute =
      static_cast<double>(evaluations) / static_cast<double>(unrolled_pixels(layer, channels)) * kEvaluation * static_cast<double>(kClock.value);
  const std::int64_t load = 8 * layer.in_channels * layer.kernel_x * layer.kernel_y;  // weights
  return compute + static_cast<double>(load);
}

double digital_cycles(const ConvShape& layer, std::int64_t channels) {
  MOSAIC_CHECK(layer.groups >= 1 && channels >= 0 && channels <= layer.out_channels);
  if (channels == 0) return 0;
  const std::int64_t compute =
      pieces(channels / layer.groups, kElements) * layer.in_channels * pieces(layer.out_x, kElements) * layer.out_y * layer.kernel_x * layer.kernel_y;
  return static_cast<double>(compute) + static_cast<double>(layer.out_x * layer.out_y * (channels + layer.in_channels)) / 8;  // and its memory
}

Joules LayerCost::energy() const {
  constexpr auto kHertz = static_cast<double>(kClock.value);
  const double both = std::min(digital_cycles, analog_cycles);
  return {(kBothPower.value * both + kAnalogPower.value * (analog_cycles - both) + kDigitalPower.value * (digital_cycles - both)) / kHertz};
}

LayerCost layer_cost(const ConvShape& layer, std::int64_t digital) {
  MOSAIC_CHECK(layer.groups == 1 || digital == layer.out_channels);
  return {.digital_cycles = diana::digital_cycles(layer, digital),
          .analog_cycles = layer.groups == 1 ? diana::analog_cycles(layer, layer.out_channels - digital) : 0};
}

NetworkCost network_cost(std::span<const ConvShape> layers, std::span<const std::int64_t> digital) {
  MOSAIC_CHECK(layers.size() == digital.size());
  NetworkCost sum;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerCost cost = layer_cost(layers[i], digital[i]);
    sum.cycles += cost.cycles();
    sum.energy += cost.energy();
  }
  return sum;
}

std::vector<std::int64_t> min_cost(std::span<const ConvShape> layers, CostKind kind) {
  std::vector<std::int64_t> digital;
  for (const ConvShape& layer : layers) {
    std::int64_t best = layer.out_channels;
    for (std::int64_t channels = layer.out_channels - 1; channels >= 0 && layer.groups == 1; --channels) {
      if (layer_cost(layer, channels).of(kind) < layer_cost(layer, best).of(kind)) best = channels;
    }
    digital.push_back(best);
  }
  return digital;
}

}  // namespace mosaic::diana

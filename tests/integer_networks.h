#pragma once

// Networks in integers for tests: simple quantisers, seeded splits.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "mosaic/integers/calibrate.h"
#include "mosaic/integers/quantize.h"
#include "tests/networks.h"
#include "tests/support.h"

namespace mosaic::test {

/// 8 bits with a power of two for all digital channels; for an analog channel the signs of what is larger than 0.7 times the mean magnitude.
inline integers::LayerWeights quantized_weights(const network::Filters& filters, std::vector<bool> digital) {
  integers::LayerWeights layer{.values = {}, .scales = {}, .digital = std::move(digital)};
  const std::size_t each = filters.weights.size() / static_cast<std::size_t>(filters.out);
  float most = 0;
  for (const float weight : filters.weights) most = std::max(most, std::abs(weight));
  const int exponent = static_cast<int>(std::ceil(std::log2(most / 127)));
  for (std::size_t o = 0; o < layer.digital.size(); ++o) {
    const std::span<const float> row(filters.weights.data() + o * each, each);
    double sum = 0;
    for (const float weight : row) sum += std::abs(static_cast<double>(weight));
    const double threshold = 0.7 * sum / static_cast<double>(each);
    double kept = 0;
    double count = 0;
    for (const float weight : row) {
      if (layer.digital[o]) {
        layer.values.push_back(static_cast<std::int8_t>(std::nearbyint(std::ldexp(static_cast<double>(weight), -exponent))));
        continue;
      }
      const bool large = std::abs(static_cast<double>(weight)) > threshold;
      layer.values.push_back(static_cast<std::int8_t>(large ? (weight > 0 ? 1 : -1) : 0));
      if (large) kept += std::abs(static_cast<double>(weight));
      if (large) count += 1;
    }
    layer.scales.push_back(static_cast<float>(layer.digital[o] ? std::ldexp(1, exponent) : kept / std::max(count, 1.0)));
  }
  return layer;
}

/// A split of every convolution, each channel digital with this probability; all of them where there are groups.
inline std::vector<integers::LayerWeights> split_weights(const network::Network& network, std::uint64_t seed, double share = 0.5) {
  Random random(seed);
  std::vector<integers::LayerWeights> layers;
  for (const network::Node& node : network.nodes) {
    if (node.kind != network::Kind::kConvolution) continue;
    std::vector<bool> digital;
    for (std::int64_t o = 0; o < node.filters.out; ++o) digital.push_back(node.filters.groups > 1 || random.uniform() < share);
    layers.push_back(quantized_weights(node.filters, std::move(digital)));
  }
  return layers;
}

inline integers::QuantizedNetwork quantized_network(const network::Network& network, std::uint64_t seed, double share = 0.5) {
  const auto ranges = expect(integers::calibrate(network, seeded_images(network, 4, seed + 1000)));
  return expect(integers::quantize(network, split_weights(network, seed, share), ranges));
}

}  // namespace mosaic::test

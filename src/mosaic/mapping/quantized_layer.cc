#include "mosaic/mapping/quantized_layer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "mosaic/base/check.h"
#include "mosaic/mapping/quantizers.h"

namespace mosaic::mapping {
namespace {

using network::Filters;

std::size_t weights_of_channel(const Filters& filters) { return filters.weights.size() / static_cast<std::size_t>(filters.out); }

QuantizedLayer quantize_layer(const Filters& filters, const LayerMapping& mapping) {
  const std::size_t size = weights_of_channel(filters);
  const std::span<const float> weights(filters.weights);
  std::vector<float> digital;
  for (std::size_t c = 0; c < mapping.channels.size(); ++c) {
    const std::span<const float> channel = weights.subspan(c * size, size);
    if (mapping.channels[c] == Unit::kDigital) digital.insert(digital.end(), channel.begin(), channel.end());
  }
  const Int8Weights int8 = quantize_int8(digital);
  auto next = int8.values.begin();

  QuantizedLayer layer{.values = {}, .scales = {}, .bias = filters.bias};
  for (std::size_t c = 0; c < mapping.channels.size(); ++c) {
    if (mapping.channels[c] == Unit::kDigital) {
      layer.values.insert(layer.values.end(), next, next + static_cast<std::ptrdiff_t>(size));
      layer.scales.push_back(std::ldexp(1.0F, int8.exponent));
      next += static_cast<std::ptrdiff_t>(size);
    } else {
      const TernaryChannel ternary = quantize_ternary(weights.subspan(c * size, size));
      layer.values.insert(layer.values.end(), ternary.values.begin(), ternary.values.end());
      layer.scales.push_back(ternary.scale);
    }
  }
  return layer;
}

}  // namespace

std::vector<QuantizedLayer> quantize(const network::Network& network, const Mapping& mapping) {
  const std::vector<std::size_t> nodes = network::convolutions(network);
  MOSAIC_CHECK(nodes.size() == mapping.layers.size());
  std::vector<QuantizedLayer> layers;
  for (std::size_t l = 0; l < nodes.size(); ++l) layers.push_back(quantize_layer(network.nodes[nodes[l]].filters, mapping.layers[l]));
  return layers;
}

network::Network with_layers(const network::Network& network, std::span<const QuantizedLayer> layers) {
  network::Network result = network;
  const std::vector<std::size_t> nodes = network::convolutions(network);
  MOSAIC_CHECK(nodes.size() == layers.size());
  for (std::size_t l = 0; l < nodes.size(); ++l) {
    Filters& filters = result.nodes[nodes[l]].filters;
    const std::size_t size = weights_of_channel(filters);
    MOSAIC_CHECK(layers[l].values.size() == filters.weights.size() && layers[l].bias.size() == filters.bias.size());
    for (std::size_t w = 0; w < filters.weights.size(); ++w)
      filters.weights[w] = static_cast<float>(layers[l].values[w]) * layers[l].scales[w / size];
    filters.bias = layers[l].bias;
  }
  return result;
}

}  // namespace mosaic::mapping

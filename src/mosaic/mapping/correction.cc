#include "mosaic/mapping/correction.h"

#include <cstddef>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/mapping/moments.h"
#include "mosaic/onnx/network_operators.h"

namespace mosaic::mapping {
namespace {

using network::Network;

/// Of these convolutions, ascending; what follows the last one is left out.
Result<std::vector<ChannelMoments>> moments_before_activation(const Network& network, std::span<const std::size_t> nodes,
                                                              std::span<const Tensor> images) {
  onnx::Builder net(network.name, 1);
  const onnx::NetworkValues values = add_operators(net, network, nodes.back() + 1);
  std::vector<Watched> watched;
  for (const std::size_t n : nodes) watched.push_back({.value = values.raw[n], .extent = network.nodes[n].extent, .layer = network.nodes[n].name});
  return moments_of(net, network.input(), watched, images);
}

void correct_layer(QuantizedLayer& layer, const LayerMapping& mapping, const ChannelMoments& wanted, const ChannelMoments& there) {
  for (std::size_t c = 0; c < layer.scales.size(); ++c) {
    const double gain = mapping.channels[c] == Unit::kAnalog ? gain_of(wanted.deviation[c], there.deviation[c]) : 1;
    const double without_bias = there.mean[c] - static_cast<double>(layer.bias[c]);
    layer.scales[c] = static_cast<float>(static_cast<double>(layer.scales[c]) * gain);
    layer.bias[c] = static_cast<float>(wanted.mean[c] - gain * without_bias);
  }
}

}  // namespace

Result<std::vector<ChannelMoments>> channel_moments(const Network& network, std::span<const Tensor> images) {
  return moments_before_activation(network, network::convolutions(network), images);
}

Result<QuantizedLayer> corrected_layer(const Network& network, std::span<const QuantizedLayer> layers, std::size_t layer, const LayerMapping& mapping,
                                       const ChannelMoments& wanted, std::span<const Tensor> images) {
  const std::vector<std::size_t> nodes = network::convolutions(network);
  MOSAIC_CHECK(layers.size() == nodes.size());
  const Network so_far = with_layers(network, layers);
  MOSAIC_TRY(const std::vector<ChannelMoments> there, moments_before_activation(so_far, std::span(nodes).subspan(layer, 1), images));
  QuantizedLayer result = layers[layer];
  correct_layer(result, mapping, wanted, there[0]);
  return result;
}

Result<std::vector<QuantizedLayer>> corrected(const Network& network, std::vector<QuantizedLayer> layers, const Mapping& mapping,
                                              std::span<const ChannelMoments> wanted, std::span<const Tensor> images) {
  MOSAIC_CHECK(mapping.layers.size() == layers.size() && wanted.size() == layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    MOSAIC_TRY(layers[l], corrected_layer(network, layers, l, mapping.layers[l], wanted[l], images));
  }
  return layers;
}

}  // namespace mosaic::mapping

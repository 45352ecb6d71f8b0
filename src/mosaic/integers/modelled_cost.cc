#include "mosaic/integers/modelled_cost.h"

namespace mosaic::integers {

std::vector<ModelledLayer> modelled_layers(const QuantizedNetwork& network) {
  std::vector<ModelledLayer> layers;
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    const QuantizedNode& node = network.nodes[i];
    if (node.kind != network::Kind::kConvolution) continue;
    const ConvShape shape = conv_shape(node.window, node.extent, node.convolution.in, node.convolution.groups);
    const std::int64_t digital = node.convolution.digital();
    layers.push_back(
        {.node = i, .shape = shape, .digital = digital, .analog = shape.out_channels - digital, .cost = diana::layer_cost(shape, digital)});
  }
  return layers;
}

diana::NetworkCost modelled_cost(const QuantizedNetwork& network) {
  diana::NetworkCost sum;
  for (const ModelledLayer& layer : modelled_layers(network)) {
    sum.cycles += layer.cost.cycles();
    sum.energy += layer.cost.energy();
  }
  return sum;
}

}  // namespace mosaic::integers

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mosaic/mapping/mapping.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

/// A convolution with the weights that its channels' units compute with; its bias is still a float. Weight w of output channel c is values[w] *
/// scales[c].
struct QuantizedLayer {
  std::vector<std::int8_t> values;  ///< [out, in / groups, kernel y, kernel x]: -127 to 127 in digital channels, -1 to 1 in analog ones
  std::vector<float> scales;        ///< by output channel, positive; in digital channels the same power of two
  std::vector<float> bias;          ///< by output channel
};

/// Every convolution with the weights of its mapping (mapping/quantizers.h); the digital channels' scale is chosen for them alone. Requires: a valid
/// mapping of this network, finite weights.
[[nodiscard]] std::vector<QuantizedLayer> quantize(const network::Network& network, const Mapping& mapping);

/// The network with these weights and biases as floats. Requires: a layer for each convolution.
[[nodiscard]] network::Network with_layers(const network::Network& network, std::span<const QuantizedLayer> layers);

}  // namespace mosaic::mapping

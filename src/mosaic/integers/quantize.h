#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/integers/calibrate.h"
#include "mosaic/integers/quantized_network.h"
#include "mosaic/network/network.h"

namespace mosaic::integers {

/// A convolution's weights as its accelerators hold them.
struct LayerWeights {
  std::vector<std::int8_t> values;  ///< as the filters' weights; -1, 0 or 1 where the channel is analog
  std::vector<float> scales;        ///< of each output channel: weight = value * scale; powers of two where the channel is digital
  std::vector<bool> digital;        ///< of each output channel
};

struct QuantizeOptions {
  int activation_bits = 7;  ///< 2 to 8: [0, 2^bits - 1] where nothing is negative, else [-2^(bits - 1), 2^(bits - 1) - 1]
};

/// The network in integers, its rows in the order of its channels. `layers`: weights of each convolution, in the order of the nodes; biases are the
/// network's. `ranges`: of each node (`calibrate`).
///
/// A tensor's scale is its range's magnitude over the format's largest integer. ReLU6 ends at 6 at most. Where a tensor goes into a concat and
/// nowhere else, it has the concat's format, so that joining is copying. What the network gives is not brought down to 7 bits: its scale is the power
/// of two at or below magnitude / 2^15, its integers lie within 2^23, so that their order is that of the sums and float32 holds them. A channel whose
/// bias would need more than 29 bits beside its weights' scale (what batch normalisation has switched off) keeps its bias alone. Errors:
/// kInvalidInput: those of network::validate; numbers of layers, weights, ranges; analog channels with groups or with weights other than -1, 0, 1;
/// scales of digital channels that are no powers of two; scales or biases that are not finite. kUnsupported: sums that might leave 32 bits.
[[nodiscard]] Result<QuantizedNetwork> quantize(const network::Network& network, std::span<const LayerWeights> layers, std::span<const Range> ranges,
                                                const QuantizeOptions& options = {});

}  // namespace mosaic::integers

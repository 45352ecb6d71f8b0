#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/tensor.h"

namespace mosaic::quantize {

/// Weights as int8, symmetric, with a scale for each output channel: real = scale * value.
struct QuantizedWeights {
  Tensor values;              ///< int8
  std::size_t axis = 0;       ///< of the output channels
  std::vector<float> scales;  ///< one a channel

  /// What they stand for, as float32.
  [[nodiscard]] Tensor real() const;
};

/// The largest magnitude of weights of `bits` bits: 127 for 8. For 7 it is 64, not 63: x86 processors without VNNI multiply pairs of uint8 and int8
/// and add each two products with saturation to 16 bits (vpmaddubsw), and 2 * 255 * 64 = 32,640 is what still fits below 32,768. Requires: 7 or 8.
[[nodiscard]] int largest_weight(int bits);

/// How many bits weights may have so that this machine's integer dot products are exact: 8 where it is an Arm or has VNNI or AMX, else 7. `features`:
/// the flags that the system lists for the processor.
[[nodiscard]] int exact_weight_bits(std::span<const std::string> features);

/// Each channel's largest magnitude becomes `largest_weight(bits)`. A scale is larger than that where the channel's bias (empty: none) would else not
/// fit its integer of 32 bits and scale input_scale * scale. Requires: float32 weights, finite; as many biases as channels.
[[nodiscard]] QuantizedWeights quantize_weights(const Tensor& weights, std::size_t axis, int bits, std::span<const float> bias, float input_scale);

/// Scales of biases, which are added to sums of products: input_scale * weight_scale by channel.
[[nodiscard]] std::vector<float> bias_scales(float input_scale, std::span<const float> weight_scales);

/// The bias as int32: bias / scale by channel, to the nearest, clamped.
[[nodiscard]] Tensor quantize_bias(std::span<const float> bias, std::span<const float> scales);

}  // namespace mosaic::quantize

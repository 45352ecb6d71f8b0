#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mosaic::mapping {

/// How trained weights become what the two accelerators of a chip such as DIANA compute with: 8-bit integers with one power-of-two scale a layer, and
/// {-1, 0, 1} with one scale an output channel. Pure, reentrant, the same on every machine.

/// 8-bit weights are symmetric, so that negated weights have negated values.
inline constexpr double kLargestInt8 = 127;

/// Weight i is values[i] * 2^exponent.
struct Int8Weights {
  std::vector<std::int8_t> values;  ///< -127 to 127
  int exponent = 0;
};

/// To the nearest (ties to even), saturating. The scale is the power of two of least squared error; of several, the largest. Tried are the smallest
/// one that saturates nothing and the three below it: a larger one's grid is a part of that one's, so that it is never better. All zeros have
/// exponent 0. Requires: finite weights. Complexity: linear. Source: power-of-two scales as in the ODiMO authors' code (models/quant_module_pow2.py).
[[nodiscard]] Int8Weights quantize_int8(std::span<const float> weights);

/// Weight i is values[i] * scale.
struct TernaryChannel {
  std::vector<std::int8_t> values;  ///< -1, 0, 1
  float scale = 1;                  ///< positive; 1 where all weights are zero
};

/// The values and the scale of least squared error, exactly: with the k largest magnitudes kept, the best scale is their mean and the error falls by
/// (their sum)^2 / k, so that one pass over the sorted magnitudes finds the best k; of several, the largest. Equal magnitudes are kept or dropped
/// together, zeros are never kept. Requires: finite weights. Complexity: n log n. Source: the problem of Li and Liu, "Ternary weight networks"
/// (2016), who solve it approximately by a threshold of 0.7 times the mean magnitude; solved by sorting as in Yin, Zhang, Qi and Xin, "Quantization
/// and training of low bit-width convolutional neural networks for object detection" (2016).
[[nodiscard]] TernaryChannel quantize_ternary(std::span<const float> channel);

/// The weights that the integers stand for.
[[nodiscard]] std::vector<float> to_floats(const Int8Weights& weights);
[[nodiscard]] std::vector<float> to_floats(const TernaryChannel& channel);

}  // namespace mosaic::mapping

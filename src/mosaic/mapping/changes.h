#pragma once

#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

/// What is added to a convolution's weights and bias where its channels become ternary instead of 8-bit. Empty for layers of several groups, which
/// never do.
struct LayerChange {
  std::vector<float> weights;  ///< [out, in, kernel y, kernel x]
  std::vector<float> bias;     ///< [out]
};

/// Ternary weights minus int8 ones, by convolution; biases stay. int8 with one scale for all channels of the layer. Errors:
/// kInvalidInput: weights that are not finite.
[[nodiscard]] Result<std::vector<LayerChange>> plain_changes(const network::Network& network);

/// What remains of these changes once means and deviations are corrected (mapping/correction.h), as far as that can be said before the mapping is
/// known: the ternary scales multiplied by the ratio of deviations that the layer's output has on these images with the float weights and the ternary
/// ones, and a bias that takes away the mean change, both behind the float layers before it. Requires: an image or more. Errors: as above, and as
/// channel_moments.
[[nodiscard]] Result<std::vector<LayerChange>> corrected_changes(const network::Network& network, std::span<const Tensor> images);

}  // namespace mosaic::mapping

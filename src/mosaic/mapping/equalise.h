#pragma once

#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

/// The same function with channels of more equal size, so that one scale a layer suits them: where one convolution alone reads another one's output,
/// directly or through pools, each channel of that output is divided by a factor, the weights and bias that make it as well, and the weights that
/// read it are multiplied by it. The factor is the cube root of (largest weight that makes the channel * its largest value on these images / largest
/// weight that reads it), so that weights before, values and weights behind share what inequality there is; weights and values decide alike what is
/// lost. All such places are gone over until factors settle.
///
/// ReLU lets factors through. ReLU6 does not: it is kept, at 6, and a channel is not brought above 6 by its factor, nor is one divided that reaches 6
/// on these images; so that on them the function stays the same. Requires: finite weights. Errors: kInvalidInput: no images, one of another size.
/// Time: a run of network::forward for each image. Source: Nagel, van Baalen, Blankevoort and Welling, "Data-free quantization through weight
/// equalization and bias correction" (2019), 4.1, whose factor is the square root of the ratio of weights, values left out.
[[nodiscard]] Result<network::Network> equalised(const network::Network& network, std::span<const std::vector<float>> images);

}  // namespace mosaic::mapping

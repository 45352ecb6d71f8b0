#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/mapping/quantized_layer.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

/// Mean and deviation of each output channel of a convolution before its activation, over images and pixels.
struct ChannelMoments {
  std::vector<double> mean;
  std::vector<double> deviation;
};

/// By convolution. Summed up in an order and a way that does not cancel. Requires: an image or more. Errors: kInvalidInput: an image of another shape
/// or one that leads to numbers that are not finite; kEngine.
[[nodiscard]] Result<std::vector<ChannelMoments>> channel_moments(const network::Network& network, std::span<const Tensor> images);

/// Layers whose channels have again, on these images, the moments that they had in the float network, `wanted` (as channel_moments gives them). Layer
/// by layer, each behind the corrected ones before it: the scale of an analog channel is multiplied by the ratio of deviations, at least 1/4 and at
/// most 4, and 1 where either is zero; the bias of every channel moves its mean. Scales of digital channels stay what they are, a power of two: 8-bit
/// weights hardly change deviations. Nothing is trained. Errors: as channel_moments. Time: for each convolution a run of the network up to it, for
/// each image. Source: Nagel and others, "Data-free quantization through weight equalization and bias correction" (2019), for means; Jordan and
/// others, "REPAIR" (2023), restore means and deviations in merged networks likewise.
[[nodiscard]] Result<std::vector<QuantizedLayer>> corrected(const network::Network& network, std::vector<QuantizedLayer> layers,
                                                            const Mapping& mapping, std::span<const ChannelMoments> wanted,
                                                            std::span<const Tensor> images);

/// Layer `layer` of these alone, corrected likewise behind those before it as they are. `wanted`: its own moments. Errors: as channel_moments.
[[nodiscard]] Result<QuantizedLayer> corrected_layer(const network::Network& network, std::span<const QuantizedLayer> layers, std::size_t layer,
                                                     const LayerMapping& mapping, const ChannelMoments& wanted, std::span<const Tensor> images);

}  // namespace mosaic::mapping

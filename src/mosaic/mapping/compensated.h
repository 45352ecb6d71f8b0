#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/mapping/changes.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/mapping/quantized_layer.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

struct CompensationOptions {
  double damping = 0.01;           ///< of weights towards the trained ones, by the mean variance of a layer's inputs
  std::size_t most_inputs = 2304;  ///< of a channel: second moments take their square in memory; wider layers are quantised and corrected
                                   ///< as `quantize` and `corrected` do
};

/// The convolutions with weights of their mapping that are chosen by the layers' outputs on these images (mapping/output_error.h). Layer by layer,
/// each behind the quantised ones before it: weights are first brought to where the layer's inputs, as these have changed them, best make what it
/// gave in the float network, and then made integers, in digital channels as in analog ones. Then, as `corrected` does: the scale of an analog
/// channel is multiplied by the ratio of deviations of what it should give and what it gives, between 1/4 and 4, and the bias of every channel moves
/// its mean. The digital channels' scale is the power of two of least squared error of their weights. Nothing is trained. Requires: a valid mapping
/// of this network, finite weights, an image or more. Errors: as second_moments. Time: as second_moments, for each convolution, and some inputs^3.
[[nodiscard]] Result<std::vector<QuantizedLayer>> compensated(const network::Network& network, const Mapping& mapping, std::span<const Tensor> images,
                                                              const CompensationOptions& options = {});

/// What is added to each layer where its channels become ternary, as plain_changes, with weights chosen as `compensated` does behind the float
/// layers. Errors: as plain_changes and second_moments. Requires: an image or more.
[[nodiscard]] Result<std::vector<LayerChange>> compensated_changes(const network::Network& network, std::span<const Tensor> images,
                                                                   const CompensationOptions& options = {});

}  // namespace mosaic::mapping

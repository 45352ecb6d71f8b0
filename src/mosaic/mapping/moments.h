#pragma once

// Moments of values of a model that is being built. Not installed.

#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/mapping/correction.h"
#include "mosaic/network/network.h"
#include "mosaic/onnx/builder.h"

namespace mosaic::mapping {

/// A value to be watched.
struct Watched {
  std::string value;
  network::Extent extent;
  std::string layer;  ///< for messages
};

/// Of each value, over images and pixels. `net` reads "input" and is finished here. Requires: images. Errors: as channel_moments.
[[nodiscard]] Result<std::vector<ChannelMoments>> moments_of(onnx::Builder& net, const network::Extent& input, std::span<const Watched> watched,
                                                             std::span<const Tensor> images);

/// The ratio of two deviations that a scale is corrected by: within 1/4 and 4, 1 where either is zero.
[[nodiscard]] double gain_of(double wanted, double there);

}  // namespace mosaic::mapping

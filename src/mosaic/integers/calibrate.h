#pragma once

#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/network/network.h"

namespace mosaic::integers {

/// What values a tensor has on the calibration images.
struct Range {
  float magnitude = 0;    ///< what is still represented; larger ones saturate
  bool negative = false;  ///< whether any value lies below zero

  friend bool operator==(const Range&, const Range&) = default;
};

struct CalibrateOptions {
  double quantile = 0.9995;  ///< of the magnitudes of a tensor's values over all images
};

/// Ranges of all nodes' values, in their order, from the float network's own values on these images: of each tensor the quantile of magnitudes,
/// the image's own included. Exact: no histogram. Errors: kInvalidInput: no images, one of another size, numbers that are not finite, a quantile
/// outside (0, 1].
[[nodiscard]] Result<std::vector<Range>> calibrate(const network::Network& network, std::span<const std::vector<float>> images,
                                                   const CalibrateOptions& options = {});

}  // namespace mosaic::integers

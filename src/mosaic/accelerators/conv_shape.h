#pragma once

#include <cstdint>

#include "mosaic/network/network.h"

namespace mosaic {

/// A convolution, or a linear layer as one of a single pixel: what published cost functions of accelerators know of a layer.
struct ConvShape {
  std::int64_t in_channels = 1;
  std::int64_t out_channels = 1;
  std::int64_t kernel_x = 1;
  std::int64_t kernel_y = 1;
  std::int64_t out_x = 1;  ///< pixels
  std::int64_t out_y = 1;
  std::int64_t groups = 1;

  [[nodiscard]] bool depthwise() const { return groups > 1 && groups == in_channels; }
};

/// The convolution of this window that gives `out`.
[[nodiscard]] inline ConvShape conv_shape(const network::Window& window, const network::Extent& out, std::int64_t in_channels, std::int64_t groups) {
  return {.in_channels = in_channels,
          .out_channels = out.channels,
          .kernel_x = window.kernel[1],
          .kernel_y = window.kernel[0],
          .out_x = out.width,
          .out_y = out.height,
          .groups = groups};
}

}  // namespace mosaic

#pragma once

#include <algorithm>
#include <cstdint>

#include "mosaic/network/network.h"

namespace mosaic::network {

/// Where one tap of a window lies on an image: for each output pixel of a plane whose tap (ky, kx) is inside the image, in order, `visit(output,
/// input)` with the places of both in their planes. Padding is not visited. Pure but for `visit`.

struct Outputs {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// Those o of 0 to `count` for which 0 <= o * stride + offset < size. Requires: stride >= 1.
[[nodiscard]] constexpr Outputs outputs_inside(std::int64_t count, std::int64_t stride, std::int64_t offset, std::int64_t size) {
  const std::int64_t last = size - 1 - offset;
  const std::int64_t end = last < 0 ? 0 : std::min(count, last / stride + 1);
  const std::int64_t begin = offset >= 0 ? 0 : (stride - 1 - offset) / stride;
  return {.begin = std::min(begin, end), .end = end};
}

template <class Visit>
void visit_tap(const Extent& from, const Extent& to, const Window& window, std::int64_t ky, std::int64_t kx, Visit visit) {
  const std::int64_t top = ky - window.padding[0];
  const std::int64_t left = kx - window.padding[1];
  const std::int64_t stride = window.stride[1];
  const Outputs rows = outputs_inside(to.height, window.stride[0], top, from.height);
  const Outputs columns = outputs_inside(to.width, stride, left, from.width);
  for (std::int64_t y = rows.begin; y < rows.end; ++y) {
    const std::int64_t target = y * to.width;
    const std::int64_t source = (y * window.stride[0] + top) * from.width + left;
    if (stride == 1) {  // apart, so that the compiler can use vectors
      for (std::int64_t x = columns.begin; x < columns.end; ++x) visit(target + x, source + x);
    } else {
      for (std::int64_t x = columns.begin; x < columns.end; ++x) visit(target + x, source + x * stride);
    }
  }
}

/// All taps of the window.
template <class Visit>
void visit_window(const Extent& from, const Extent& to, const Window& window, Visit visit) {
  for (std::int64_t ky = 0; ky < window.kernel[0]; ++ky) {
    for (std::int64_t kx = 0; kx < window.kernel[1]; ++kx) visit_tap(from, to, window, ky, kx, visit);
  }
}

}  // namespace mosaic::network

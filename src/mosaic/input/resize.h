#pragma once

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"

namespace mosaic {

/// Planes of another height and width, each value from its four neighbours, with pixels as areas: ONNX's Resize with mode "linear" and "half_pixel".
/// `from` and `to` are float tensors [..., H, W] with equal leading extents; `to` is filled. Errors: kInvalidInput for anything else.
[[nodiscard]] Result<void> resize_planes(const Tensor& from, Tensor& to);

}  // namespace mosaic

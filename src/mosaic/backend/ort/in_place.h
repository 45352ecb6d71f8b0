#pragma once

// Results that the engine computes where an argument lay. Only files of this folder include this header; it is not installed.

#include <span>
#include <string>
#include <vector>

#include "mosaic/onnx/structure.h"

namespace mosaic::ort {

/// A value that may lie in the memory of another one, which is not used any more once this one is made.
struct InPlace {
  std::string result;
  std::string argument;
};

/// The sums that kernels compute in place, in the order of the nodes, of which only `nodes` (ascending) count. Where such a result has to lie
/// elsewhere, as an output of a model does, the kernel copies the argument first (ONNX Runtime's contrib_ops/cpu/nchwc_ops.cc). Only tensors in the
/// engine's blocked layout count: others may have views that share their memory unseen. Values that leave are neither overwritten nor put in
/// another's place.
[[nodiscard]] std::vector<InPlace> in_place_sums(const onnx::Structure& model, std::span<const std::size_t> nodes,
                                                 std::span<const std::string> leaving);

}  // namespace mosaic::ort

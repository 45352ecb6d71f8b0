#pragma once

#include <set>
#include <string>

#include "mosaic/onnx/evaluator.h"
#include "mosaic/onnx/model.h"

namespace mosaic::onnx {

/// A prepared float model with fewer operators, rewritten so that as much as possible of it has an integer form; it computes the same but for
/// rounding:
/// - `Identity`, and `Dropout`, which does nothing in inference, are dropped;
/// - `BatchNormalization` behind a `Conv` or `Gemm` that nobody else uses is folded into its weights and bias; where a value that one of the two
/// makes
///   is in `keep`, what the pair makes gets there too;
/// - any other `BatchNormalization` of an image becomes a depthwise convolution of one pixel, unless what it makes is in `keep`;
/// - `ReduceMean` over an image becomes `GlobalAveragePool`.
/// Names of values stay, those of nodes too.
[[nodiscard]] Model fold(const Model& model, const ValueTypes& types, std::set<std::string>& keep);

}  // namespace mosaic::onnx

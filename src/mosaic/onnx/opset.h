#pragma once

#include <cstdint>

#include "mosaic/base/error.h"
#include "mosaic/onnx/evaluator.h"
#include "mosaic/onnx/model.h"

namespace mosaic::onnx {

/// The version of ONNX's own operator set that a model is written in.
[[nodiscard]] std::int64_t opset(const Model& model);

/// The same model in operator set 13, the first whose scales may differ by channel; a later one stays. What changed on the way is rewritten: bounds
/// of `Clip`, axes of `Squeeze`, `Unsqueeze` and `ReduceSum`, sizes of `Split`, the axis of `Softmax` (whose argument's rank must be in `types`).
/// Requires: the model is prepared. Errors: kUnsupported, naming the node, where an operator changed otherwise, and for sets before 9.
[[nodiscard]] Result<Model> raise_to_opset_13(Model model, const ValueTypes& types);

}  // namespace mosaic::onnx

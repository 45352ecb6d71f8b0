#pragma once

#include <memory>

#include "mosaic/base/error.h"
#include "mosaic/onnx/evaluator.h"

namespace mosaic::ort {

/// Types, shapes and constant parts of models, from ONNX Runtime. Errors: kEngine where the library cannot be loaded.
[[nodiscard]] Result<std::unique_ptr<onnx::Evaluator>> make_evaluator();

}  // namespace mosaic::ort

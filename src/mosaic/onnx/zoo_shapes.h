#pragma once

// Shapes without an engine, for the zoo's networks alone. Not installed.

#include <memory>

#include "mosaic/onnx/evaluator.h"

namespace mosaic::onnx {

/// Infers types and shapes of float32 models made of the operators that the zoo's networks use, from nothing but attributes and the shapes of inputs
/// and initialisers: weights may be left out. It evaluates nothing. Errors of infer: kUnsupported: an operator, padding or rank without a rule.
[[nodiscard]] std::unique_ptr<Evaluator> make_zoo_evaluator();

}  // namespace mosaic::onnx

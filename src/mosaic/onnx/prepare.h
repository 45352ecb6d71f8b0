#pragma once

#include <map>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/onnx/evaluator.h"
#include "mosaic/onnx/model.h"

namespace mosaic::onnx {

/// A model ready to be cut: every input shape fixed, parts that depend on no input evaluated, every value's type known.
struct PreparedModel {
  Model model;
  ValueTypes types;
};

/// Shapes for inputs, by name.
using InputShapes = std::map<std::string, Shape>;

/// Rewrites a model without changing what it computes:
/// - inputs that only give an initialiser's default are dropped; the IR version is raised to 4 where needed;
/// - `shapes` replace the inputs' own; an input that still has a symbolic extent is an error that shows the option to give;
/// - nodes are put into topological order, those that reach no output are dropped;
/// - nodes that depend on no input are evaluated and put back as constants, `Shape` and `Size` of static tensors with them. Random operators and
///   (de)quantisation of weights stay, as do constants that are outputs of the model.
/// Errors: kInvalidInput: an unknown name in `shapes`, a shape of another rank, with a negative extent or in conflict with a fixed one, a symbolic
/// extent or no shape where none is given, a cycle, a model that the engine refuses.
[[nodiscard]] Result<PreparedModel> prepare(Model model, const InputShapes& shapes, Evaluator& evaluator);

}  // namespace mosaic::onnx

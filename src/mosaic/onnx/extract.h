#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "mosaic/onnx/evaluator.h"
#include "mosaic/onnx/model.h"

namespace mosaic::onnx {

/// A part of a model as a model of its own: the nodes at these indices of its graph, in this order, with these inputs and outputs, and the
/// initialisers, operator sets and functions they use. Types come from `types`; a value not listed there keeps only its name. Requires: indices
/// exist; every value the nodes use is an initialiser, an input, or made by a node before it.
[[nodiscard]] Model extract(const Model& model, std::span<const std::size_t> nodes, std::span<const std::string> inputs,
                            std::span<const std::string> outputs, const ValueTypes& types);

/// The same model with every value that nodes make as an output besides its own ones.
[[nodiscard]] Model with_all_outputs(const Model& model);

/// The same model with the shapes of these values as its outputs, in this order, under names of their own.
[[nodiscard]] Model with_shapes_as_outputs(const Model& model, std::span<const std::string> values);

}  // namespace mosaic::onnx

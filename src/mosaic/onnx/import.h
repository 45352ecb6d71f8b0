#pragma once

#include <string>

#include "mosaic/base/error.h"
#include "mosaic/graph/graph.h"
#include "mosaic/onnx/prepare.h"

namespace mosaic::onnx {

/// The layers of a prepared model. Graph::nodes[i] is node i of the model's own list, so ids lead back to it. Errors: kInvalidInput: the model has no
/// operator, or its nodes contradict each other.
[[nodiscard]] Result<Graph> import_graph(const PreparedModel& prepared, std::string name);

}  // namespace mosaic::onnx

#pragma once

// Operations of a node. Used by the importer alone; not installed.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "mosaic/base/tensor.h"

namespace mosaic_onnx_schema {
class NodeProto;
}

namespace mosaic::onnx {

/// The static shape of a value or constant, if it has one.
using ShapeOf = std::function<std::optional<Shape>(const std::string&)>;

/// Multiply-accumulates of one run of a node: convolutions, matrix products and recurrent cells in their plain, integer and quantised forms; 0 for
/// everything else and where a shape is not static. Saturates at the largest integer.
[[nodiscard]] std::int64_t count_macs(const mosaic_onnx_schema::NodeProto& node, const ShapeOf& shape_of);

}  // namespace mosaic::onnx

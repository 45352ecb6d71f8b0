#pragma once

// The ONNX schema, generated from third_party/onnx/onnx-ml.proto. Included by source files of this room only; not installed.

#ifdef __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#endif
#include "onnx-ml.pb.h"
#ifdef __GNUC__
#pragma GCC diagnostic pop
#endif

#include <set>
#include <string>
#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/onnx/model.h"

/// The schema's usual name (src/mosaic/CMakeLists.txt says why it has another).
namespace onnx = mosaic_onnx_schema;

namespace mosaic::onnx {

struct Model::Data {
  ::onnx::ModelProto proto;
};
[[nodiscard]] inline ::onnx::ModelProto& proto_of(Model& model) { return model.data().proto; }
[[nodiscard]] inline const ::onnx::ModelProto& proto_of(const Model& model) { return model.data().proto; }

/// The operator's name, with its domain where that is not ONNX's own.
[[nodiscard]] std::string qualified_op(const ::onnx::NodeProto& node);

/// The attribute of this name, or null.
[[nodiscard]] const ::onnx::AttributeProto* find_attribute(const ::onnx::NodeProto& node, std::string_view name);

/// Names that the node uses from outside: its inputs, and what its sub-graphs capture. Omitted optional inputs are left out.
[[nodiscard]] std::set<std::string> used_names(const ::onnx::NodeProto& node);

/// Extents of an initialiser.
[[nodiscard]] Shape shape_of(const ::onnx::TensorProto& tensor);

[[nodiscard]] ::onnx::TensorProto to_proto(const Tensor& tensor, const std::string& name);

/// Sets type and shape of a graph input or output.
void set_type(::onnx::ValueInfoProto& info, ElementType element, const Shape* shape);

}  // namespace mosaic::onnx

#include "mosaic/onnx/extract.h"

#include <set>

#include "mosaic/base/check.h"
#include "mosaic/onnx/proto.h"

namespace mosaic::onnx {
namespace {

void describe(::onnx::ValueInfoProto& info, const std::string& name, const ValueTypes& types) {
  info.set_name(name);
  const auto found = types.find(name);
  if (found == types.end() || found->second.element == ElementType::kUndefined) return;
  set_type(info, found->second.element, found->second.shape ? &*found->second.shape : nullptr);
}

/// A model with the head of another one and an empty graph.
Model empty_like(const Model& model) {
  Model out;
  ::onnx::ModelProto& proto = proto_of(out);
  proto.set_ir_version(std::max<std::int64_t>(proto_of(model).ir_version(), 4));
  *proto.mutable_opset_import() = proto_of(model).opset_import();
  *proto.mutable_functions() = proto_of(model).functions();
  proto.mutable_graph()->set_name(proto_of(model).graph().name());
  return out;
}

}  // namespace

Model extract(const Model& model, std::span<const std::size_t> nodes, std::span<const std::string> inputs, std::span<const std::string> outputs,
              const ValueTypes& types) {
  Model part = empty_like(model);
  const ::onnx::GraphProto& source = proto_of(model).graph();
  ::onnx::GraphProto& graph = *proto_of(part).mutable_graph();
  std::set<std::string> used(outputs.begin(), outputs.end());
  for (const std::size_t index : nodes) {
    MOSAIC_CHECK(index < static_cast<std::size_t>(source.node_size()));
    const ::onnx::NodeProto& node = source.node(static_cast<int>(index));
    *graph.add_node() = node;
    used.merge(used_names(node));
  }
  for (const auto& initializer : source.initializer()) {
    if (used.contains(initializer.name())) *graph.add_initializer() = initializer;
  }
  for (const auto& initializer : source.sparse_initializer()) {
    if (used.contains(initializer.values().name())) *graph.add_sparse_initializer() = initializer;
  }
  for (const std::string& name : inputs) describe(*graph.add_input(), name, types);
  for (const std::string& name : outputs) describe(*graph.add_output(), name, types);
  return part;
}

Model with_all_outputs(const Model& model) {
  Model out = model.copy();
  ::onnx::GraphProto& graph = *proto_of(out).mutable_graph();
  std::set<std::string> listed;
  for (const auto& output : graph.output()) listed.insert(output.name());
  for (const auto& node : graph.node()) {
    for (const std::string& name : node.output()) {
      if (!name.empty() && listed.insert(name).second) graph.add_output()->set_name(name);
    }
  }
  return out;
}

Model with_shapes_as_outputs(const Model& model, std::span<const std::string> values) {
  Model out = model.copy();
  ::onnx::GraphProto& graph = *proto_of(out).mutable_graph();
  graph.clear_output();
  for (const std::string& value : values) {
    const std::string shape = value + "/mosaic_shape";
    ::onnx::NodeProto& node = *graph.add_node();
    node.set_op_type("Shape");
    node.add_input(value);
    node.add_output(shape);
    graph.add_output()->set_name(shape);
  }
  return out;
}

}  // namespace mosaic::onnx

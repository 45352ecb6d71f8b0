#include "mosaic/onnx/proto.h"

#include <fmt/format.h>

#include <cstring>

namespace mosaic::onnx {
namespace {

// Sub-graphs nest as deep as protobuf parses (100 levels), so this recursion is bounded.
void collect_captured(const ::onnx::GraphProto& graph, std::set<std::string>& used) {
  std::set<std::string> inside;
  std::set<std::string> wanted;
  for (const auto& input : graph.input()) inside.insert(input.name());
  for (const auto& initializer : graph.initializer()) inside.insert(initializer.name());
  for (const auto& initializer : graph.sparse_initializer()) inside.insert(initializer.values().name());
  for (const auto& node : graph.node()) {
    for (const std::string& name : used_names(node)) wanted.insert(name);
    inside.insert(node.output().begin(), node.output().end());
  }
  for (const auto& output : graph.output()) wanted.insert(output.name());
  for (const std::string& name : wanted) {
    if (!inside.contains(name)) used.insert(name);
  }
}

}  // namespace

std::string qualified_op(const ::onnx::NodeProto& node) {
  return node.domain().empty() || node.domain() == "ai.onnx" ? node.op_type() : node.domain() + "." + node.op_type();
}

const ::onnx::AttributeProto* find_attribute(const ::onnx::NodeProto& node, std::string_view name) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

std::set<std::string> used_names(const ::onnx::NodeProto& node) {
  std::set<std::string> used;
  for (const std::string& name : node.input()) {
    if (!name.empty()) used.insert(name);
  }
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) collect_captured(attribute.g(), used);
    for (const auto& graph : attribute.graphs()) collect_captured(graph, used);
  }
  return used;
}

Shape shape_of(const ::onnx::TensorProto& tensor) { return {tensor.dims().begin(), tensor.dims().end()}; }

::onnx::TensorProto to_proto(const Tensor& tensor, const std::string& name) {
  ::onnx::TensorProto proto;
  proto.set_name(name);
  proto.set_data_type(static_cast<int>(tensor.type()));
  for (const std::int64_t extent : tensor.shape()) proto.add_dims(extent);
  proto.set_raw_data(tensor.bytes().data(), tensor.bytes().size());
  return proto;
}

void set_type(::onnx::ValueInfoProto& info, ElementType element, const Shape* shape) {
  auto* type = info.mutable_type()->mutable_tensor_type();
  type->set_elem_type(static_cast<int>(element));
  type->clear_shape();
  if (shape == nullptr) return;
  type->mutable_shape();
  for (const std::int64_t extent : *shape) type->mutable_shape()->add_dim()->set_dim_value(extent);
}

}  // namespace mosaic::onnx

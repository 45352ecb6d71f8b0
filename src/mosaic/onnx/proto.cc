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

template <class Wide, class Narrow>
void narrow_into(const Wide& values, Tensor& tensor) {
  const auto out = tensor.as<Narrow>();
  for (int i = 0; i < values.size(); ++i) out[static_cast<std::size_t>(i)] = static_cast<Narrow>(values[i]);
}

/// Number of elements in the typed field that belongs to the type, and their copy into `tensor` if that number is right.
bool copy_typed_field(const ::onnx::TensorProto& proto, Tensor& tensor) {
  const auto count = static_cast<int>(*element_count(tensor.shape()));
  switch (tensor.type()) {
    case ElementType::kFloat32:
      return proto.float_data_size() == count && (narrow_into<decltype(proto.float_data()), float>(proto.float_data(), tensor), true);
    case ElementType::kFloat64:
      return proto.double_data_size() == count && (narrow_into<decltype(proto.double_data()), double>(proto.double_data(), tensor), true);
    case ElementType::kInt64:
      return proto.int64_data_size() == count && (narrow_into<decltype(proto.int64_data()), std::int64_t>(proto.int64_data(), tensor), true);
    case ElementType::kUint64:
      return proto.uint64_data_size() == count && (narrow_into<decltype(proto.uint64_data()), std::uint64_t>(proto.uint64_data(), tensor), true);
    case ElementType::kUint32:
      return proto.uint64_data_size() == count && (narrow_into<decltype(proto.uint64_data()), std::uint32_t>(proto.uint64_data(), tensor), true);
    default:
      break;
  }
  if (proto.int32_data_size() != count) return false;
  switch (element_size(tensor.type())) {
    case 1:
      narrow_into<decltype(proto.int32_data()), std::uint8_t>(proto.int32_data(), tensor);
      return true;
    case 2:
      narrow_into<decltype(proto.int32_data()), std::uint16_t>(proto.int32_data(), tensor);
      return true;
    case 4:
      narrow_into<decltype(proto.int32_data()), std::int32_t>(proto.int32_data(), tensor);
      return true;
    default:
      return false;
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

Result<Tensor> to_tensor(const ::onnx::TensorProto& proto) {
  const auto type = static_cast<ElementType>(proto.data_type());
  const Shape shape = shape_of(proto);
  const auto bytes = byte_size(type, shape);
  const auto wrong = [&](std::string_view why) { return fail(ErrorCode::kInvalidInput, fmt::format("constant '{}' {}", proto.name(), why)); };
  if (!bytes) return wrong(fmt::format("has type {} and shape {}, which is not read", static_cast<int>(proto.data_type()), to_string(shape)));
  // No larger than what the file holds can back it up, so that a made-up shape allocates nothing.
  const bool raw = proto.has_raw_data();
  if (raw ? static_cast<std::int64_t>(proto.raw_data().size()) != bytes->value
          : bytes->value > static_cast<std::int64_t>(proto.ByteSizeLong()) * 8 + 64) {
    return wrong(fmt::format("of shape {} does not have the {} bytes of data it should", to_string(shape), bytes->value));
  }
  Tensor tensor(type, shape);
  if (raw) {
    std::memcpy(tensor.bytes().data(), proto.raw_data().data(), tensor.bytes().size());
  } else if (!copy_typed_field(proto, tensor)) {
    return wrong(fmt::format("does not have the number of elements that shape {} asks for", to_string(shape)));
  }
  return tensor;
}

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

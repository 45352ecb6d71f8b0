#include "mosaic/onnx/rewrite.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <type_traits>

#include "mosaic/base/check.h"
#include "mosaic/onnx/proto.h"

namespace mosaic::onnx {
namespace {

using ::onnx::AttributeProto;
using ::onnx::TensorProto;

std::optional<Attribute> to_value(const AttributeProto& attribute) {
  switch (attribute.type()) {
    case AttributeProto::INT:
      return attribute.i();
    case AttributeProto::FLOAT:
      return attribute.f();
    case AttributeProto::STRING:
      return attribute.s();
    case AttributeProto::INTS:
      return std::vector<std::int64_t>(attribute.ints().begin(), attribute.ints().end());
    default:
      return std::nullopt;
  }
}

struct AttributeWriter {
  AttributeProto& out;
  void operator()(std::int64_t value) const {
    out.set_type(AttributeProto::INT);
    out.set_i(value);
  }
  void operator()(float value) const {
    out.set_type(AttributeProto::FLOAT);
    out.set_f(value);
  }
  void operator()(const std::string& value) const {
    out.set_type(AttributeProto::STRING);
    out.set_s(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    out.set_type(AttributeProto::INTS);
    out.mutable_ints()->Assign(values.begin(), values.end());
  }
};

::onnx::NodeProto to_node(const NodeValue& value, const ::onnx::GraphProto& source) {
  ::onnx::NodeProto node;
  const std::size_t dot = value.op.rfind('.');
  if (dot != std::string::npos) node.set_domain(value.op.substr(0, dot));
  node.set_op_type(dot == std::string::npos ? value.op : value.op.substr(dot + 1));
  node.set_name(value.name);
  for (const std::string& name : value.inputs) node.add_input(name);
  for (const std::string& name : value.outputs) node.add_output(name);
  if (value.source) {
    for (const AttributeProto& attribute : source.node(static_cast<int>(*value.source)).attribute()) {
      if (!to_value(attribute)) *node.add_attribute() = attribute;
    }
  }
  for (const auto& [name, attribute] : value.attributes) {
    AttributeProto& written = *node.add_attribute();
    written.set_name(name);
    std::visit(AttributeWriter{written}, attribute);
  }
  return node;
}

/// Elements that lie in a typed field, where files have them that were made without `raw_data`.
template <class T, class Field>
void take(Tensor& tensor, const Field& field) {
  auto out = tensor.as<T>();
  const auto count = std::min(out.size(), static_cast<std::size_t>(field.size()));
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<T>(field.Get(static_cast<int>(i)));
}

void take_typed(Tensor& tensor, const TensorProto& proto) {
  switch (tensor.type()) {
    case ElementType::kFloat32:
      take<float>(tensor, proto.float_data());
      break;
    case ElementType::kFloat64:
      take<double>(tensor, proto.double_data());
      break;
    case ElementType::kInt64:
      take<std::int64_t>(tensor, proto.int64_data());
      break;
    case ElementType::kInt32:
      take<std::int32_t>(tensor, proto.int32_data());
      break;
    case ElementType::kInt8:
    case ElementType::kUint8:
    case ElementType::kBool:
      take<std::uint8_t>(tensor, proto.int32_data());
      break;
    case ElementType::kInt16:
    case ElementType::kUint16:
    case ElementType::kFloat16:
    case ElementType::kBfloat16:
      take<std::uint16_t>(tensor, proto.int32_data());
      break;
    case ElementType::kUint32:
      take<std::uint32_t>(tensor, proto.uint64_data());
      break;
    case ElementType::kUint64:
      take<std::uint64_t>(tensor, proto.uint64_data());
      break;
    case ElementType::kUndefined:
    case ElementType::kString:
      break;
  }
}

std::optional<Tensor> to_tensor(const TensorProto& proto) {
  const auto type = static_cast<ElementType>(proto.data_type());
  const Shape shape = shape_of(proto);
  const auto size = byte_size(type, shape);
  if (element_size(type) == 0 || !size) return std::nullopt;
  Tensor tensor(type, shape);
  if (!proto.has_raw_data()) {
    take_typed(tensor, proto);
    return tensor;
  }
  if (proto.raw_data().size() != tensor.bytes().size()) return std::nullopt;
  if (!tensor.bytes().empty()) std::memcpy(tensor.bytes().data(), proto.raw_data().data(), tensor.bytes().size());
  return tensor;
}

/// Indices of the nodes so that each comes after what it uses; of those that are ready, the first as given.
std::vector<int> in_order(const ::google::protobuf::RepeatedPtrField<::onnx::NodeProto>& nodes) {
  std::map<std::string, int> maker;
  for (int n = 0; n < nodes.size(); ++n) {
    for (const std::string& name : nodes[n].output()) {
      if (!name.empty()) MOSAIC_CHECK(maker.emplace(name, n).second);
    }
  }
  std::vector<std::vector<int>> users(static_cast<std::size_t>(nodes.size()));
  std::vector<std::size_t> waiting(users.size());
  std::set<int> ready;
  for (int n = 0; n < nodes.size(); ++n) {
    std::set<int> makers;
    for (const std::string& name : used_names(nodes[n])) {
      if (const auto found = maker.find(name); found != maker.end()) makers.insert(found->second);
    }
    for (const int each : makers) users[static_cast<std::size_t>(each)].push_back(n);
    waiting[static_cast<std::size_t>(n)] = makers.size();
    if (makers.empty()) ready.insert(n);
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int n = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(n);
    for (const int user : users[static_cast<std::size_t>(n)]) {
      if (--waiting[static_cast<std::size_t>(user)] == 0) ready.insert(user);
    }
  }
  MOSAIC_CHECK(order.size() == users.size());
  return order;
}

void put_constants(::onnx::GraphProto& graph, const std::map<std::string, Tensor>& constants) {
  std::set<std::string> used;
  for (const auto& node : graph.node()) used.merge(used_names(node));
  for (const auto& output : graph.output()) used.insert(output.name());
  auto& initializers = *graph.mutable_initializer();
  const auto goes = [&](const TensorProto& each) { return !used.contains(each.name()) || constants.contains(each.name()); };
  initializers.erase(std::remove_if(initializers.begin(), initializers.end(), goes), initializers.end());
  for (const auto& [name, tensor] : constants) {
    if (used.contains(name)) *graph.add_initializer() = to_proto(tensor, name);
  }
}

template <class T>
T attribute_or(const Attributes& attributes, const std::string& key, T fallback) {
  const auto found = attributes.find(key);
  if (found == attributes.end() || !std::holds_alternative<T>(found->second)) return fallback;
  return std::get<T>(found->second);
}

}  // namespace

std::int64_t NodeValue::integer(const std::string& key, std::int64_t fallback) const { return attribute_or(attributes, key, fallback); }
float NodeValue::number(const std::string& key, float fallback) const { return attribute_or(attributes, key, fallback); }
std::string NodeValue::text(const std::string& key, const std::string& fallback) const { return attribute_or(attributes, key, fallback); }
std::vector<std::int64_t> NodeValue::integers(const std::string& key, const std::vector<std::int64_t>& fallback) const {
  return attribute_or(attributes, key, fallback);
}

std::vector<NodeValue> node_values(const Model& model) {
  std::vector<NodeValue> values;
  for (const auto& node : proto_of(model).graph().node()) {
    NodeValue& value = values.emplace_back();
    value.op = qualified_op(node);
    value.name = node.name();
    value.inputs.assign(node.input().begin(), node.input().end());
    value.outputs.assign(node.output().begin(), node.output().end());
    value.source = values.size() - 1;
    for (const auto& attribute : node.attribute()) {
      if (const auto read = to_value(attribute)) value.attributes[attribute.name()] = *read;
    }
  }
  return values;
}

std::optional<Tensor> constant(const Model& model, const std::string& name) {
  for (const auto& initializer : proto_of(model).graph().initializer()) {
    if (initializer.name() == name) return to_tensor(initializer);
  }
  return std::nullopt;
}

Model with_nodes(const Model& model, std::span<const NodeValue> nodes, const std::map<std::string, Tensor>& constants) {
  const ::onnx::GraphProto& source = proto_of(model).graph();
  ::google::protobuf::RepeatedPtrField<::onnx::NodeProto> written;
  for (const NodeValue& node : nodes) *written.Add() = to_node(node, source);
  Model out = model.copy();
  ::onnx::GraphProto& graph = *proto_of(out).mutable_graph();
  graph.clear_node();
  graph.clear_value_info();
  for (const int n : in_order(written)) *graph.add_node() = std::move(written[n]);
  put_constants(graph, constants);
  return out;
}

Model with_outputs(const Model& model, std::span<const std::string> values) {
  Model out = model.copy();
  ::onnx::GraphProto& graph = *proto_of(out).mutable_graph();
  std::map<std::string, ::onnx::ValueInfoProto> known;
  for (const auto& output : graph.output()) known[output.name()] = output;
  graph.clear_output();
  for (const std::string& value : values) {
    ::onnx::ValueInfoProto& output = *graph.add_output();
    if (const auto found = known.find(value); found != known.end()) output = found->second;
    output.set_name(value);
  }
  return out;
}

std::map<std::string, std::string> metadata(const Model& model) {
  std::map<std::string, std::string> pairs;
  for (const auto& entry : proto_of(model).metadata_props()) pairs[entry.key()] = entry.value();
  return pairs;
}

void set_metadata(Model& model, const std::string& key, const std::string& value) {
  ::onnx::ModelProto& proto = proto_of(model);
  for (auto& entry : *proto.mutable_metadata_props()) {
    if (entry.key() != key) continue;
    entry.set_value(value);
    return;
  }
  auto& entry = *proto.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

}  // namespace mosaic::onnx

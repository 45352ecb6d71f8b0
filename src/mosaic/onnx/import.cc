#include "mosaic/onnx/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "mosaic/graph/layers.h"
#include "mosaic/onnx/macs.h"
#include "mosaic/onnx/proto.h"

namespace mosaic::onnx {
namespace {

struct Constant {
  ElementType element = ElementType::kUndefined;
  Shape shape;
};

class Importer {
 public:
  explicit Importer(const PreparedModel& prepared) : prepared_(prepared), graph_(proto_of(prepared.model).graph()) {}

  Result<Graph> run(std::string name) {
    if (graph_.node_size() == 0) return fail(ErrorCode::kInvalidInput, "the model has no operator that depends on its inputs");
    out_.name = std::move(name);
    for (const auto& each : graph_.initializer()) constants_[each.name()] = {static_cast<ElementType>(each.data_type()), shape_of(each)};
    for (const auto& each : graph_.sparse_initializer()) {
      constants_[each.values().name()] = {static_cast<ElementType>(each.values().data_type()), {each.dims().begin(), each.dims().end()}};
    }
    for (const auto& input : graph_.input()) out_.inputs.push_back(tensor(input.name()));
    for (const auto& node : graph_.node()) add_node(node);
    for (const auto& output : graph_.output()) out_.outputs.push_back(tensor(output.name()));
    return group_layers(std::move(out_));
  }

 private:
  TensorId tensor(const std::string& name) {
    const auto [found, is_new] = ids_.try_emplace(name, TensorId(out_.tensors.size()));
    if (is_new) {
      const auto type = prepared_.types.find(name);
      const ValueType known = type == prepared_.types.end() ? ValueType{} : type->second;
      out_.tensors.push_back({.name = name, .element = known.element, .shape = known.shape});
    }
    return found->second;
  }

  std::optional<Shape> shape(const std::string& name) const {
    if (const auto constant = constants_.find(name); constant != constants_.end()) return constant->second.shape;
    const auto type = prepared_.types.find(name);
    return type == prepared_.types.end() ? std::nullopt : type->second.shape;
  }

  void add_node(const ::onnx::NodeProto& proto) {
    GraphNode node;
    node.op = qualified_op(proto);
    node.name = proto.name().empty() ? fmt::format("{}_{}", proto.op_type(), out_.nodes.size()) : proto.name();
    Hasher hasher;
    hasher.add(node.op);
    add_attributes(proto, hasher);
    for (const std::string& name : used_names(proto)) {
      if (!constants_.contains(name)) node.inputs.push_back(tensor(name));
    }
    for (const std::string& name : proto.input()) sign_input(name, node, hasher);
    for (const std::string& name : proto.output()) {
      if (name.empty()) continue;
      node.outputs.push_back(tensor(name));
      sign_value(out_.tensors[node.outputs.back().index()], hasher);
    }
    node.convolution = convolution_of(proto);
    node.macs = count_macs(proto, [this](const std::string& name) { return shape(name); });
    node.signature = hasher.fingerprint();
    out_.nodes.push_back(std::move(node));
  }

  Convolution convolution_of(const ::onnx::NodeProto& proto) const {
    if ((proto.op_type() != "Conv" && proto.op_type() != "FusedConv") || proto.input_size() < 2) return Convolution::kNone;
    const auto data = shape(proto.input(0));
    const auto weights = shape(proto.input(1));
    if (!data || !weights || data->size() < 3 || weights->size() != data->size()) return Convolution::kSpatial;
    if ((*weights)[1] == 1 && (*data)[1] > 1) return Convolution::kDepthwise;
    const bool one_pixel = std::all_of(weights->begin() + 2, weights->end(), [](std::int64_t extent) { return extent == 1; });
    return one_pixel && (*weights)[1] == (*data)[1] ? Convolution::kPointwise : Convolution::kSpatial;
  }

  /// Attributes in the order of their names, whatever the file's order.
  static void add_attributes(const ::onnx::NodeProto& proto, Hasher& hasher) {
    std::map<std::string, std::string> sorted;
    for (const auto& attribute : proto.attribute()) sorted[attribute.name()] = attribute.SerializeAsString();
    for (const auto& [name, value] : sorted) hasher.add(name).add(value);
  }

  static void sign_value(const GraphTensor& value, Hasher& hasher) { hasher.add(value.element).add(value.shape ? to_string(*value.shape) : "?"); }

  void sign_input(const std::string& name, GraphNode& node, Hasher& hasher) {
    const auto constant = constants_.find(name);
    if (constant == constants_.end()) {
      hasher.add(name.empty() ? "omitted" : "value");
      if (!name.empty()) sign_value(out_.tensors[tensor(name).index()], hasher);
      return;
    }
    hasher.add("constant").add(constant->second.element).add(to_string(constant->second.shape));
    const auto count = element_count(constant->second.shape).value_or(0);
    const auto bytes = byte_size(constant->second.element, constant->second.shape).value_or(Bytes{});
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max() / 4;
    node.parameters = std::min(kMost, node.parameters + std::min(kMost, count));
    node.weights.value = std::min(kMost, node.weights.value + std::min(kMost, bytes.value));
  }

  const PreparedModel& prepared_;
  const ::onnx::GraphProto& graph_;
  UngroupedGraph out_;
  std::map<std::string, Constant> constants_;
  std::map<std::string, TensorId> ids_;
};

}  // namespace

Result<Graph> import_graph(const PreparedModel& prepared, std::string name) { return Importer(prepared).run(std::move(name)); }

}  // namespace mosaic::onnx

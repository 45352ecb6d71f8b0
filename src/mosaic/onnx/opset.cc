#include "mosaic/onnx/opset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/onnx/proto.h"
#include "mosaic/onnx/rewrite.h"

namespace mosaic::onnx {
namespace {

constexpr std::int64_t kWanted = 13;
constexpr std::int64_t kOldest = 9;

/// Operators that mean the same from set 11 to 13 (Dropout where it does nothing, as here).
constexpr std::array<std::string_view, 63> kSameSince11{"Abs",
                                                        "Add",
                                                        "And",
                                                        "ArgMax",
                                                        "ArgMin",
                                                        "AveragePool",
                                                        "BatchNormalization",
                                                        "Cast",
                                                        "Ceil",
                                                        "Concat",
                                                        "Constant",
                                                        "ConstantOfShape",
                                                        "Conv",
                                                        "ConvTranspose",
                                                        "DepthToSpace",
                                                        "Div",
                                                        "Elu",
                                                        "Equal",
                                                        "Erf",
                                                        "Exp",
                                                        "Expand",
                                                        "Flatten",
                                                        "Floor",
                                                        "Gather",
                                                        "Gemm",
                                                        "GlobalAveragePool",
                                                        "GlobalMaxPool",
                                                        "Greater",
                                                        "HardSigmoid",
                                                        "Identity",
                                                        "InstanceNormalization",
                                                        "LRN",
                                                        "LeakyRelu",
                                                        "Less",
                                                        "Log",
                                                        "LpNormalization",
                                                        "MatMul",
                                                        "Max",
                                                        "MaxPool",
                                                        "Mean",
                                                        "Min",
                                                        "Mul",
                                                        "Neg",
                                                        "Not",
                                                        "PRelu",
                                                        "Pow",
                                                        "ReduceL2",
                                                        "ReduceMax",
                                                        "ReduceMean",
                                                        "ReduceMin",
                                                        "Relu",
                                                        "Reshape",
                                                        "Shape",
                                                        "Sigmoid",
                                                        "Softplus",
                                                        "SpaceToDepth",
                                                        "Sqrt",
                                                        "Sub",
                                                        "Sum",
                                                        "Tanh",
                                                        "Tile",
                                                        "Transpose",
                                                        "Where"};

/// ... and that did not exist before, or were different.
constexpr std::array<std::string_view, 4> kSince11{"Pad", "Resize", "Slice", "TopK"};

std::unexpected<Error> cannot(const NodeValue& node, std::string_view why) {
  return fail(ErrorCode::kUnsupported, fmt::format("'{}' ({}): {}: convert the model to operator set 13 or later first",
                                                   node.name.empty() ? node.outputs.at(0) : node.name, node.op, why));
}

class Raiser {
 public:
  Raiser(std::int64_t from, const ValueTypes& types) : from_(from), types_(types) {}

  Result<void> raise(NodeValue& node) {
    if (node.op.contains('.')) return {};
    if (node.op == "Clip") return raise_clip(node);
    if (node.op == "Softmax" || node.op == "LogSoftmax") return raise_softmax(node);
    if (node.op == "Squeeze" || node.op == "Unsqueeze" || node.op == "ReduceSum") return attribute_to_input(node, "axes");
    if (node.op == "Split") return attribute_to_input(node, "split");
    if (node.op == "Dropout") {
      node.attributes.erase("ratio");
      return {};
    }
    if (std::ranges::find(kSameSince11, node.op) != kSameSince11.end()) return {};
    if (from_ >= 11 && std::ranges::find(kSince11, node.op) != kSince11.end()) return {};
    return cannot(node, fmt::format("changed between operator sets {} and 13", from_));
  }

  std::map<std::string, Tensor> constants;

 private:
  std::string add(const NodeValue& node, std::string_view what, Tensor value) {
    std::string name = fmt::format("{}/mosaic_{}", node.outputs.at(0), what);
    constants.insert_or_assign(name, std::move(value));
    return name;
  }

  Result<void> raise_clip(NodeValue& node) {
    for (const auto& [key, position, fallback] : {std::tuple("min", std::size_t{1}, std::numeric_limits<float>::lowest()),
                                                  std::tuple("max", std::size_t{2}, std::numeric_limits<float>::max())}) {
      if (!node.attributes.contains(key)) continue;
      Tensor bound(ElementType::kFloat32, {});
      bound.as<float>()[0] = node.number(key, fallback);
      node.inputs.resize(std::max(node.inputs.size(), position + 1));
      node.inputs[position] = add(node, key, std::move(bound));
      node.attributes.erase(key);
    }
    return {};
  }

  /// Before 13 the axis parted the argument into two blocks of axes, and each row of the second was normalised.
  Result<void> raise_softmax(NodeValue& node) {
    const auto type = types_.find(node.inputs.at(0));
    if (type == types_.end() || !type->second.shape) return cannot(node, "its argument's shape is not known");
    const auto rank = static_cast<std::int64_t>(type->second.shape->size());
    std::int64_t axis = node.integer("axis", 1);
    if (axis < 0) axis += rank;
    std::int64_t last = -1;  // the only axis of the second block with more than one element
    for (std::int64_t i = std::max<std::int64_t>(axis, 0); i < rank; ++i) {
      if ((*type->second.shape)[static_cast<std::size_t>(i)] == 1) continue;
      if (last >= 0) return cannot(node, "it normalises over several axes at once");
      last = i;
    }
    node.attributes["axis"] = last < 0 ? rank - 1 : last;
    return {};
  }

  Result<void> attribute_to_input(NodeValue& node, const std::string& key) {
    const std::vector<std::int64_t> values = node.integers(key);
    if (!node.attributes.contains(key)) return {};
    Tensor list(ElementType::kInt64, {std::ssize(values)});
    std::ranges::copy(values, list.as<std::int64_t>().begin());
    node.inputs.resize(1);
    node.inputs.push_back(add(node, key, std::move(list)));
    node.attributes.erase(key);
    return {};
  }

  std::int64_t from_;
  const ValueTypes& types_;
};

}  // namespace

std::int64_t opset(const Model& model) {
  for (const auto& each : proto_of(model).opset_import()) {
    if (each.domain().empty() || each.domain() == "ai.onnx") return each.version();
  }
  return 0;
}

Result<Model> raise_to_opset_13(Model model, const ValueTypes& types) {
  const std::int64_t from = opset(model);
  if (from >= kWanted) return model;
  if (from < kOldest)
    return fail(ErrorCode::kUnsupported, fmt::format("the model is written in operator set {}: convert it to {} or later first", from, kOldest));
  Raiser raiser(from, types);
  std::vector<NodeValue> nodes = node_values(model);
  for (NodeValue& node : nodes) MOSAIC_RETURN_IF_ERROR(raiser.raise(node));
  Model raised = with_nodes(model, nodes, raiser.constants);
  ::onnx::ModelProto& proto = proto_of(raised);
  constexpr std::int64_t kIrOfOpset13 = 7;
  proto.set_ir_version(std::max(proto.ir_version(), kIrOfOpset13));
  for (auto& each : *proto.mutable_opset_import()) {
    if (each.domain().empty() || each.domain() == "ai.onnx") each.set_version(kWanted);
  }
  return raised;
}

}  // namespace mosaic::onnx

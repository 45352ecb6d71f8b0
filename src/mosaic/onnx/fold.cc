#include "mosaic/onnx/fold.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/onnx/rewrite.h"
#include "mosaic/onnx/wiring.h"

namespace mosaic::onnx {
namespace {

std::size_t used_outputs(const NodeValue& node, const Wiring& wiring) {
  return static_cast<std::size_t>(std::ranges::count_if(
      node.outputs, [&](const std::string& each) { return !each.empty() && (wiring.users.contains(each) || wiring.outputs.contains(each)); }));
}

std::size_t rank_of(const ValueTypes& types, const std::string& value) {
  const auto found = types.find(value);
  return found == types.end() || !found->second.shape ? 0 : found->second.shape->size();
}

/// Drops what does nothing, and gives means over images their own operator's name.
Model simplify(const Model& model, const ValueTypes& types) {
  const Wiring wiring(model);
  std::map<std::string, std::string> same;  // value -> the one that it equals
  std::vector<NodeValue> kept;
  for (NodeValue& node : node_values(model)) {
    for (std::string& input : node.inputs) {
      if (const auto found = same.find(input); found != same.end()) input = found->second;
    }
    const bool nothing = node.op == "Identity" || node.op == "Dropout";
    if (nothing && used_outputs(node, wiring) <= 1 && !wiring.outputs.contains(node.outputs[0]) && !wiring.constants.contains(node.inputs[0])) {
      same[node.outputs[0]] = node.inputs[0];
      continue;
    }
    const bool over_image = node.integers("axes") == std::vector<std::int64_t>{2, 3} || node.integers("axes") == std::vector<std::int64_t>{-2, -1};
    if (node.op == "ReduceMean" && over_image && node.integer("keepdims", 1) == 1 && rank_of(types, node.inputs[0]) == 4) {
      node.op = "GlobalAveragePool";
      node.attributes.clear();
    }
    kept.push_back(std::move(node));
  }
  return with_nodes(model, kept, {});
}

/// What a batch normalisation does to each channel: factor * x + offset.
struct Normalisation {
  std::vector<double> factor;
  std::vector<double> offset;
};

std::optional<Normalisation> normalisation(const Model& model, const NodeValue& node) {
  if (node.op != "BatchNormalization" || node.inputs.size() != 5 || node.integer("training_mode", 0) != 0) return std::nullopt;
  std::vector<std::vector<double>> parts;  // scale, bias, mean, variance
  for (std::size_t i = 1; i < 5; ++i) {
    const auto part = constant(model, node.inputs[i]);
    if (!part || part->type() != ElementType::kFloat32) return std::nullopt;
    parts.push_back(part->to_doubles());
    if (parts.back().size() != parts.front().size()) return std::nullopt;
  }
  const double epsilon = static_cast<double>(node.number("epsilon", 1e-5F));
  Normalisation out;
  for (std::size_t c = 0; c < parts[0].size(); ++c) {
    out.factor.push_back(parts[0][c] / std::sqrt(parts[3][c] + epsilon));
    out.offset.push_back(parts[1][c] - parts[2][c] * out.factor.back());
  }
  return out;
}

Tensor floats(const Shape& shape, const std::vector<double>& values) {
  Tensor out(ElementType::kFloat32, shape);
  std::ranges::transform(values, out.as<float>().begin(), [](double value) { return static_cast<float>(value); });
  return out;
}

class Folder {
 public:
  Folder(const Model& model, const ValueTypes& types, std::set<std::string>& keep)
      : model_(model), types_(types), keep_(keep), wiring_(model), nodes_(node_values(model)), dropped_(nodes_.size(), false) {}

  Model run() {
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      const auto found = normalisation(model_, nodes_[n]);
      if (!found || used_outputs(nodes_[n], wiring_) > 1) continue;
      const auto before = wiring_.maker_of(nodes_[n].inputs[0]);
      if (before && wiring_.only_user(nodes_[n].inputs[0]) == n && into(nodes_[*before], n, *found)) continue;
      if (!keep_.contains(nodes_[n].outputs[0])) alone(nodes_[n], *found);
    }
    std::vector<NodeValue> kept;
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      if (!dropped_[n]) kept.push_back(std::move(nodes_[n]));
    }
    return with_nodes(model_, kept, constants_);
  }

 private:
  /// Folds node `n` into the one before it; false where that cannot be.
  bool into(NodeValue& linear, std::size_t n, const Normalisation& by) {
    const bool is_gemm = linear.op == "Gemm" && linear.number("alpha", 1) == 1 && linear.number("beta", 1) == 1;
    if (linear.op != "Conv" && !is_gemm) return false;
    auto weights = constant(model_, linear.inputs.at(1));
    if (!weights || weights->type() != ElementType::kFloat32 || weights->shape().size() < 2) return false;
    const std::size_t axis = is_gemm && linear.integer("transB", 0) == 0 ? 1 : 0;
    const std::size_t channels = by.factor.size();
    if (weights->shape()[axis] != static_cast<std::int64_t>(channels)) return false;
    std::vector<double> bias(channels, 0.0);
    if (linear.inputs.size() > 2 && !linear.inputs[2].empty()) {
      const auto old = constant(model_, linear.inputs[2]);
      if (!old || old->type() != ElementType::kFloat32 || old->to_doubles().size() != channels) return false;
      bias = old->to_doubles();
    }
    for (std::size_t c = 0; c < channels; ++c) bias[c] = by.factor[c] * bias[c] + by.offset[c];
    const auto values = weights->as<float>();
    const std::size_t inner = axis == 0 ? values.size() / channels : 1;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(values[i] * by.factor[i / inner % channels]);
    const std::string made = nodes_[n].outputs[0];
    if (keep_.contains(linear.outputs[0])) keep_.insert(made);
    linear.outputs = {made};
    take(linear, *std::move(weights), floats({std::ssize(bias)}, bias));
    dropped_[n] = true;
    return true;
  }

  /// Makes a batch normalisation a convolution of its own.
  void alone(NodeValue& node, const Normalisation& by) {
    if (rank_of(types_, node.inputs[0]) != 4) return;
    const auto channels = std::ssize(by.factor);
    node.op = "Conv";
    node.attributes = {{"group", std::int64_t{channels}}, {"kernel_shape", std::vector<std::int64_t>{1, 1}}};
    node.outputs.resize(1);
    take(node, floats({channels, 1, 1, 1}, by.factor), floats({channels}, by.offset));
  }

  void take(NodeValue& node, Tensor weights, Tensor bias) {
    node.inputs.resize(3);
    node.inputs[1] = node.outputs[0] + "/mosaic_folded_weights";
    node.inputs[2] = node.outputs[0] + "/mosaic_folded_bias";
    constants_.insert_or_assign(node.inputs[1], std::move(weights));
    constants_.insert_or_assign(node.inputs[2], std::move(bias));
  }

  const Model& model_;
  const ValueTypes& types_;
  std::set<std::string>& keep_;
  Wiring wiring_;
  std::vector<NodeValue> nodes_;
  std::vector<bool> dropped_;
  std::map<std::string, Tensor> constants_;
};

}  // namespace

Model fold(const Model& model, const ValueTypes& types, std::set<std::string>& keep) {
  const Model simple = simplify(model, types);
  return Folder(simple, types, keep).run();
}

}  // namespace mosaic::onnx

#include "mosaic/quantize/correct.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/onnx/rewrite.h"

namespace mosaic::quantize {
namespace {

using onnx::NodeValue;

/// The float model with a twin beside each linear node that may have a bias. Its outputs: for each of these nodes, in order, what it makes and what
/// its twin makes, of convolutions the means over the image.
class Twins {
 public:
  Twins(const onnx::Model& model, const Scheme& scheme, const Scales& scales, const Linears& linears)
      : scales_(scales), nodes_(onnx::node_values(model)) {
    const std::vector<NodeValue> given = nodes_;
    for (const Site& site : scheme.sites) {
      if (site.kind == Site::Kind::kLinear && site.op != "MatMul") add(site, given[site.node], linears.at(site.node));
    }
    model_ = onnx::with_nodes(onnx::with_outputs(model, outputs_), nodes_, constants_);
  }

  [[nodiscard]] const onnx::Model& model() const { return model_; }
  [[nodiscard]] const std::vector<std::size_t>& of() const { return of_; }

 private:
  void add(const Site& site, const NodeValue& node, const Linear& linear) {
    NodeValue twin = node;
    const std::string name = site.result + "/mosaic_twin";
    twin.name = name;
    twin.inputs[0] = rounded(node.inputs[0]);
    twin.inputs[1] = name + "/mosaic_weights";
    constants_.insert_or_assign(twin.inputs[1], linear.weights.real());
    twin.outputs = {name};
    nodes_.push_back(twin);
    outputs_.push_back(mean(node.outputs[0], name + "/mosaic_expected", site));
    outputs_.push_back(mean(name, name + "/mosaic_actual", site));
    of_.push_back(site.node);
  }

  /// The value as 8 bits have it.
  std::string rounded(const std::string& value) {
    const std::string name = value + "/mosaic_rounded";
    if (!rounded_.insert(value).second) return name;
    const Affine& affine = scales_.at(value);
    Tensor scale(ElementType::kFloat32, {});
    scale.as<float>()[0] = affine.scale;
    Tensor zero_point(ElementType::kUint8, {});
    zero_point.as<std::uint8_t>()[0] = affine.zero_point;
    constants_.insert_or_assign(name + "/mosaic_scale", std::move(scale));
    constants_.insert_or_assign(name + "/mosaic_zero_point", std::move(zero_point));
    add_node("QuantizeLinear", {value, name + "/mosaic_scale", name + "/mosaic_zero_point"}, name + "/mosaic_uint8");
    add_node("DequantizeLinear", {name + "/mosaic_uint8", name + "/mosaic_scale", name + "/mosaic_zero_point"}, name);
    return name;
  }

  std::string mean(const std::string& value, const std::string& name, const Site& site) {
    add_node(site.op == "Conv" ? "GlobalAveragePool" : "Identity", {value}, name);
    return name;
  }

  void add_node(const std::string& op, std::vector<std::string> inputs, const std::string& output) {
    nodes_.push_back({.op = op, .name = output, .inputs = std::move(inputs), .outputs = {output}, .attributes = {}, .source = {}});
  }

  const Scales& scales_;
  std::vector<NodeValue> nodes_;
  std::map<std::string, Tensor> constants_;
  std::set<std::string> rounded_;
  std::vector<std::string> outputs_;
  std::vector<std::size_t> of_;  // nodes
  onnx::Model model_;
};

/// Sums by channel of what a node and its twin made: rows of `channels` values.
struct Drift {
  std::vector<double> sums;
  double rows = 0;

  void add(std::span<const float> expected, std::span<const float> actual) {
    if (sums.empty()) return;
    for (std::size_t i = 0; i < expected.size(); ++i) sums[i % sums.size()] += static_cast<double>(actual[i]) - static_cast<double>(expected[i]);
    rows += static_cast<double>(expected.size()) / static_cast<double>(sums.size());
  }
};

}  // namespace

Result<void> correct_biases(const onnx::Model& model, const Scheme& scheme, const Scales& scales, const Examples& examples, const Open& open,
                            const Watch& watch, Linears& linears) {
  const Twins twins(model, scheme, scales, linears);
  if (twins.of().empty()) return {};
  std::vector<Drift> drifts;
  for (const std::size_t node : twins.of()) drifts.push_back({.sums = std::vector<double>(linears.at(node).weights.scales.size(), 0.0)});
  MOSAIC_TRY(const std::unique_ptr<Runner> runner, open(twins.model()));
  std::size_t done = 0;
  const auto add = [&](const Example& example) -> Result<void> {
    MOSAIC_RETURN_IF_ERROR(watch.at("correcting biases", done, examples.about));
    const auto outputs = runner->run(example.inputs);
    if (!outputs) return within(example.name, outputs.error());
    for (std::size_t i = 0; i < drifts.size(); ++i) drifts[i].add((*outputs)[2 * i].as<float>(), (*outputs)[2 * i + 1].as<float>());
    ++done;
    return {};
  };
  MOSAIC_RETURN_IF_ERROR(examples.visit(add));
  for (std::size_t i = 0; i < drifts.size(); ++i) {
    std::vector<float>& bias = linears.at(twins.of()[i]).bias;
    bias.resize(drifts[i].sums.size(), 0.0F);
    for (std::size_t c = 0; c < bias.size() && drifts[i].rows > 0; ++c) bias[c] -= static_cast<float>(drifts[i].sums[c] / drifts[i].rows);
  }
  return {};
}

}  // namespace mosaic::quantize

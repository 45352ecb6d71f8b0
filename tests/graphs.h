#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/random.h"
#include "mosaic/graph/layers.h"
#include "tests/support.h"

namespace mosaic::test {

inline std::vector<std::string> names(const Graph& graph, const std::vector<TensorId>& tensors) {
  std::vector<std::string> out;
  for (const TensorId id : tensors) out.push_back(graph.tensor(id).name);
  return out;
}

/// Draws a graph node by node, without a model file. Every tensor is float32; a value without a shape is one whose shape depends on the data.
class GraphDrawing {
 public:
  explicit GraphDrawing(std::string name = "drawing") { graph_.name = std::move(name); }

  TensorId input(const std::string& name, std::optional<Shape> shape = Shape{4}) {
    const TensorId id = tensor(name, std::move(shape));
    graph_.inputs.push_back(id);
    return id;
  }

  /// Everything about a node but its operator and inputs.
  struct Rest {
    std::optional<Shape> shape = Shape{4};  ///< of its outputs
    std::size_t outputs = 1;
    std::int64_t macs = 0;
    std::int64_t weights = 0;  ///< bytes
    ElementType element = ElementType::kFloat32;
  };
  /// Adds a node called `name` whose outputs are called "name" and "name.1", ...; returns the first, the others have the following ids.
  TensorId node(const std::string& name, const std::string& op, const std::vector<TensorId>& inputs, const Rest& rest) {
    GraphNode node{
        .name = name, .op = op, .inputs = inputs, .outputs = {}, .macs = rest.macs, .parameters = rest.weights / 4, .weights = {}, .signature = {}};
    node.weights = Bytes{rest.weights};
    for (std::size_t i = 0; i < rest.outputs; ++i) {
      node.outputs.push_back(tensor(i == 0 ? name : name + "." + std::to_string(i), rest.shape));
      graph_.tensors.back().element = rest.element;
    }
    node.signature = Hasher().add(op).add(rest.macs).add(rest.weights).add(rest.shape ? to_string(*rest.shape) : "?").fingerprint();
    graph_.nodes.push_back(node);
    return node.outputs.front();
  }
  TensorId node(const std::string& name, const std::string& op, const std::vector<TensorId>& inputs) { return node(name, op, inputs, Rest()); }

  void output(TensorId id) { graph_.outputs.push_back(id); }

  [[nodiscard]] UngroupedGraph& ungrouped() { return graph_; }
  [[nodiscard]] Result<Graph> group() const { return group_layers(graph_); }

 private:
  TensorId tensor(const std::string& name, std::optional<Shape> shape) {
    graph_.tensors.push_back({.name = name, .element = ElementType::kFloat32, .shape = std::move(shape)});
    return TensorId(graph_.tensors.size() - 1);
  }

  UngroupedGraph graph_;
};

/// A seeded graph of `nodes` nodes: anchors, followers and leaders with one to three inputs each, some of several outputs, some values of unknown
/// shape (of each hundred `dynamic_percent`). What nobody uses is an output, and so are a few others.
inline GraphDrawing random_drawing(std::uint64_t seed, std::size_t nodes, std::size_t dynamic_percent = 0) {
  const std::vector<std::string> ops{"Conv", "Conv", "Relu", "Add", "Pad", "DequantizeLinear", "Concat", "Split", "BatchNormalization", "MaxPool"};
  Random random(seed);
  GraphDrawing drawing("random" + std::to_string(seed));
  std::vector<TensorId> values{drawing.input("x", Shape{8})};
  if (random.below(2) == 0) values.push_back(drawing.input("z", Shape{3}));
  for (std::size_t n = 0; n < nodes; ++n) {
    std::vector<TensorId> inputs;
    for (std::size_t i = random.below(3) + 1; i > 0; --i) {
      const std::size_t back = random.below(std::min<std::size_t>(values.size(), 6));
      const TensorId value = values[values.size() - 1 - back];
      if (std::ranges::find(inputs, value) == inputs.end()) inputs.push_back(value);
    }
    GraphDrawing::Rest rest;
    rest.shape = Shape{static_cast<std::int64_t>(random.below(9) + 1)};
    if (random.below(100) < dynamic_percent) rest.shape.reset();
    rest.outputs = random.below(8) == 0 ? 2 : 1;
    rest.macs = static_cast<std::int64_t>(random.below(1000));
    rest.weights = static_cast<std::int64_t>(4 * random.below(100));
    const TensorId first = drawing.node(fmt::format("n{}", n), ops[random.below(ops.size())], inputs, rest);
    for (std::size_t i = 0; i < rest.outputs; ++i) values.emplace_back(first.index() + i);
  }
  std::vector<bool> used(drawing.ungrouped().tensors.size(), false);
  for (const GraphNode& node : drawing.ungrouped().nodes) {
    for (const TensorId id : node.inputs) used[id.index()] = true;
  }
  for (const GraphNode& node : drawing.ungrouped().nodes) {
    for (const TensorId id : node.outputs) {
      if (!used[id.index()] || random.below(12) == 0) drawing.output(id);
    }
  }
  return drawing;
}

}  // namespace mosaic::test

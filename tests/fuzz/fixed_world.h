#pragma once

// The small model and board that fuzzed plans and profiles are held against.

#include <utility>

#include "mosaic/board/board_file.h"
#include "mosaic/graph/layers.h"

namespace mosaic::fuzz {

/// x -> Conv -> Conv -> Conv -> Conv -> y, with a branch from the first to the last.
inline Graph fixed_graph() {
  UngroupedGraph graph;
  graph.name = "fixed";
  for (const char* name : {"x", "a", "b", "c", "y"}) graph.tensors.push_back({.name = name, .element = ElementType::kFloat32, .shape = Shape{1, 64}});
  const auto id = [](std::size_t index) { return TensorId(index); };
  const auto conv = [](std::vector<TensorId> inputs, TensorId output) {
    GraphNode node;
    node.op = "Conv";
    node.inputs = std::move(inputs);
    node.outputs = {output};
    node.weights = Bytes{1024};
    return node;
  };
  graph.nodes = {conv({id(0)}, id(1)), conv({id(1)}, id(2)), conv({id(2)}, id(3)), conv({id(1), id(3)}, id(4))};
  graph.inputs = {id(0)};
  graph.outputs = {id(4)};
  return *group_layers(std::move(graph));
}

/// Two clusters of cores that share one core, and an accelerator that takes one layer at a time.
inline Board fixed_board() {
  return *parse_board(
      "schema_version: 1\n"
      "name: fixed\n"
      "spaces: [{name: host, limit: 8 KiB}]\n"
      "devices:\n"
      "  - {name: big, kind: cpu, cores: [0, 1, 2]}\n"
      "  - {name: little, kind: cpu, cores: [2, 3]}\n"
      "  - {name: npu, kind: npu, slice_limit: 2 KiB, missing_operators: [Relu]}\n");
}

}  // namespace mosaic::fuzz

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/graph/graph.h"

namespace mosaic {

/// Nodes and tensors before they are grouped: `nodes` in topological order, every tensor made by at most one node.
struct UngroupedGraph {
  std::string name;
  std::vector<GraphTensor> tensors;
  std::vector<GraphNode> nodes;
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;
};

/// How an operator takes part in a layer.
enum class Role {
  kAnchor,    ///< starts a layer: convolution, matrix product, pooling, concatenation, and everything not known to be cheap
  kFollower,  ///< joins the layer of the latest of its producers: activation, normalisation, residual add, reshape, quantise
  kLeader,    ///< joins the layer of its consumer where that is an anchor and the only one: pad, dequantise
};
[[nodiscard]] Role role(std::string_view op);

/// Groups nodes into layers by rules that depend on the model alone, never on an engine or a machine:
///
/// 1. An anchor starts a layer and takes the leaders with it that feed only it.
/// 2. A follower joins the latest layer among those that make its inputs; without one it starts a layer.
/// 3. Where a tensor that would have to travel is not static (its shape depends on the data, or it is no tensor), the layers on both sides are
///    joined, until every cut carries static tensors. At worst the model is one layer. Graph::joins says where and why.
///
/// Layers come out in topological order, because a node only ever joins a layer that is not before any layer it depends on.
/// Errors: kInvalidInput if the nodes are not in topological order or a tensor is made twice. Complexity: linear but for rule 3.
[[nodiscard]] Result<Graph> group_layers(UngroupedGraph ungrouped);

}  // namespace mosaic

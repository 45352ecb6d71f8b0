#pragma once

#include <span>
#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/graph/graph.h"

namespace mosaic {

/// The same nodes in fewer layers: layer i of the result unites layers firsts[i] to firsts[i + 1] - 1 of `graph`, the last one all that are left.
/// Nodes and tensors keep their ids. The fingerprint is of nodes, tensors and which of them share a layer: two ways to the same layers agree.
/// Errors: kInvalidInput: `firsts` does not begin with 0, does not ascend, or goes beyond the last layer.
[[nodiscard]] Result<Graph> merge_layers(const Graph& graph, std::span<const LayerId> firsts);

/// The block a node belongs to: what stands before the first '/' in its name; empty where there is none.
[[nodiscard]] std::string_view block_of(const GraphNode& node);

/// One layer for each block, named after it: nodes "unit_4/Conv_13" and "unit_4/Relu_12" make the layer "unit_4". Other than merge_layers this may
/// part what the rules of layers.h keep together, a network's own units being finer there: an activation that opens a unit belongs to that unit. Else
/// as merge_layers. Errors: kInvalidInput: a node of no block, or a block that is left and entered again; kUnsupported: a tensor between two blocks
/// that is not static.
[[nodiscard]] Result<Graph> layers_of_blocks(const Graph& graph);

}  // namespace mosaic

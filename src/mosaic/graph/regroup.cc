#include "mosaic/graph/regroup.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "mosaic/graph/assemble.h"

namespace mosaic {
namespace {

/// `graph` with its nodes in these groups instead.
Result<Graph> regroup(const Graph& graph, Grouping grouping) {
  UngroupedGraph nodes{.name = graph.name, .tensors = graph.tensors, .nodes = graph.nodes, .inputs = graph.inputs, .outputs = graph.outputs};
  MOSAIC_TRY(const Wiring wiring, wire(nodes));
  for (std::size_t t = 0; t < nodes.tensors.size(); ++t) {
    if (wiring.producer[t] == Wiring::kNone || nodes.tensors[t].bytes()) continue;
    if (grouping.last_use(wiring, t) == grouping.group[wiring.producer[t]]) continue;
    return fail(ErrorCode::kUnsupported, fmt::format("tensor '{}' is not static, so no border of layers can cross it", nodes.tensors[t].name));
  }
  for (const Join& join : graph.joins) {
    const NodeId first = graph.layer(join.layer).nodes.front();
    grouping.joins.push_back({.layer = LayerId(grouping.group[first.index()]), .reason = join.reason});
  }
  Hasher hasher;
  hasher.add_all(std::span<const std::size_t>(grouping.group));
  Graph out = assemble(std::move(nodes), wiring, std::move(grouping));
  out.fingerprint = hasher.add(out.fingerprint).fingerprint();
  return out;
}

}  // namespace

Result<Graph> merge_layers(const Graph& graph, std::span<const LayerId> firsts) {
  if (firsts.empty() || firsts.front() != LayerId(0)) return fail(ErrorCode::kInvalidInput, "the first merged layer must begin with layer 0");
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    if (firsts[i].index() >= graph.layers.size()) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("merged layer {} would begin with layer {}, but there are {}", i, firsts[i].value, graph.layers.size()));
    }
    if (i > 0 && firsts[i] <= firsts[i - 1]) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("merged layer {} would begin with layer {}, not behind layer {}", i, firsts[i].value, firsts[i - 1].value));
    }
  }
  Grouping grouping{.group = std::vector<std::size_t>(graph.nodes.size()), .groups = firsts.size(), .joins = {}};
  std::size_t merged = 0;
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {
    if (merged + 1 < firsts.size() && l == firsts[merged + 1].index()) ++merged;
    for (const NodeId node : graph.layers[l].nodes) grouping.group[node.index()] = merged;
  }
  return regroup(graph, std::move(grouping));
}

std::string_view block_of(const GraphNode& node) {
  const std::size_t slash = node.name.find('/');
  return slash == std::string::npos ? std::string_view() : std::string_view(node.name).substr(0, slash);
}

Result<Graph> layers_of_blocks(const Graph& graph) {
  Grouping grouping;
  std::vector<std::string_view> blocks;
  std::set<std::string_view> left;
  for (const GraphNode& node : graph.nodes) {
    const std::string_view block = block_of(node);
    if (block.empty()) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("node '{}' belongs to no block: only networks of the zoo name their blocks ('unit_4/Conv_13')", node.name));
    }
    if (blocks.empty() || block != blocks.back()) {
      if (!left.insert(block).second) return fail(ErrorCode::kInvalidInput, fmt::format("block '{}' is not in one piece: '{}'", block, node.name));
      blocks.push_back(block);
    }
    grouping.group.push_back(blocks.size() - 1);
  }
  grouping.groups = blocks.size();
  MOSAIC_TRY(Graph out, regroup(graph, std::move(grouping)));
  for (std::size_t l = 0; l < blocks.size(); ++l) out.layers[l].name = blocks[l];
  return out;
}

}  // namespace mosaic

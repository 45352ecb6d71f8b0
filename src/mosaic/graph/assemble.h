#pragma once

// From nodes that know their group to a Graph. Shared by the rules that group (layers.h) and by regrouping (regroup.h); not installed.

#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/graph/graph.h"
#include "mosaic/graph/layers.h"

namespace mosaic {

/// Who makes and uses each tensor.
struct Wiring {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  std::vector<std::size_t> producer;                ///< node that makes a tensor, kNone for inputs
  std::vector<std::vector<std::size_t>> consumers;  ///< nodes that use a tensor
  std::vector<bool> is_output;                      ///< of the model
};

/// Errors: kInvalidInput if the nodes are not in topological order, a tensor is made twice or an output never.
[[nodiscard]] Result<Wiring> wire(const UngroupedGraph& graph);

/// Which layer each node belongs to.
struct Grouping {
  std::vector<std::size_t> group;  ///< by node; a node's group is not before that of any node it depends on
  std::size_t groups = 0;          ///< each of them has a node
  std::vector<Join> joins;

  /// The last group that uses a tensor, or the one that makes it. Requires: some node makes it.
  [[nodiscard]] std::size_t last_use(const Wiring& wiring, std::size_t tensor) const;
};

/// "FusedConv" for "com.microsoft.FusedConv".
[[nodiscard]] std::string_view without_domain(std::string_view op);

/// Layers, cuts and sums. The fingerprint is of the nodes and tensors alone. Requires: every tensor that crosses a border of groups is static.
[[nodiscard]] Graph assemble(UngroupedGraph graph, const Wiring& wiring, Grouping grouping);

}  // namespace mosaic

#pragma once

// Chains for tests of costs and planner: random instances, an oracle that tries every chain, and the graph and board that belong to a table of costs.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/base/random.h"
#include "mosaic/board/board.h"
#include "mosaic/cost/chain_costs.h"
#include "mosaic/graph/graph.h"
#include "tests/support.h"

namespace mosaic::test {

/// Tries every chain there is and adds up what it costs as the comment of ChainCosts says, sharing no code with the library. Exponential.
class BruteForce {
 public:
  using Accept = std::function<bool(const Chain&)>;

  explicit BruteForce(const ChainCosts& costs, Accept accept = {}) : costs_(costs), accept_(std::move(accept)), used_(costs.space_limit.size(), 0) {
    chain_.borders.push_back(0);
    extend(0, 0);
  }

  [[nodiscard]] std::optional<std::int64_t> cost() const { return best_cost_; }
  [[nodiscard]] const Chain& chain() const { return best_; }

 private:
  void extend(std::size_t begin, std::int64_t cost) {
    if (begin == costs_.layers) {
      if ((!best_cost_ || cost < *best_cost_) && (!accept_ || accept_(chain_))) {
        best_cost_ = cost;
        best_ = chain_;
      }
      return;
    }
    for (std::size_t c = 0; c < costs_.configurations; ++c) {
      std::int64_t slice = costs_.enter[c * (costs_.layers + 1) + begin];
      if (begin > 0) slice += costs_.transfer[(begin * costs_.places + costs_.place[chain_.configurations.back()]) * costs_.places + costs_.place[c]];
      std::int64_t weights = 0;
      std::int64_t activations = 0;
      for (std::size_t k = begin; k < costs_.layers; ++k) {
        if (costs_.runs[c * costs_.layers + k] == 0) break;
        slice += costs_.execute[c * costs_.layers + k];
        weights += costs_.weights[k];
        activations = std::max(activations, costs_.activations[k]);
        const std::int64_t memory = weights + activations;
        std::int64_t& used = used_[costs_.space[c]];
        const bool fits_slice = !costs_.slice_limit[c] || memory <= *costs_.slice_limit[c];
        const bool fits_space = !costs_.space_limit[costs_.space[c]] || used + memory <= *costs_.space_limit[costs_.space[c]];
        if (!fits_slice || !fits_space) break;
        used += memory;
        chain_.borders.push_back(k + 1);
        chain_.configurations.push_back(c);
        extend(k + 1, cost + slice + costs_.leave[c * (costs_.layers + 1) + k + 1]);
        chain_.borders.pop_back();
        chain_.configurations.pop_back();
        used -= memory;
      }
    }
  }

  const ChainCosts& costs_;
  const Accept accept_;
  Chain chain_;
  std::vector<std::int64_t> used_;
  std::optional<std::int64_t> best_cost_;
  Chain best_;
};

/// What a random instance may have.
struct InstanceOptions {
  std::size_t most_layers = 7;
  std::size_t most_configurations = 4;
  bool slice_limits = true;
  bool space_limits = true;
  bool missing = true;
};

/// A small instance. In every other one costs are so small that many chains cost the same; in the others they need more than 32 bits.
inline ChainCosts random_costs(Random& random, const InstanceOptions& options = {}) {
  const std::size_t layers = 1 + random.below(options.most_layers);
  const std::size_t configurations = 1 + random.below(options.most_configurations);
  const std::size_t places = 1 + random.below(std::min<std::size_t>(configurations, 3));
  ChainCosts costs(layers, configurations, places);
  const std::size_t unit = random.below(2) == 0 ? 1 : 1'000'000'007;
  const auto draw = [&](std::size_t below) { return static_cast<std::int64_t>(random.below(below) * (unit == 1 ? 1 : unit + random.below(unit))); };
  const std::size_t scale = unit == 1 ? 4 : 1000;
  for (auto& value : costs.execute) value = draw(scale);
  for (auto& value : costs.enter) value = draw(scale / 2);
  for (auto& value : costs.leave) value = draw(scale / 4);
  for (auto& value : costs.transfer) value = draw(scale / 2);
  for (std::size_t c = 0; c < configurations; ++c) costs.place[c] = static_cast<std::uint32_t>(c < places ? c : random.below(places));
  for (auto& value : costs.weights) value = static_cast<std::int64_t>(random.below(50));
  for (auto& value : costs.activations) value = static_cast<std::int64_t>(random.below(50));
  if (options.missing) {
    for (auto& value : costs.runs) value = random.below(8) == 0 ? 0 : 1;
  }
  if (options.slice_limits) {
    for (auto& value : costs.slice_limit) {
      if (random.below(3) == 0) value = static_cast<std::int64_t>(40 + random.below(150));
    }
  }
  if (options.space_limits) {
    costs.space_limit.resize(1 + random.below(3));
    for (auto& value : costs.space_limit) {
      if (random.below(2) == 0) value = static_cast<std::int64_t>(60 + random.below(250));
    }
    for (auto& value : costs.space) value = static_cast<std::uint32_t>(random.below(costs.space_limit.size()));
  }
  return costs;
}

/// A graph of convolutions in a row, without a model: layer k is "layer<k>" with `weights[k]` and `activations[k]` bytes, and `cut_bytes` cross each
/// cut.
inline Graph line_graph(const std::vector<std::int64_t>& weights, const std::vector<std::int64_t>& activations, std::int64_t cut_bytes = 0) {
  Graph graph;
  graph.name = "line";
  graph.fingerprint = Hasher().add("line").fingerprint();
  for (std::size_t k = 0; k <= weights.size(); ++k) {
    graph.tensors.push_back({.name = "t" + std::to_string(k), .element = ElementType::kUint8, .shape = Shape{cut_bytes}});
  }
  graph.inputs = {TensorId(0)};
  graph.outputs = {TensorId(weights.size())};
  for (std::size_t k = 0; k < weights.size(); ++k) {
    graph.nodes.push_back({.name = "node" + std::to_string(k), .op = "Conv", .inputs = {TensorId(k)}, .outputs = {TensorId(k + 1)}});
    graph.layers.push_back({.name = "layer" + std::to_string(k),
                            .kind = "Conv",
                            .nodes = {NodeId(k)},
                            .inputs = {TensorId(k)},
                            .outputs = {TensorId(k + 1)},
                            .weights = Bytes{weights[k]},
                            .activations = Bytes{activations[k]}});
    if (k > 0) graph.cuts.push_back({.tensors = {TensorId(k)}, .bytes = Bytes{cut_bytes}});
  }
  return graph;
}

inline Graph line_graph(const ChainCosts& costs) { return line_graph(costs.weights, costs.activations); }

/// A board of GPUs "d0", "d1", ..., one configuration each.
inline Board row_board(std::size_t devices) {
  Board board;
  board.name = "row";
  board.spaces = {{.name = "host", .limit = {}}};
  for (std::size_t d = 0; d < devices; ++d) {
    board.devices.push_back({.name = "d" + std::to_string(d), .kind = DeviceKind::kGpu, .space = SpaceId(0), .points = {{}}});
  }
  return expect(make_board(std::move(board)));
}

}  // namespace mosaic::test

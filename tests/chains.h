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
#include "mosaic/cost/time_and_energy.h"
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
  /// Once round the cycle of each clock.
  [[nodiscard]] std::int64_t clock_changes() const {
    std::int64_t sum = 0;
    for (std::size_t d = 0; costs_.clocks && d < costs_.clocks->levels.size(); ++d) {
      std::vector<std::size_t> cycle;
      for (const std::size_t c : chain_.configurations) {
        for (const auto& setting : costs_.clocks->sets[c]) {
          if (setting.domain == d) cycle.push_back(setting.level);
        }
      }
      for (std::size_t i = 0; i < cycle.size(); ++i) {
        sum += costs_.clocks->change[d][cycle[i] * costs_.clocks->levels[d] + cycle[(i + 1) % cycle.size()]];
      }
    }
    return sum;
  }

  void extend(std::size_t begin, std::int64_t cost) {
    if (begin == costs_.layers) {
      cost += clock_changes();
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
        const bool fits_all = !costs_.memory_limit || used_in_all_ + memory <= *costs_.memory_limit;
        if (!fits_slice || !fits_space || !fits_all) break;
        used += memory;
        used_in_all_ += memory;
        chain_.borders.push_back(k + 1);
        chain_.configurations.push_back(c);
        extend(k + 1, cost + slice + costs_.leave[c * (costs_.layers + 1) + k + 1]);
        chain_.borders.pop_back();
        chain_.configurations.pop_back();
        used -= memory;
        used_in_all_ -= memory;
      }
    }
  }

  const ChainCosts& costs_;
  const Accept accept_;
  Chain chain_;
  std::vector<std::int64_t> used_;
  std::int64_t used_in_all_ = 0;
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
  bool memory_limit = false;
  bool clocks = false;
  bool cheap_slices = false;  ///< entering, leaving and hops cost little, so that good chains have many slices
};

/// Prices for changing the clocks of a table: up to a tenth of the dearest layer, to a third, or to all of it.
inline void draw_clock_costs(Random& random, ChainCosts& costs) {
  const auto dearest = static_cast<std::size_t>(*std::ranges::max_element(costs.execute)) + 1;
  const std::size_t scale = std::max<std::size_t>(1, dearest / std::vector<std::size_t>{10, 3, 1}[random.below(3)]);
  for (std::size_t d = 0; d < costs.clocks->levels.size(); ++d) {
    for (std::size_t from = 0; from < costs.clocks->levels[d]; ++from) {
      for (std::size_t to = 0; to < costs.clocks->levels[d]; ++to) {
        if (from != to) costs.clocks->cost(d, from, to) = static_cast<std::int64_t>(random.below(scale + 1));
      }
    }
  }
}

/// Up to three clocks of up to three levels; a configuration sets any of them, or none.
inline void draw_clocks(Random& random, ChainCosts& costs) {
  std::vector<std::size_t> levels(1 + random.below(3));
  for (auto& count : levels) count = 2 + random.below(2);
  costs.clocks.emplace(levels, costs.configurations);
  for (auto& sets : costs.clocks->sets) {
    for (std::uint32_t d = 0; d < levels.size(); ++d) {
      if (random.below(2) == 0) sets.push_back({.domain = d, .level = static_cast<std::uint32_t>(random.below(levels[d]))});
    }
  }
  draw_clock_costs(random, costs);
}

/// A small instance. In every other one costs are so small that many chains cost the same; in the others they need more than 32 bits.
inline ChainCosts random_costs(Random& random, const InstanceOptions& options = {}) {
  const std::size_t layers = 1 + random.below(options.most_layers);
  const std::size_t configurations = 1 + random.below(options.most_configurations);
  const std::size_t places = 1 + random.below(std::min<std::size_t>(configurations, 3));
  ChainCosts costs(layers, configurations, places);
  const std::size_t unit = random.below(2) == 0 ? 1 : 1'000'000'007;
  const auto draw = [&](std::size_t below) { return static_cast<std::int64_t>(random.below(below) * (unit == 1 ? 1 : unit + random.below(unit))); };
  const std::size_t scale = unit == 1 ? 4 : 1000;
  const std::size_t share = options.cheap_slices ? 20 : 1;
  for (auto& value : costs.execute) value = draw(scale * (options.cheap_slices ? 4 : 1));
  for (auto& value : costs.enter) value = draw(std::max<std::size_t>(1, scale / 2 / share));
  for (auto& value : costs.leave) value = draw(std::max<std::size_t>(1, scale / 4 / share));
  for (auto& value : costs.transfer) value = draw(std::max<std::size_t>(1, scale / 2 / share));
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
  if (options.memory_limit && random.below(2) == 0) costs.memory_limit = static_cast<std::int64_t>(100 + random.below(300));
  if (options.clocks) draw_clocks(random, costs);
  return costs;
}

/// A small instance in time and energy: what costs little time costs much energy, more or less.
inline TimeAndEnergy random_time_and_energy(Random& random, const InstanceOptions& options = {}) {
  TimeAndEnergy costs{.time = random_costs(random, options), .energy = {}};
  ChainCosts energy = costs.time;
  for (auto* values : {&energy.execute, &energy.enter, &energy.leave, &energy.transfer}) {
    if (values->empty()) continue;
    const std::int64_t most = *std::ranges::max_element(*values);
    const auto noise = static_cast<std::size_t>(most / 2 + 1);
    for (auto& value : *values) value = (most - value) + static_cast<std::int64_t>(random.below(noise));
  }
  if (energy.clocks) draw_clock_costs(random, energy);
  costs.energy = std::move(energy);
  return costs;
}

/// Every way to cut layers into slices and put them on configurations, feasible or not. Exponential.
inline void for_each_chain(const ChainCosts& costs, const std::function<void(const Chain&)>& visit) {
  Chain chain{.borders = {0}, .configurations = {}};
  const std::function<void()> extend = [&] {
    if (chain.borders.back() == costs.layers) return visit(chain);
    for (std::size_t c = 0; c < costs.configurations; ++c) {
      for (std::size_t end = chain.borders.back() + 1; end <= costs.layers; ++end) {
        chain.borders.push_back(end);
        chain.configurations.push_back(c);
        extend();
        chain.borders.pop_back();
        chain.configurations.pop_back();
      }
    }
  };
  extend();
}

/// All pairs of time and energy, of the judge, that no other chain beats: by ascending time.
inline std::vector<std::pair<std::int64_t, std::int64_t>> front_by_force(const TimeAndEnergy& costs) {
  std::vector<std::pair<std::int64_t, std::int64_t>> all;
  for_each_chain(costs.time, [&](const Chain& chain) {
    const Cost time = cost_of(costs.time, chain);
    if (time.feasible()) all.emplace_back(time.count(), cost_of(*costs.energy, chain).count());
  });
  std::ranges::sort(all);
  std::vector<std::pair<std::int64_t, std::int64_t>> front;
  for (const auto& point : all) {
    if (front.empty() || point.second < front.back().second) front.push_back(point);
  }
  return front;
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

/// Two layers of 10,000 multiply-accumulates, 2,000 bytes of weights, 3,000 of activations; 1,000 bytes come in, 1,000 go out. On the hand-made
/// board's "a", at its highest clock, a layer takes 2 us, 10 us of computing and a fifth of the 5 us of traffic that it hides: 13 us. A slice takes 3
/// us and 1 us for its input besides.
inline Graph two_layers() {
  Graph graph = line_graph({2000, 2000}, {3000, 3000}, 1000);
  for (Layer& layer : graph.layers) layer.macs = 10'000;
  return graph;
}

inline const std::vector<LayerId> kFirstLayer{LayerId(0)};

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

#include "mosaic/cost/chain_costs.h"

#include <algorithm>
#include <cmath>

#include "mosaic/base/check.h"

namespace mosaic {
namespace {

/// At most 17 minutes, so that sums stay far below 2^63 whatever a profile says.
std::int64_t picoseconds(double microseconds) { return std::llround(std::clamp(microseconds, 0.0, 1e9) * 1e6); }

double kibibytes(Bytes bytes) { return static_cast<double>(bytes.value) / 1024; }

/// The link's line; where it was not measured, nothing within a device and the dearest of all at 1 MiB between two.
Line link_line(const Fit& fit, const std::string& from, const std::string& to) {
  const auto found = fit.links.find({from, to});
  if (found != fit.links.end()) return found->second;
  if (from == to) return {};
  Line dearest;
  for (const auto& [ends, line] : fit.links) {
    if (line.at(1024) > dearest.at(1024)) dearest = line;
  }
  return dearest;
}

void add_memory(ChainCosts& costs, const Graph& graph, const Board& board) {
  for (std::size_t k = 0; k < costs.layers; ++k) {
    const Layer& layer = graph.layers[k];
    costs.weights[k] = layer.resident.value_or(layer.weights).value;
    costs.activations[k] = layer.resident ? 0 : layer.activations.value;
  }
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    const Device& device = board.device_of(ConfigurationId(c));
    costs.space[c] = device.space.value;
    if (device.slice_limit) costs.slice_limit[c] = device.slice_limit->value;
  }
  costs.space_limit.resize(board.spaces.size());
  for (std::size_t s = 0; s < board.spaces.size(); ++s) {
    if (board.spaces[s].limit) costs.space_limit[s] = board.spaces[s].limit->value;
  }
}

/// The clocks that the configurations of a clock's devices run at, each once.
std::vector<std::optional<Hertz>> levels_of(const ClockFit& clock, const Board& board) {
  std::vector<std::optional<Hertz>> levels;
  for (const std::string& name : clock.devices) {
    const auto device = std::ranges::find(board.devices, name, &Device::name);
    if (device == board.devices.end()) continue;
    for (const OperatingPoint& point : device->points) {
      if (std::ranges::find(levels, point.clock) == levels.end()) levels.push_back(point.clock);
    }
  }
  return levels;
}

/// Nothing where no clock was timed.
std::optional<ClockChanges> clock_changes(const Fit& fit, const Board& board) {
  if (fit.clocks.empty()) return std::nullopt;
  std::vector<std::vector<std::optional<Hertz>>> levels;
  std::vector<std::size_t> counts;
  for (const ClockFit& clock : fit.clocks) {
    levels.push_back(levels_of(clock, board));
    counts.push_back(levels.back().size());
  }
  ClockChanges changes(counts, board.configurations.size());
  for (std::size_t d = 0; d < levels.size(); ++d) {
    const auto level_of = [&](const std::optional<Hertz>& clock) {
      return static_cast<std::size_t>(std::ranges::find(levels[d], clock) - levels[d].begin());
    };
    for (std::size_t c = 0; c < board.configurations.size(); ++c) {
      const ConfigurationId id(c);
      const std::vector<std::string>& devices = fit.clocks[d].devices;
      if (std::ranges::find(devices, board.device_of(id).name) == devices.end()) continue;
      changes.sets[c].push_back({.domain = static_cast<std::uint32_t>(d), .level = static_cast<std::uint32_t>(level_of(board.point_of(id).clock))});
    }
    for (const auto& [ends, microseconds] : fit.clocks[d].changes) {
      const std::size_t from = level_of(ends.first);
      const std::size_t to = level_of(ends.second);
      if (from < counts[d] && to < counts[d]) changes.cost(d, from, to) = picoseconds(microseconds);
    }
  }
  return changes;
}

/// Board files may forbid operators after the profile was taken.
bool allowed(const Graph& graph, const Device& device, const Layer& layer) {
  return std::ranges::none_of(layer.nodes, [&](NodeId node) { return device.lacks(graph.node(node).op); });
}

}  // namespace

ChainCosts::ChainCosts(std::size_t layer_count, std::size_t configuration_count, std::size_t place_count)
    : layers(layer_count),
      configurations(configuration_count),
      places(place_count),
      execute(configuration_count * layer_count),
      runs(configuration_count * layer_count, 1),
      enter(configuration_count * (layer_count + 1)),
      leave(configuration_count * (layer_count + 1)),
      transfer((layer_count + 1) * place_count * place_count),
      place(configuration_count),
      weights(layer_count),
      activations(layer_count),
      slice_limit(configuration_count),
      space(configuration_count),
      space_limit(1) {}

std::int64_t ChainCosts::memory(std::size_t begin, std::size_t end) const {
  std::int64_t sum = 0;
  std::int64_t largest = 0;
  for (std::size_t k = begin; k < end; ++k) {
    sum += weights[k];
    largest = std::max(largest, activations[k]);
  }
  return sum + largest;
}

SliceCost slice_cost(const ChainCosts& costs, const Chain& chain, std::size_t s) {
  const std::size_t begin = chain.borders[s];
  const std::size_t end = chain.borders[s + 1];
  const std::size_t c = chain.configurations[s];
  SliceCost cost;
  cost.execute = Cost(costs.leave[costs.border(c, end)]);
  for (std::size_t k = begin; k < end; ++k) cost.execute += Cost(costs.execute[costs.cell(c, k)]);
  if (s == 0) {
    cost.transfer = Cost(costs.enter[costs.border(c, 0)]);
  } else {
    cost.execute += Cost(costs.enter[costs.border(c, begin)]);
    cost.transfer = Cost(costs.transfer[costs.hop(begin, costs.place[chain.configurations[s - 1]], costs.place[c])]);
  }
  if (costs.clocks) cost.clocks = Cost(costs.clocks->charged(chain.configurations, s));
  return cost;
}

Cost cost_of(const ChainCosts& costs, const Chain& chain) {
  MOSAIC_CHECK(chain.borders.size() == chain.configurations.size() + 1 && chain.borders.front() == 0 && chain.borders.back() == costs.layers);
  Cost total;
  std::int64_t used_in_all = 0;
  std::vector<std::int64_t> used(costs.space_limit.size(), 0);
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
    const std::size_t begin = chain.borders[s];
    const std::size_t end = chain.borders[s + 1];
    const std::size_t c = chain.configurations[s];
    MOSAIC_CHECK(begin < end);
    for (std::size_t k = begin; k < end; ++k) {
      if (costs.runs[costs.cell(c, k)] == 0) return Cost::infeasible();
    }
    const std::int64_t memory = costs.memory(begin, end);
    if (costs.slice_limit[c] && memory > *costs.slice_limit[c]) return Cost::infeasible();
    std::int64_t& in_space = used[costs.space[c]];
    in_space += memory;
    used_in_all += memory;
    if (costs.space_limit[costs.space[c]] && in_space > *costs.space_limit[costs.space[c]]) return Cost::infeasible();
    if (costs.memory_limit && used_in_all > *costs.memory_limit) return Cost::infeasible();
    total += slice_cost(costs, chain, s).sum();
  }
  return total;
}

ChainCosts measured_costs(const Fit& fit, const Graph& graph, const Board& board) {
  ChainCosts costs(graph.layers.size(), board.configurations.size(), board.devices.size());
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    const ConfigurationFit& of = fit.configurations[c];
    const Device& device = board.device_of(ConfigurationId(c));
    costs.place[c] = board.configurations[c].device.value;
    for (std::size_t k = 0; k < costs.layers; ++k) {
      costs.runs[costs.cell(c, k)] = of.layers[k].has_value() && allowed(graph, device, graph.layers[k]) ? 1 : 0;
      costs.execute[costs.cell(c, k)] = picoseconds(of.layers[k].value_or(0));
    }
    costs.enter[costs.border(c, 0)] = picoseconds(link_line(fit, "", device.name).at(kibibytes(input_bytes(graph))));
    for (std::size_t cut = 1; cut < costs.layers; ++cut) {
      const double size = kibibytes(graph.cuts[cut - 1].bytes);
      costs.enter[costs.border(c, cut)] = picoseconds(of.enter.at(size));
      costs.leave[costs.border(c, cut)] = picoseconds(of.leave_per_kib * size);
    }
  }
  for (std::size_t cut = 1; cut < costs.layers; ++cut) {
    for (std::size_t from = 0; from < costs.places; ++from) {
      for (std::size_t to = 0; to < costs.places; ++to) {
        const Line line = link_line(fit, board.devices[from].name, board.devices[to].name);
        costs.transfer[costs.hop(cut, from, to)] = picoseconds(line.at(kibibytes(graph.cuts[cut - 1].bytes)));
      }
    }
  }
  add_memory(costs, graph, board);
  costs.clocks = clock_changes(fit, board);
  return costs;
}

}  // namespace mosaic

#include "mosaic/evaluation/rk3399pro/board_costs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "mosaic/evaluation/rk3399pro/parts.h"
#include "mosaic/evaluation/rk3399pro/replay.h"

namespace mosaic::tables {
namespace {

/// Fills one table of costs.
class CostTable {
 public:
  CostTable(const Knowledge& knowledge, Objective objective)
      : knowledge_(knowledge), objective_(objective), costs_(knowledge.network->layers, knowledge.points.size(), knowledge.points.size()) {}

  ChainCosts fill() {
    for (std::size_t c = 0; c < costs_.configurations; ++c) {
      costs_.place[c] = static_cast<std::uint32_t>(c);
      for (std::size_t k = 0; k < costs_.layers; ++k) add_layer(c, k);
      costs_.enter[costs_.border(c, 0)] = cost_of_metric(Metric::kInput, c, 0) + cost_of_metric(Metric::kFill, c, 0);
      costs_.leave[costs_.border(c, costs_.layers)] = cost_of_metric(Metric::kOutput, c, costs_.layers - 1) + fetch(c, costs_.layers - 1);
    }
    price_changes();
    for (std::size_t cut = 1; cut < costs_.layers; ++cut) {
      for (std::size_t from = 0; from < costs_.places; ++from) {
        for (std::size_t to = 0; to < costs_.places; ++to) costs_.transfer[costs_.hop(cut, from, to)] = hop(cut, from, to);
      }
    }
    return std::move(costs_);
  }

 private:
  [[nodiscard]] std::int64_t count(Milliseconds time, Watts power) const { return count(spend(time, power)); }

  /// Picoseconds or picojoules.
  [[nodiscard]] std::int64_t count(const Spent& spent) const {
    if (objective_ == Objective::kLatency) return std::llround(spent.time.count() * 1e9);
    const Joules idle = objective_ == Objective::kEnergyIdle ? knowledge_.static_power * spent.time : Joules{};
    return std::llround(std::max((spent.energy - idle).value, 0.0) * 1e12);
  }

  [[nodiscard]] Watts power(Metric metric, std::size_t c, std::size_t layer) const {
    return power_of(*knowledge_.network, knowledge_.samples, metric, layer, knowledge_.points[c]).value_or(Watts{});
  }

  void add_layer(std::size_t c, std::size_t k) {
    const auto task = knowledge_.samples(Metric::kTask, k, knowledge_.points[c]);
    tasks_.push_back(task ? task->time : Milliseconds(0));
    powers_.push_back(task ? power(Metric::kTask, c, k) : Watts{});
    costs_.runs[costs_.cell(c, k)] = task ? 1 : 0;
    costs_.execute[costs_.cell(c, k)] = count(tasks_.back(), powers_.back());
  }

  [[nodiscard]] std::int64_t cost_of_metric(Metric metric, std::size_t c, std::size_t k) const {
    const auto sample = knowledge_.samples(metric, k, knowledge_.points[c]);
    return sample ? count(sample->time, power(metric, c, k)) : 0;
  }

  /// Leaving an accelerator after layer k.
  [[nodiscard]] std::int64_t fetch(std::size_t c, std::size_t k) const {
    const auto sample = knowledge_.samples(Metric::kFetch, k, knowledge_.points[c]);
    const std::size_t cell = costs_.cell(c, k);
    return sample ? count(std::max(sample->time - tasks_[cell], Milliseconds(0)), powers_[cell]) : 0;
  }

  /// A domain for each device with a clock.
  void price_changes() {
    if (!knowledge_.switching) return;
    std::map<char, std::uint32_t> domains;
    std::vector<std::size_t> levels;
    std::string devices;
    for (const auto& [device, clocks] : knowledge_.clocks.of) {
      if (clocks.empty()) continue;
      domains[device] = static_cast<std::uint32_t>(levels.size());
      levels.push_back(clocks.size());
      devices += device;
    }
    ClockChanges changes(levels, costs_.configurations);
    for (std::size_t c = 0; c < costs_.configurations; ++c) {
      for (const auto& [device, level] : settings_of(knowledge_.points[c], knowledge_.clocks)) {
        const auto domain = domains.find(device);
        const bool known = domain != domains.end() && static_cast<std::size_t>(level) < levels[domain->second];
        if (known) changes.sets[c].push_back({.domain = domain->second, .level = static_cast<std::uint32_t>(level)});
      }
    }
    for (std::size_t d = 0; d < levels.size(); ++d) {
      for (std::size_t from = 0; from < levels[d]; ++from) {
        for (std::size_t to = 0; to < levels[d]; ++to) {
          const ClockChange change{.device = devices[d], .from = static_cast<int>(from), .to = static_cast<int>(to)};
          changes.cost(d, from, to) = count(price_of(change, *knowledge_.network, *knowledge_.switching));
        }
      }
    }
    costs_.clocks = std::move(changes);
  }

  [[nodiscard]] std::int64_t hop(std::size_t cut, std::size_t from, std::size_t to) const {
    if (from == to) return 0;
    const Point& before = knowledge_.points[from];
    const Point& after = knowledge_.points[to];
    const Watts between{(powers_[costs_.cell(from, cut - 1)].value + powers_[costs_.cell(to, cut)].value) / 2};
    std::int64_t cost = 0;
    if (before.device != after.device) {
      cost += count(transfer_time(*knowledge_.network, {.cut = cut, .from = before.device, .to = after.device}, knowledge_.clocks.host), between);
      cost += fetch(from, cut - 1) + cost_of_metric(Metric::kFill, to, cut);
    }
    return cost;
  }

  const Knowledge& knowledge_;
  Objective objective_;
  ChainCosts costs_;
  std::vector<Milliseconds> tasks_;  // as ChainCosts::execute
  std::vector<Watts> powers_;
};

}  // namespace

ChainCosts board_costs(const Knowledge& knowledge, Objective objective) { return CostTable(knowledge, objective).fill(); }

std::vector<Point> points_of(const Chain& chain, const std::vector<Point>& points) {
  std::vector<Point> of;
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
    for (std::size_t k = chain.borders[s]; k < chain.borders[s + 1]; ++k) of.push_back(points[chain.configurations[s]]);
  }
  return of;
}

}  // namespace mosaic::tables

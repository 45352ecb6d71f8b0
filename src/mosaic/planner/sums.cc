#include "mosaic/planner/sums.h"

#include <algorithm>
#include <vector>

#include "mosaic/cost/time_and_energy.h"
#include "mosaic/planner/labels.h"

namespace mosaic {
namespace {

/// The cheapest chain of configurations that agree with one level for each domain.
std::optional<ChainResult> solve_at(const ChainCosts& costs, const std::vector<std::uint32_t>& levels) {
  std::vector<bool> allowed(costs.configurations, true);
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    allowed[c] = std::ranges::all_of(costs.clocks->sets[c], [&](const auto& setting) { return levels[setting.domain] == setting.level; });
  }
  return solve_without_sums(restricted_to(costs, allowed));
}

/// A cheap chain that never changes a clock: one level for each domain, found by trying the levels of one domain after the other until none is
/// better. Nothing where clocks are not priced or no such chain was found. Limits of memory are not seen.
std::optional<Chain> solve_with_one_level(const ChainCosts& costs) {
  if (!costs.clocks) return std::nullopt;
  // The levels that the cheapest chain would use most if changing were free.
  std::vector<std::vector<std::size_t>> used;
  for (const std::size_t count : costs.clocks->levels) used.emplace_back(count);
  if (const auto free = solve_without_sums(costs)) {
    for (std::size_t s = 0; s < free->chain.configurations.size(); ++s) {
      for (const auto& setting : costs.clocks->sets[free->chain.configurations[s]]) {
        used[setting.domain][setting.level] += free->chain.borders[s + 1] - free->chain.borders[s];
      }
    }
  }
  std::vector<std::uint32_t> levels;
  for (const auto& counts : used) levels.push_back(static_cast<std::uint32_t>(std::ranges::max_element(counts) - counts.begin()));
  auto best = solve_at(costs, levels);
  for (bool improved = true; improved;) {
    improved = false;
    for (std::size_t d = 0; d < levels.size(); ++d) {
      for (std::uint32_t level = 0; level < costs.clocks->levels[d]; ++level) {
        auto tried = levels;
        tried[d] = level;
        auto solved = tried == levels ? std::nullopt : solve_at(costs, tried);
        if (!solved || (best && solved->cost >= best->cost)) continue;
        best = std::move(solved);
        levels = tried;
        improved = true;
      }
    }
  }
  return best ? std::optional(std::move(best->chain)) : std::nullopt;
}

/// The cheaper one of what was found so far and a chain that may be infeasible.
void improve(std::optional<Found>& best, const ChainCosts& costs, const Chain& chain) {
  const Cost cost = cost_of(costs, chain);
  if (cost.feasible() && (!best || cost.count() < best->cost[0])) best = Found{.chain = chain, .cost = {cost.count(), 0}};
}

}  // namespace

std::optional<ChainResult> solve_with_sums(const ChainCosts& costs, const ChainResult& relaxed, std::size_t label_cap) {
  constexpr std::size_t kFewestLabels = 8;  // to find a good chain, which spares the exact search most of its labels
  Prospects prospects(costs, nullptr);
  std::optional<Found> best;
  improve(best, costs, relaxed.chain);
  if (const auto steady = solve_with_one_level(costs)) improve(best, costs, *steady);
  const auto look = [&](std::size_t cap) {
    prospects.set_goal({.most = {}, .first_below = best ? std::optional(best->cost[0]) : std::nullopt, .product_below = {}});
    Harvest harvest = search(costs, nullptr, prospects, cap);
    if (!harvest.front.empty()) best = std::move(harvest.front.front());
    return harvest;
  };
  Harvest harvest = look(std::min(kFewestLabels, label_cap));
  if (harvest.capped && label_cap > kFewestLabels) harvest = look(label_cap);
  for (std::size_t cap = 2 * label_cap; !best && harvest.capped; cap *= 2) harvest = look(cap);
  if (!best) return std::nullopt;
  ChainResult result{.chain = best->chain, .cost = Cost(best->cost[0])};
  result.optimal = !harvest.capped || harvest.missed >= static_cast<double>(best->cost[0]);
  if (!result.optimal) result.bound = std::max(Cost(static_cast<std::int64_t>(harvest.missed)), relaxed.cost);
  return result;
}

}  // namespace mosaic

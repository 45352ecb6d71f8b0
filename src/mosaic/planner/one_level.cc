#include "mosaic/planner/one_level.h"

#include <algorithm>

#include "mosaic/cost/time_and_energy.h"
#include "mosaic/planner/chain.h"

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

}  // namespace

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

}  // namespace mosaic

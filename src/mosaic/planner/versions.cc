#include "mosaic/planner/versions.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mosaic/cost/time_and_energy.h"
#include "mosaic/planner/baselines.h"

namespace mosaic {
namespace {

bool can_run_alone(const ChainCosts& costs, std::size_t c, std::size_t layer) {
  const auto& limit = costs.slice_limit[c];
  return costs.runs[costs.cell(c, layer)] != 0 && (!limit || costs.memory(layer, layer + 1) <= *limit);
}

std::vector<bool> only(const ChainCosts& costs, const std::vector<std::size_t>& configurations) {
  std::vector<bool> allowed(costs.configurations, false);
  for (const std::size_t c : configurations) allowed[c] = true;
  return allowed;
}

}  // namespace

std::optional<Chain> preferred(const ChainCosts& costs, std::size_t configuration, const std::vector<std::size_t>& fallbacks) {
  Chain chain{.borders = {0}, .configurations = {}};
  const auto begin_slice = [&](std::size_t layer, std::size_t c) {
    if (layer > 0) chain.borders.push_back(layer);
    chain.configurations.push_back(c);
  };
  bool open = false;  // whether the last slice is one on the preferred configuration
  for (std::size_t k = 0; k < costs.layers; ++k) {
    if (can_run_alone(costs, configuration, k)) {
      const auto& limit = costs.slice_limit[configuration];
      const bool joins = open && (!limit || costs.memory(chain.borders.back(), k + 1) <= *limit);
      if (!joins) begin_slice(k, configuration);
      open = true;
      continue;
    }
    const auto fallback = std::ranges::find_if(fallbacks, [&](std::size_t c) { return can_run_alone(costs, c, k); });
    if (fallback == fallbacks.end()) return std::nullopt;
    begin_slice(k, *fallback);
    open = false;
  }
  chain.borders.push_back(costs.layers);
  return cost_of(costs, chain).feasible() ? std::optional(chain) : std::nullopt;
}

std::optional<Chain> hca(const ChainCosts& costs, const std::vector<std::size_t>& configurations) {
  return greedy(restricted_to(costs, only(costs, configurations)));
}

std::optional<ChainResult> hcca(const ChainCosts& costs, const std::vector<std::size_t>& configurations) {
  return solve_chain(restricted_to(costs, only(costs, configurations)));
}

Result<Judged> exhaustive(const ChainCosts& costs, const std::vector<Chain>& others, const std::function<Result<double>(const Chain&)>& judge,
                          std::uint64_t seed, std::size_t count) {
  std::optional<Judged> best;
  const auto consider = [&](const Chain& chain) -> Result<void> {
    MOSAIC_TRY(const double cost, judge(chain));
    if (!best || cost < best->cost) best = Judged{.chain = chain, .cost = cost};
    return {};
  };
  for (const Chain& chain : others) MOSAIC_RETURN_IF_ERROR(consider(chain));
  Random random(seed);
  std::set<Chain> drawn;
  for (std::size_t draws = 0; drawn.size() < count && draws < 20 * count; ++draws) {
    const auto chain = random_chain(costs, random, {});
    if (!chain) break;
    if (drawn.insert(*chain).second) MOSAIC_RETURN_IF_ERROR(consider(*chain));
  }
  if (!best) return fail(ErrorCode::kUnsupported, "no plan is feasible");
  return *std::move(best);
}

}  // namespace mosaic

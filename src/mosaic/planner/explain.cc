#include "mosaic/planner/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/check.h"
#include "mosaic/base/random.h"
#include "mosaic/base/statistics.h"
#include "mosaic/base/text.h"
#include "mosaic/planner/chain.h"

namespace mosaic {
namespace {

/// The same costs with a layer allowed on some configurations only.
void restrict_layer(ChainCosts& costs, std::size_t layer, const auto& allowed) {
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    if (!allowed(c)) costs.runs[costs.cell(c, layer)] = 0;
  }
}

std::string why_not(const ChainCosts& costs, std::size_t c, std::size_t begin, std::size_t end, const Graph& graph, const Board& board,
                    const Profile& profile) {
  const std::string& name = board.configurations[c].name;
  for (std::size_t k = begin; k < end; ++k) {
    if (costs.runs[costs.cell(c, k)] != 0) continue;
    for (const Unsupported& each : profile.unsupported) {
      if (each.configuration == name && each.layer == k) return fmt::format("cannot run layer {} ({}): {}", k, graph.layers[k].kind, each.reason);
    }
    return fmt::format("lacks an operator of layer {} ({})", k, graph.layers[k].kind);
  }
  if (const auto& limit = costs.slice_limit[c]; limit && costs.memory(begin, end) > *limit) {
    return fmt::format("a slice may have {}, this one needs {}", format_bytes({*limit}), format_bytes({costs.memory(begin, end)}));
  }
  return "";
}

Alternative make_alternative(const Chain& chain, std::size_t s, std::size_t c, const ChainCosts& costs, const Graph& graph, const Board& board,
                             const Profile& profile) {
  const std::size_t begin = chain.borders[s];
  const std::size_t end = chain.borders[s + 1];
  Alternative out{.configuration = board.configurations[c].name,
                  .execute = {},
                  .plan_cost = {},
                  .excluded = why_not(costs, c, begin, end, graph, board, profile)};
  if (out.excluded.empty()) {
    Chain moved = chain;
    moved.configurations[s] = c;
    out.execute = slice_cost(costs, moved, s).execute;
  }
  ChainCosts forced = costs;
  for (std::size_t k = begin; k < end; ++k) restrict_layer(forced, k, [&](std::size_t each) { return each == c; });
  if (const auto solved = solve_chain(forced)) out.plan_cost = solved->cost;
  if (!out.plan_cost && out.excluded.empty()) out.excluded = "no plan keeps the memory limits with this slice there";
  return out;
}

std::vector<std::size_t> by_layer(const Chain& chain) {
  std::vector<std::size_t> configurations;
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) configurations.resize(chain.borders[s + 1], chain.configurations[s]);
  return configurations;
}

void find_next_best(const Chain& chain, const ChainCosts& costs, Explanation& out) {
  const std::vector<std::size_t> here = by_layer(chain);
  ChainCosts forced = costs;
  for (std::size_t k = 0; k < costs.layers; ++k) {
    restrict_layer(forced, k, [&](std::size_t c) { return c != here[k]; });
    const auto solved = solve_chain(forced);
    if (solved && (!out.next_best_cost || solved->cost < *out.next_best_cost)) {
      out.next_best = solved->chain;
      out.next_best_cost = solved->cost;
    }
    for (std::size_t c = 0; c < costs.configurations; ++c) forced.runs[costs.cell(c, k)] = costs.runs[costs.cell(c, k)];
  }
}

void add_noise(std::vector<std::int64_t>& values, Random& random, double relative) {
  for (std::int64_t& value : values) value = std::llround(static_cast<double>(value) * std::max(0.0, 1 + relative * random.normal()));
}

void find_regret(const Chain& chain, const ChainCosts& costs, double noise_percent, std::size_t draws, std::uint64_t seed, Explanation& out) {
  Random random(seed);
  std::vector<double> regrets;
  for (std::size_t i = 0; i < draws; ++i) {
    ChainCosts noisy = costs;
    for (auto* values : {&noisy.execute, &noisy.enter, &noisy.leave, &noisy.transfer}) add_noise(*values, random, noise_percent / 100);
    const auto best = solve_chain(noisy);
    const auto ours = cost_of(noisy, chain);
    MOSAIC_CHECK(best.has_value() && ours.feasible());  // noise changes no limit
    if (best->cost.count() == 0) continue;              // more than nothing by any factor says nothing
    regrets.push_back(100 * (static_cast<double>(ours.count()) / static_cast<double>(best->cost.count()) - 1));
  }
  if (regrets.empty()) return;
  out.regret_mean_percent = mean(regrets);
  out.regret_p95_percent = quantile(regrets, 0.95);
}

}  // namespace

Explanation explain(const Chain& chain, const ChainCosts& costs, const Graph& graph, const Board& board, const Profile& profile, double noise_percent,
                    std::size_t draws, std::uint64_t seed) {
  Explanation out;
  out.cost = cost_of(costs, chain);
  MOSAIC_CHECK(out.cost.feasible());
  out.optimum = solve_chain(costs)->cost;
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
    SliceReason reason{.begin = chain.borders[s],
                       .end = chain.borders[s + 1],
                       .configuration = board.configurations[chain.configurations[s]].name,
                       .cost = slice_cost(costs, chain, s),
                       .memory = Bytes{costs.memory(chain.borders[s], chain.borders[s + 1])},
                       .alternatives = {}};
    const auto cheaper = [](const Alternative& a, const Alternative& b) {
      if (a.plan_cost.has_value() != b.plan_cost.has_value()) return a.plan_cost.has_value();
      return a.plan_cost && *a.plan_cost < *b.plan_cost;
    };
    for (std::size_t c = 0; c < costs.configurations; ++c) {
      if (c == chain.configurations[s]) continue;
      Alternative alternative = make_alternative(chain, s, c, costs, graph, board, profile);
      const auto place = std::ranges::upper_bound(reason.alternatives, alternative, cheaper);
      reason.alternatives.insert(place, std::move(alternative));
    }
    out.slices.push_back(std::move(reason));
  }
  find_next_best(chain, costs, out);
  find_regret(chain, costs, noise_percent, draws, seed, out);
  return out;
}

}  // namespace mosaic

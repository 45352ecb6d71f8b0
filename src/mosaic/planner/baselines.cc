#include "mosaic/planner/baselines.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace mosaic {
namespace {

/// Slices of layers that want the same configuration, split where its limit asks for it. Nothing if the result breaks a limit all the same.
std::optional<Chain> join(const ChainCosts& costs, const std::vector<std::size_t>& wanted) {
  Chain chain{.borders = {0}, .configurations = {}};
  for (std::size_t k = 0; k < costs.layers; ++k) {
    const auto& limit = costs.slice_limit[wanted[k]];
    const bool same = k > 0 && wanted[k] == wanted[k - 1];
    const bool fits = same && (!limit || costs.memory(chain.borders.back(), k + 1) <= *limit);
    if (k > 0 && !fits) chain.borders.push_back(k);
    if (!fits) chain.configurations.push_back(wanted[k]);
  }
  chain.borders.push_back(costs.layers);
  return cost_of(costs, chain).feasible() ? std::optional(chain) : std::nullopt;
}

}  // namespace

std::optional<Chain> single_configuration(const ChainCosts& costs, std::size_t configuration) {
  return join(costs, std::vector<std::size_t>(costs.layers, configuration));
}

std::optional<Chain> greedy(const ChainCosts& costs) {
  std::vector<std::size_t> fastest(costs.layers, costs.configurations);
  for (std::size_t k = 0; k < costs.layers; ++k) {
    for (std::size_t c = 0; c < costs.configurations; ++c) {
      const auto& limit = costs.slice_limit[c];
      if (costs.runs[costs.cell(c, k)] == 0 || (limit && costs.memory(k, k + 1) > *limit)) continue;
      if (fastest[k] == costs.configurations || costs.execute[costs.cell(c, k)] < costs.execute[costs.cell(fastest[k], k)]) fastest[k] = c;
    }
    if (fastest[k] == costs.configurations) return std::nullopt;
  }
  return join(costs, fastest);
}

std::optional<Chain> random_chain(const ChainCosts& costs, Random& random, const RandomChains& options) {
  constexpr int kMostTries = 2000;
  const std::size_t most = std::clamp<std::size_t>(options.most_slices, 1, costs.layers);
  const std::size_t fewest = std::min(std::max(options.fewest_slices, options.cuts.size() + 1), costs.layers);
  for (int attempt = 0; attempt < kMostTries; ++attempt) {
    const std::size_t slices = fewest >= most ? fewest : fewest + random.below(most - fewest + 1);
    std::set<std::size_t> cuts = options.cuts;
    while (cuts.size() + 1 < slices) cuts.insert(1 + random.below(costs.layers - 1));
    Chain chain{.borders = {0}, .configurations = {}};
    chain.borders.insert(chain.borders.end(), cuts.begin(), cuts.end());
    chain.borders.push_back(costs.layers);
    std::set<std::size_t> places;
    while (chain.configurations.size() < slices) {
      const std::size_t c = random.below(costs.configurations);
      const bool repeats = !chain.configurations.empty() && chain.configurations.back() == c;
      if (repeats && options.neighbours_differ && costs.configurations > 1) continue;
      chain.configurations.push_back(c);
      places.insert(costs.place[c]);
    }
    if (places.size() < std::min(options.fewest_devices, slices)) continue;
    if (cost_of(costs, chain).feasible()) return chain;
  }
  return std::nullopt;
}

std::optional<Chain> best_random(const ChainCosts& costs, std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::optional<Chain> best;
  for (std::size_t i = 0; i < count; ++i) {
    const auto chain = random_chain(costs, random, {});
    if (chain && (!best || cost_of(costs, *chain) < cost_of(costs, *best))) best = chain;
  }
  return best;
}

}  // namespace mosaic

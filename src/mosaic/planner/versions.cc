#include "mosaic/planner/versions.h"

#include "mosaic/planner/baselines.h"

namespace mosaic {
namespace {

bool fits(const ChainCosts& costs, std::size_t configuration, std::size_t begin, std::size_t end) {
  const auto& limit = costs.slice_limit[configuration];
  return costs.runs[costs.cell(configuration, end - 1)] != 0 && (!limit || costs.memory(begin, end) <= *limit);
}

}  // namespace

std::optional<Chain> preferred(const ChainCosts& costs, std::size_t configuration, std::span<const std::size_t> fallbacks) {
  Chain chain{.borders = {0}, .configurations = {}};
  const auto open = [&](std::size_t c, std::size_t end) {
    chain.configurations.push_back(c);
    chain.borders.push_back(end);
  };
  bool alone = true;  // the last slice takes no further layer
  for (std::size_t l = 0; l < costs.layers; ++l) {
    if (!alone && fits(costs, configuration, chain.borders[chain.borders.size() - 2], l + 1)) {
      chain.borders.back() = l + 1;
      continue;
    }
    alone = !fits(costs, configuration, l, l + 1);
    if (!alone) {
      open(configuration, l + 1);
      continue;
    }
    std::optional<std::size_t> instead;
    for (const std::size_t c : fallbacks) {
      if (!instead && c != configuration && fits(costs, c, l, l + 1)) instead = c;
    }
    if (!instead) return std::nullopt;
    open(*instead, l + 1);
  }
  return chain;
}

std::optional<Chain> hca(const ChainCosts& costs) { return greedy(costs); }

}  // namespace mosaic

#include "mosaic/planner/remaining.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mosaic/planner/chain.h"
#include "tests/chains.h"

namespace mosaic {
namespace {

using test::random_costs;

/// The least of all beginnings, each with what its rest costs.
Cost least_of(const ChainCosts& costs, const Remaining& remaining) {
  Cost least = Cost::infeasible();
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    if (costs.runs[costs.cell(c, 0)] == 0) continue;
    least = std::min(least, remaining.inside(1, c) + (costs.enter[costs.border(c, 0)] + costs.execute[costs.cell(c, 0)]));
  }
  return least;
}

TEST(Remaining, IsTheOptimumWhereNothingIsSummedOverSlices) {
  Random random(41);
  int feasible = 0;
  for (int i = 0; i < 500; ++i) {
    SCOPED_TRACE(i);
    const ChainCosts costs = random_costs(random, {.slice_limits = false, .space_limits = false});
    const Remaining remaining(costs);
    const auto optimum = solve_chain(costs);
    ASSERT_EQ(least_of(costs, remaining).feasible(), optimum.has_value());
    if (!optimum) continue;
    ++feasible;
    ASSERT_EQ(least_of(costs, remaining), optimum->cost);
  }
  EXPECT_GT(feasible, 300);
}

/// What a chain costs from a cut inside one of its slices on, leaving the cycle of clocks open.
std::int64_t cost_behind(const ChainCosts& costs, const Chain& chain, std::size_t slice, std::size_t cut) {
  ChainCosts unclocked = costs;
  unclocked.clocks.reset();
  std::int64_t sum = costs.leave[costs.border(chain.configurations[slice], chain.borders[slice + 1])];
  for (std::size_t k = cut; k < chain.borders[slice + 1]; ++k) sum += costs.execute[costs.cell(chain.configurations[slice], k)];
  for (std::size_t s = slice + 1; s < chain.configurations.size(); ++s) {
    sum += slice_cost(unclocked, chain, s).sum().count();
    if (costs.clocks) sum += costs.clocks->between(chain.configurations[s - 1], chain.configurations[s]);
  }
  return sum;
}

TEST(Remaining, IsNeverMoreThanTheRestOfAnyFeasibleChain) {
  Random random(42);
  int tight = 0;
  for (int i = 0; i < 120; ++i) {
    SCOPED_TRACE(i);
    const ChainCosts costs = random_costs(random, {.most_layers = 5, .most_configurations = 3, .memory_limit = true, .clocks = true});
    const Remaining remaining(costs);
    test::for_each_chain(costs, [&](const Chain& chain) {
      if (!cost_of(costs, chain).feasible()) return;
      for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
        for (std::size_t cut = chain.borders[s] + 1; cut <= chain.borders[s + 1]; ++cut) {
          const Cost rest = remaining.inside(cut, chain.configurations[s]);
          ASSERT_LE(rest.count(), cost_behind(costs, chain, s, cut));
          tight += rest.count() == cost_behind(costs, chain, s, cut) ? 1 : 0;
        }
      }
    });
  }
  EXPECT_GT(tight, 1000);
}

}  // namespace
}  // namespace mosaic

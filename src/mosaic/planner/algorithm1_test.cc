#include "mosaic/planner/algorithm1.h"

#include <gtest/gtest.h>

#include "mosaic/planner/chain.h"
#include "tests/chains.h"

namespace mosaic {
namespace {

using test::BruteForce;
using test::random_costs;

constexpr test::InstanceOptions kWithoutSpaceLimits{.space_limits = false};

TEST(Algorithm1, AgreesWithTheExactPlannerOnThePapersModelToTheLastBit) {
  Random random(8);
  int feasible = 0;
  for (int i = 0; i < 800; ++i) {
    SCOPED_TRACE(i);
    const ChainCosts view = paper_view(random_costs(random, kWithoutSpaceLimits));
    const auto published = algorithm1(view);
    const auto exact = solve_chain(view);
    ASSERT_EQ(published.has_value(), exact.has_value());
    if (!published) continue;
    ++feasible;
    ASSERT_EQ(published->cost, exact->cost);
    ASSERT_EQ(cost_of(view, published->chain), published->cost);
  }
  EXPECT_GT(feasible, 500);
}

TEST(Algorithm1, FindsTheOptimumOfThePapersModel) {
  Random random(9);
  for (int i = 0; i < 500; ++i) {
    SCOPED_TRACE(i);
    const ChainCosts view = paper_view(random_costs(random, kWithoutSpaceLimits));
    const auto published = algorithm1(view);
    const BruteForce oracle(view);
    ASSERT_EQ(published.has_value(), oracle.cost().has_value());
    if (!published) continue;
    ASSERT_EQ(published->cost.count(), *oracle.cost());
  }
}

TEST(Algorithm1, IsNeverBetterThanTheExactPlannerByTheFullCosts) {
  Random random(10);
  int worse = 0;
  for (int i = 0; i < 300; ++i) {
    const ChainCosts costs = random_costs(random, kWithoutSpaceLimits);
    const auto published = algorithm1(paper_view(costs));
    if (!published) continue;
    const Cost real = cost_of(costs, published->chain);
    ASSERT_TRUE(real.feasible());
    EXPECT_GE(real, solve_chain(costs)->cost);
    worse += real > solve_chain(costs)->cost ? 1 : 0;
  }
  EXPECT_GT(worse, 0) << "pair-dependent transfers make no difference";
}

TEST(PaperView, ChargesTheMeanHopIntoAPlaceForEntering) {
  // Into place 0 at cut 1: from place 1 for 10, from place 2 for 20, in the mean 15. Its own 99 is no hop between places.
  ChainCosts costs(2, 3, 3);
  costs.place = {0, 1, 2};
  costs.transfer[costs.hop(1, 0, 0)] = 99;
  costs.transfer[costs.hop(1, 1, 0)] = 10;
  costs.transfer[costs.hop(1, 2, 0)] = 20;
  costs.enter[costs.border(0, 0)] = 3;
  costs.enter[costs.border(0, 1)] = 4;
  const ChainCosts view = paper_view(costs);
  EXPECT_EQ(view.places, 1U);
  EXPECT_EQ(view.enter[view.border(0, 0)], 3);
  EXPECT_EQ(view.enter[view.border(0, 1)], 19);
  EXPECT_EQ(view.enter[view.border(1, 1)], 0);
}

TEST(PaperView, ChargesTheOnlyHopThereIsWithOnePlace) {
  ChainCosts costs(2, 1);
  costs.transfer[costs.hop(1, 0, 0)] = 7;
  EXPECT_EQ(paper_view(costs).enter[costs.border(0, 1)], 7);
}

TEST(PaperView, KeepsLimitsAndMissingOperators) {
  ChainCosts costs(2, 1);
  costs.weights = {5, 5};
  costs.slice_limit = {7};
  EXPECT_EQ(algorithm1(paper_view(costs))->chain.configurations.size(), 2U);
  costs.runs[1] = 0;
  EXPECT_FALSE(algorithm1(paper_view(costs)).has_value());
}

}  // namespace
}  // namespace mosaic

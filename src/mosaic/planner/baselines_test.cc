#include "mosaic/planner/baselines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/planner/chain.h"
#include "tests/chains.h"

namespace mosaic {
namespace {

using test::random_costs;
using testing::ElementsAre;

TEST(SingleConfiguration, IsOneSliceWithoutALimit) {
  const auto chain = single_configuration(ChainCosts(5, 2), 1);
  ASSERT_TRUE(chain.has_value());
  EXPECT_EQ(*chain, (Chain{.borders = {0, 5}, .configurations = {1}}));
}

TEST(SingleConfiguration, MakesSlicesAsLongAsTheLimitAllows) {
  // Sums of weights and largest activation: [0, 2) 4 + 4 + 2 = 10, with layer 2 it would be 14; [2, 3) 4 + 2 = 6, with layer 3 14; [3, 5) 8 + 2.
  ChainCosts costs(5, 1);
  costs.weights = {4, 4, 4, 8, 0};
  costs.activations = {2, 1, 2, 1, 2};
  costs.slice_limit = {10};
  const auto chain = single_configuration(costs, 0);
  ASSERT_TRUE(chain.has_value());
  EXPECT_THAT(chain->borders, ElementsAre(0, 2, 3, 5));
  EXPECT_THAT(chain->configurations, ElementsAre(0, 0, 0));
}

TEST(SingleConfiguration, IsNothingWhereALayerCannotRunOrDoesNotFit) {
  ChainCosts costs(3, 2);
  costs.weights = {1, 9, 1};
  costs.runs[costs.cell(0, 2)] = 0;
  costs.slice_limit[1] = 8;
  EXPECT_FALSE(single_configuration(costs, 0).has_value());
  EXPECT_FALSE(single_configuration(costs, 1).has_value());
}

TEST(SingleConfiguration, IsNothingWhereTheMemorySpaceIsTooSmallInSum) {
  ChainCosts costs(2, 1);
  costs.weights = {5, 5};
  costs.slice_limit = {5};
  costs.space_limit = {9};
  EXPECT_FALSE(single_configuration(costs, 0).has_value());
  costs.space_limit = {10};
  EXPECT_TRUE(single_configuration(costs, 0).has_value());
}

TEST(Greedy, PutsEachLayerWhereItRunsFastestWhateverTheHopsCost) {
  ChainCosts costs(4, 2, 2);
  costs.place = {0, 1};
  costs.execute = {1, 9, 5, 5, 2, 8, 4, 5};  // layer 3 costs the same on both: the lower configuration
  for (auto& hop : costs.transfer) hop = 1'000'000;
  const auto chain = greedy(costs);
  ASSERT_TRUE(chain.has_value());
  EXPECT_EQ(*chain, (Chain{.borders = {0, 1, 3, 4}, .configurations = {0, 1, 0}}));
}

TEST(Greedy, PassesOverWhatCannotRunALayerOrHoldIt) {
  ChainCosts costs(2, 3);
  costs.execute = {1, 1, 2, 2, 3, 3};
  costs.weights = {4, 6};
  costs.runs[costs.cell(0, 0)] = 0;
  costs.slice_limit[0] = 5;
  costs.slice_limit[1] = 5;
  const auto chain = greedy(costs);
  ASSERT_TRUE(chain.has_value());
  EXPECT_THAT(chain->configurations, ElementsAre(1, 2));
}

TEST(Greedy, IsNothingWhereALayerHasNowhereToRun) {
  ChainCosts costs(2, 1);
  costs.runs[1] = 0;
  EXPECT_FALSE(greedy(costs).has_value());
}

TEST(Baselines, AreFeasibleAndNeverBetterThanTheOptimum) {
  Random random(11);
  int compared = 0;
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE(i);
    const ChainCosts costs = random_costs(random, {.most_layers = 10});
    const auto optimum = solve_chain(costs);
    std::vector<std::optional<Chain>> rivals{greedy(costs), best_random(costs, 5, 20)};
    for (std::size_t c = 0; c < costs.configurations; ++c) rivals.push_back(single_configuration(costs, c));
    for (const auto& rival : rivals) {
      if (!rival) continue;
      const Cost cost = cost_of(costs, *rival);
      ASSERT_TRUE(optimum.has_value());
      ASSERT_TRUE(cost.feasible());
      EXPECT_GE(cost, optimum->cost);
      ++compared;
    }
  }
  EXPECT_GT(compared, 300);
}

TEST(RandomChain, KeepsToTheNumbersOfSlices) {
  const ChainCosts costs(20, 3);
  Random random(1);
  std::set<std::size_t> seen;
  for (int i = 0; i < 200; ++i) {
    const auto chain = random_chain(costs, random, {.fewest_slices = 3, .most_slices = 6});
    ASSERT_TRUE(chain.has_value());
    ASSERT_TRUE(cost_of(costs, *chain).feasible());
    seen.insert(chain->configurations.size());
  }
  EXPECT_THAT(seen, ElementsAre(3, 4, 5, 6));
}

TEST(RandomChain, HasAtMostASliceForEachLayer) {
  Random random(1);
  const auto chain = random_chain(ChainCosts(2, 2), random, {.fewest_slices = 5, .most_slices = 9});
  ASSERT_TRUE(chain.has_value());
  EXPECT_THAT(chain->borders, ElementsAre(0, 1, 2));
}

TEST(RandomChain, PutsNoTwoNeighboursOnOneConfigurationUnlessItMay) {
  const ChainCosts costs(12, 2);
  Random random(2);
  int repeats = 0;
  for (int i = 0; i < 100; ++i) {
    for (const bool differ : {true, false}) {
      const auto chain = random_chain(costs, random, {.fewest_slices = 4, .most_slices = 8, .neighbours_differ = differ});
      ASSERT_TRUE(chain.has_value());
      const bool repeated = std::ranges::adjacent_find(chain->configurations) != chain->configurations.end();
      EXPECT_FALSE(differ && repeated);
      repeats += repeated ? 1 : 0;
    }
  }
  EXPECT_GT(repeats, 50);
}

TEST(RandomChain, UsesAsManyPlacesAsAsked) {
  ChainCosts costs(12, 6, 3);
  costs.place = {0, 0, 1, 1, 2, 2};
  Random random(3);
  for (int i = 0; i < 100; ++i) {
    const auto chain = random_chain(costs, random, {.fewest_slices = 3, .fewest_devices = 3});
    ASSERT_TRUE(chain.has_value());
    std::set<std::uint32_t> places;
    for (const std::size_t c : chain->configurations) places.insert(costs.place[c]);
    EXPECT_EQ(places.size(), 3U);
  }
}

TEST(RandomChain, UsesTheCutsItMustEvenIfThatTakesMoreSlices) {
  const ChainCosts costs(10, 2);
  Random random(4);
  const std::set<std::size_t> cuts{2, 5, 6, 9};
  for (int i = 0; i < 50; ++i) {
    const auto chain = random_chain(costs, random, {.most_slices = 3, .cuts = cuts});
    ASSERT_TRUE(chain.has_value());
    EXPECT_THAT(chain->borders, ElementsAre(0, 2, 5, 6, 9, 10));
  }
}

TEST(RandomChain, IsNothingWhereNothingIsFeasible) {
  ChainCosts costs(3, 2);
  costs.runs.assign(costs.runs.size(), 0);
  Random random(5);
  EXPECT_FALSE(random_chain(costs, random, {}).has_value());
  EXPECT_FALSE(best_random(costs, 5, 3).has_value());
}

TEST(RandomChain, IsTheSameForTheSameSeed) {
  const ChainCosts costs(10, 4);
  Random one(6);
  Random two(6);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(random_chain(costs, one, {}), random_chain(costs, two, {}));
}

TEST(BestRandom, FindsTheOptimumWhereItDrawsOftenEnough) {
  // Two layers, two configurations: 2 chains of one slice and 2 of two. One in four draws is the best one, so 1000 do not miss it.
  ChainCosts costs(2, 2);
  costs.execute = {1, 9, 9, 1};
  const auto best = best_random(costs, 1);
  ASSERT_TRUE(best.has_value());
  EXPECT_EQ(cost_of(costs, *best), Cost(2));
}

}  // namespace
}  // namespace mosaic

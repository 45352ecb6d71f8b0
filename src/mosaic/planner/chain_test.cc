#include "mosaic/planner/chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chains.h"

namespace mosaic {
namespace {

using test::BruteForce;
using test::random_costs;
using testing::ElementsAre;

TEST(SolveChain, FindsTheCheapestChainOfTwoThousandRandomInstances) {
  constexpr int kInstances = 2000;
  Random random(2019);
  int infeasible = 0;
  int several_slices = 0;
  int space_bound = 0;
  for (int i = 0; i < kInstances; ++i) {
    SCOPED_TRACE(i);
    const ChainCosts costs = random_costs(random);
    const BruteForce oracle(costs);
    const auto result = solve_chain(costs);
    ASSERT_EQ(result.has_value(), oracle.cost().has_value());
    if (!result) {
      ++infeasible;
      continue;
    }
    ASSERT_EQ(result->cost.count(), *oracle.cost());
    ASSERT_EQ(cost_of(costs, result->chain), result->cost) << "the chain is not what the cost says";
    EXPECT_TRUE(result->optimal);
    EXPECT_FALSE(result->bound.has_value());
    several_slices += result->chain.configurations.size() > 1 ? 1 : 0;
    ChainCosts unlimited = costs;
    for (auto& limit : unlimited.space_limit) limit.reset();
    space_bound += solve_chain(unlimited)->cost < result->cost ? 1 : 0;
  }
  // The instances are worth something only if all that can happen does.
  EXPECT_GT(infeasible, 100);
  EXPECT_GT(several_slices, 500);
  EXPECT_GT(space_bound, 100);
}

TEST(SolveChain, PaysForChangesOfClocksOverFifteenHundredRandomInstances) {
  Random random(2020);
  int feasible = 0;
  int dearer = 0;
  int otherwise = 0;
  for (int i = 0; i < 1500; ++i) {
    SCOPED_TRACE(i);
    const ChainCosts costs = random_costs(random, {.most_layers = 6, .memory_limit = i % 3 == 0, .clocks = true, .cheap_slices = true});
    const BruteForce oracle(costs);
    const auto result = solve_chain(costs);
    ASSERT_EQ(result.has_value(), oracle.cost().has_value());
    if (!result) continue;
    ++feasible;
    ASSERT_EQ(result->cost.count(), *oracle.cost());
    ASSERT_EQ(cost_of(costs, result->chain), result->cost);
    ASSERT_TRUE(result->optimal);
    const auto free = solve_without_sums(costs);
    dearer += free->cost < result->cost ? 1 : 0;
    otherwise += free->chain != result->chain ? 1 : 0;
  }
  EXPECT_GT(feasible, 700);
  EXPECT_GT(dearer, 250);
  EXPECT_GT(otherwise, 200);
}

TEST(SolveChain, StaysOnALevelWhereChangingItCostsMoreThanItGains) {
  // Levels 0 and 1 of one clock: layer 0 takes 10 or 13, layer 1 takes 13 or 10. Both changes of a run cost 2 * change: 20 + 2 * change against 23.
  for (const std::int64_t change : {1, 2}) {
    ChainCosts costs(2, 2);
    costs.execute = {10, 13, 13, 10};
    costs.clocks.emplace(std::vector<std::size_t>{2}, 2);
    costs.clocks->sets = {{{.domain = 0, .level = 0}}, {{.domain = 0, .level = 1}}};
    costs.clocks->cost(0, 0, 1) = costs.clocks->cost(0, 1, 0) = change;
    const auto result = solve_chain(costs);
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->cost.count(), change == 1 ? 22 : 23);
    EXPECT_EQ(result->chain.configurations.size(), change == 1 ? 2U : 1U);
  }
}

TEST(SolveChain, KeepsALimitForAllSlicesTogether) {
  // Each layer holds 6 and hands over 4: one slice needs 12 + 4, two slices 20. Two slices would be faster.
  ChainCosts costs(2, 2);
  costs.execute = {1, 5, 5, 1};
  costs.weights = {6, 6};
  costs.activations = {4, 4};
  costs.space = {0, 1};
  costs.space_limit.resize(2);
  costs.memory_limit = 20;
  EXPECT_EQ(solve_chain(costs)->cost.count(), 2);
  costs.memory_limit = 19;
  EXPECT_EQ(solve_chain(costs)->cost.count(), 6);
  costs.memory_limit = 15;
  EXPECT_FALSE(solve_chain(costs).has_value());
}

TEST(SolveChain, StaysFeasibleAndBoundsTheOptimumWhereLabelsRunOut) {
  Random random(7);
  int unproved = 0;
  int worse = 0;
  for (int i = 0; i < 1500; ++i) {
    SCOPED_TRACE(i);
    const ChainCosts costs = random_costs(random, {.most_layers = 7});
    const BruteForce oracle(costs);
    const auto result = solve_chain(costs, 1 + random.below(2));
    ASSERT_EQ(result.has_value(), oracle.cost().has_value());
    if (!result) continue;
    ASSERT_EQ(cost_of(costs, result->chain), result->cost);
    if (result->optimal) {
      ASSERT_EQ(result->cost.count(), *oracle.cost());
      continue;
    }
    ++unproved;
    ASSERT_TRUE(result->bound.has_value());
    EXPECT_LE(result->bound->count(), *oracle.cost());
    EXPECT_GE(result->cost.count(), *oracle.cost());
    worse += result->cost.count() > *oracle.cost() ? 1 : 0;
  }
  EXPECT_GT(unproved, 20);
  EXPECT_GT(worse, 0);
}

TEST(SolveChain, IsNothingWhereALayerCannotRunAnywhere) {
  ChainCosts costs(3, 2);
  for (std::size_t c = 0; c < 2; ++c) costs.runs[costs.cell(c, 1)] = 0;
  EXPECT_FALSE(solve_chain(costs).has_value());
}

TEST(SolveChain, PaysForAHopOnlyWhereTheGainIsLarger) {
  // Layer 1 gains 10 on the other place; there and back costs 2 * hop.
  for (const std::int64_t hop : {4, 5, 6}) {
    ChainCosts costs(3, 2, 2);
    costs.place = {0, 1};
    costs.execute = {10, 20, 10, 90, 10, 90};
    for (std::size_t cut = 1; cut < 3; ++cut) costs.transfer[costs.hop(cut, 0, 1)] = costs.transfer[costs.hop(cut, 1, 0)] = hop;
    const auto result = solve_chain(costs);
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->cost.count(), std::min<std::int64_t>(40, 30 + 2 * hop));
    EXPECT_EQ(result->chain.configurations.size(), hop < 5 ? 3U : 1U) << "hop " << hop;
  }
}

TEST(SolveChain, TakesOneSliceOnTheLowestConfigurationWhereAllCostTheSame) {
  for (const std::int64_t each : {0, 5}) {
    ChainCosts costs(6, 4, 2);
    costs.place = {0, 1, 0, 1};
    for (auto& value : costs.execute) value = each;
    const auto result = solve_chain(costs);
    ASSERT_TRUE(result.has_value());
    EXPECT_THAT(result->chain.borders, ElementsAre(0, 6));
    EXPECT_THAT(result->chain.configurations, ElementsAre(0));
  }
}

TEST(SolveChain, TakesOneSliceUnderLimitsThatDoNotBind) {
  ChainCosts costs(5, 3);
  for (auto& limit : costs.slice_limit) limit = 1000;
  const auto result = solve_chain(costs);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->chain, (Chain{.borders = {0, 5}, .configurations = {0}}));
}

TEST(SolveChain, GivesEqualChainsForEqualCosts) {
  Random random(3);
  for (int i = 0; i < 200; ++i) {
    const ChainCosts costs = random_costs(random);
    const auto first = solve_chain(costs);
    const auto second = solve_chain(costs);
    ASSERT_EQ(first.has_value(), second.has_value());
    if (!first) continue;
    EXPECT_EQ(first->chain, second->chain);
  }
}

/// 100 blocks of 100 layers; block b costs 1 a layer on configuration b and 1000 elsewhere. Beginning a slice costs 7, another place 5.
ChainCosts blocks() {
  constexpr std::size_t kBlocks = 100;
  constexpr std::size_t kPlaces = 4;
  ChainCosts costs(kBlocks * kBlocks, kBlocks, kPlaces);
  for (std::size_t c = 0; c < kBlocks; ++c) {
    costs.place[c] = static_cast<std::uint32_t>(c % kPlaces);
    for (std::size_t k = 0; k < costs.layers; ++k) costs.execute[costs.cell(c, k)] = k / kBlocks == c ? 1 : 1000;
    for (std::size_t cut = 0; cut < costs.layers; ++cut) costs.enter[costs.border(c, cut)] = 7;
  }
  for (std::size_t cut = 1; cut < costs.layers; ++cut) {
    for (std::size_t hop = 0; hop < kPlaces * kPlaces; ++hop) {
      if (hop / kPlaces != hop % kPlaces) costs.transfer[cut * kPlaces * kPlaces + hop] = 5;
    }
  }
  return costs;
}

TEST(SolveChain, SolvesTenThousandLayersOnAHundredConfigurations) {
  // Any layer off its configuration costs 999 more, any slice at most 12: so each block is a slice. 10,000 layers, 100 slices, 99 hops.
  const ChainCosts costs = blocks();
  const auto result = solve_chain(costs);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->cost.count(), 10'000 + 100 * 7 + 99 * 5);
  EXPECT_EQ(result->chain.configurations.size(), 100U);
  EXPECT_EQ(cost_of(costs, result->chain), result->cost);
}

TEST(SolveChain, SolvesTenThousandLayersUnderSliceLimits) {
  // Weights of 1 a layer and room for 50: each block becomes two slices, the hop within a block is free.
  ChainCosts costs = blocks();
  for (auto& weight : costs.weights) weight = 1;
  for (auto& limit : costs.slice_limit) limit = 50;
  const auto result = solve_chain(costs);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->cost.count(), 10'000 + 200 * 7 + 99 * 5);
  EXPECT_EQ(cost_of(costs, result->chain), result->cost);
}

TEST(SolveChain, KeepsAMemorySpaceThatTwoSlicesShare) {
  // Both layers are twice as fast on configuration 0, whose space holds one of them. Moving layer 0 costs 10 more, moving layer 1 costs 20 more.
  ChainCosts costs(2, 2);
  costs.execute = {10, 20, 20, 40};
  costs.weights = {6, 6};
  costs.space = {0, 1};
  costs.space_limit = {10, std::nullopt};
  const auto result = solve_chain(costs);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->cost.count(), 40);
  EXPECT_EQ(result->chain, (Chain{.borders = {0, 1, 2}, .configurations = {1, 0}}));
}

}  // namespace
}  // namespace mosaic

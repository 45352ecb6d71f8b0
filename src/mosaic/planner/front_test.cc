#include "mosaic/planner/front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chains.h"

namespace mosaic {
namespace {

using testing::ElementsAre;
using testing::Pair;

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;  // time and energy

/// The points as pairs, after checking that each chain costs what its point says.
Pairs pairs_of(const Front& front, const TimeAndEnergy& costs) {
  Pairs pairs;
  for (const PricedChain& point : front.points) {
    EXPECT_EQ(price(costs, point.chain), point);
    pairs.emplace_back(point.time.count(), point.energy->count());
  }
  return pairs;
}

/// Three layers, fast at 2 and 9 each, thrifty at 5 and 3; a hop costs 1 and 2. One border between the two is all it takes: with n thrifty layers
/// 6 + 3n and 27 - 6n, and 1 and 2 more unless n is 0 or 3: (6, 27), (10, 23), (13, 17), (15, 9).
TEST(ParetoFront, HoldsEveryTradeOffOfThreeLayers) {
  TimeAndEnergy costs{.time = ChainCosts(3, 2, 2), .energy = ChainCosts(3, 2, 2)};
  costs.time.place = costs.energy->place = {0, 1};
  costs.time.execute = {2, 2, 2, 5, 5, 5};
  costs.energy->execute = {9, 9, 9, 3, 3, 3};
  for (const std::size_t cut : {1U, 2U}) {
    for (const auto& [from, to] : {std::pair(0U, 1U), std::pair(1U, 0U)}) {
      costs.time.transfer[costs.time.hop(cut, from, to)] = 1;
      costs.energy->transfer[costs.time.hop(cut, from, to)] = 2;
    }
  }
  const Front front = pareto_front(costs);
  EXPECT_TRUE(front.complete);
  EXPECT_THAT(pairs_of(front, costs), ElementsAre(Pair(6, 27), Pair(10, 23), Pair(13, 17), Pair(15, 9)));
  const Front within = pareto_front(costs, {.latency = Picoseconds(14), .energy = Picojoules{23}});
  EXPECT_THAT(pairs_of(within, costs), ElementsAre(Pair(10, 23), Pair(13, 17)));
}

/// Two layers at two levels of one clock, (1, 8) or (4, 2) each; changing it costs 2 and 1 either way, and both ways are paid: (2, 16), (8, 4), and
/// (1 + 4 + 4, 8 + 2 + 2) = (9, 12), which the second beats.
TEST(ParetoFront, PaysForChangesOfClocks) {
  TimeAndEnergy costs{.time = ChainCosts(2, 2), .energy = ChainCosts(2, 2)};
  costs.time.execute = {1, 1, 4, 4};
  costs.energy->execute = {8, 8, 2, 2};
  EXPECT_THAT(pairs_of(pareto_front(costs), costs), ElementsAre(Pair(2, 16), Pair(5, 10), Pair(8, 4)));
  for (ChainCosts* table : {&costs.time, &*costs.energy}) {
    table->clocks.emplace(std::vector<std::size_t>{2}, 2);
    table->clocks->sets = {{{.domain = 0, .level = 0}}, {{.domain = 0, .level = 1}}};
    table->clocks->cost(0, 0, 1) = table->clocks->cost(0, 1, 0) = table == &costs.time ? 2 : 1;
  }
  EXPECT_THAT(pairs_of(pareto_front(costs), costs), ElementsAre(Pair(2, 16), Pair(8, 4)));
}

void compare_with_force(std::uint64_t seed, int instances, const test::InstanceOptions& options) {
  Random random(seed);
  int with_several = 0;
  int infeasible = 0;
  for (int i = 0; i < instances; ++i) {
    SCOPED_TRACE(i);
    const TimeAndEnergy costs = test::random_time_and_energy(random, options);
    const Front front = pareto_front(costs, {}, 10'000);
    ASSERT_TRUE(front.complete);
    const Pairs expected = test::front_by_force(costs);
    ASSERT_EQ(pairs_of(front, costs), expected);
    infeasible += expected.empty() ? 1 : 0;
    with_several += expected.size() >= 3 ? 1 : 0;
  }
  EXPECT_GT(with_several, instances / 4);
  EXPECT_LT(infeasible, instances / 2);
}

TEST(ParetoFront, IsThatOfABruteForceOnFiveHundredInstances) { compare_with_force(71, 500, {.most_layers = 7, .most_configurations = 3}); }

TEST(ParetoFront, IsThatOfABruteForceWithClocks) {
  compare_with_force(72, 500,
                     {.most_layers = 5, .slice_limits = false, .space_limits = false, .missing = false, .clocks = true, .cheap_slices = true});
}

TEST(ParetoFront, IsThatOfABruteForceWithAllThereIs) {
  compare_with_force(73, 300, {.most_layers = 5, .memory_limit = true, .clocks = true, .cheap_slices = true});
}

TEST(ParetoFront, GivesEqualChainsForEqualCosts) {
  Random random(74);
  for (int i = 0; i < 50; ++i) {
    const TimeAndEnergy costs = test::random_time_and_energy(random, {.clocks = true});
    EXPECT_EQ(pareto_front(costs).points, pareto_front(costs).points);
  }
}

TEST(ParetoFront, HoldsRealChainsAndSaysSoWhereLabelsRunOut) {
  Random random(75);
  int incomplete = 0;
  for (int i = 0; i < 100; ++i) {
    SCOPED_TRACE(i);
    const TimeAndEnergy costs = test::random_time_and_energy(random, {.most_layers = 6, .most_configurations = 3});
    const Front front = pareto_front(costs, {}, 3);
    const Pairs expected = test::front_by_force(costs);
    const Pairs found = pairs_of(front, costs);
    if (front.complete) {
      ASSERT_EQ(found, expected);
      continue;
    }
    ++incomplete;
    for (const auto& [time, energy] : found) {
      const bool possible = std::ranges::any_of(expected, [&](const auto& point) { return point.first <= time && point.second <= energy; });
      ASSERT_TRUE(possible);
    }
  }
  EXPECT_GT(incomplete, 20);
}

// A cap of two labels, and constraints that one point of the front keeps exactly.
TEST(ParetoFront, IsNotEmptyWhereAPlanIsFoundThatKeepsTightConstraints) {
  Random random(76);
  int incomplete = 0;
  for (int i = 0; i < 1000; ++i) {
    SCOPED_TRACE(i);
    const TimeAndEnergy costs = test::random_time_and_energy(random, {.most_layers = 6, .most_configurations = 3, .clocks = i % 2 == 1});
    const Pairs expected = test::front_by_force(costs);
    if (expected.size() < 3) continue;
    const auto& point = expected[expected.size() / 2];
    const Constraints constraints{.latency = Picoseconds(point.first), .energy = Picojoules{point.second}};
    const Front front = pareto_front(costs, constraints, 2);
    ASSERT_TRUE(!front.points.empty() || !best_chain(costs, Objective::kLatency, constraints, 2));
    for (const PricedChain& each : front.points) ASSERT_TRUE(constraints.allow(each));
    incomplete += front.complete ? 0 : 1;
  }
  EXPECT_GT(incomplete, 20);
}

}  // namespace
}  // namespace mosaic

#include "mosaic/cost/clock_changes.h"

#include <gtest/gtest.h>

#include "mosaic/cost/chain_costs.h"
#include "tests/chains.h"

namespace mosaic {
namespace {

/// Two clocks. Cores: levels 0 and 1, up costs 5 and down 1. GPU: levels 0, 1, 2, from a to b costs 10 a + 100 b. Configurations: cores at 0, cores
/// at 1, GPU at 2 fed by cores at 1, GPU at 0 that leaves the cores alone, and an accelerator that sets nothing.
ClockChanges example() {
  ClockChanges clocks({2, 3}, 5);
  clocks.cost(0, 0, 1) = 5;
  clocks.cost(0, 1, 0) = 1;
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b) {
      if (a != b) clocks.cost(1, a, b) = static_cast<std::int64_t>(10 * a + 100 * b);
    }
  }
  clocks.sets = {{{.domain = 0, .level = 0}},
                 {{.domain = 0, .level = 1}},
                 {{.domain = 1, .level = 2}, {.domain = 0, .level = 1}},
                 {{.domain = 1, .level = 0}},
                 {}};
  return clocks;
}

std::int64_t all_charged(const std::vector<std::size_t>& configurations) {
  std::int64_t sum = 0;
  for (std::size_t s = 0; s < configurations.size(); ++s) sum += example().charged(configurations, s);
  return sum;
}

TEST(ClockChanges, AreNoneWhereEveryRunAsksForTheSameLevels) {
  EXPECT_EQ(all_charged({0}), 0);
  EXPECT_EQ(all_charged({4}), 0);
  EXPECT_EQ(all_charged({0, 3, 0, 4}), 0);
}

TEST(ClockChanges, GoRoundACycleFromRunToRun) {
  // Cores 0, 1: up within the run (5), down to the next run's first slice (1).
  EXPECT_EQ(all_charged({0, 1}), 6);
  EXPECT_EQ(example().charged({0, 1}, 0), 1) << "the first slice finds what the run before left";
  EXPECT_EQ(example().charged({0, 1}, 1), 5);
}

TEST(ClockChanges, LetAClockStayWhereItWasSetWhileOtherSlicesRun) {
  // Cores at 0, then an accelerator, then cores at 0 again: nothing. With cores at 1 in the end it is up and, in the next run, down.
  EXPECT_EQ(all_charged({0, 4, 0}), 0);
  EXPECT_EQ(all_charged({0, 4, 1}), 6);
  EXPECT_EQ(example().charged({0, 4, 1}, 2), 5);
}

TEST(ClockChanges, ChargeAConfigurationForEachClockThatItSets) {
  // Cores at 0, GPU at 2 with cores at 1, GPU at 0. Cores: up 5, and down 1 in the next run. GPU: 2 to 0 costs 10 * 2, 0 to 2 costs 100 * 2.
  EXPECT_EQ(all_charged({0, 2, 3}), 5 + 1 + 20 + 200);
  EXPECT_EQ(example().charged({0, 2, 3}, 1), 5 + 200);
}

TEST(ClockChanges, BetweenNeighboursAreThoseOfTheClocksThatBothSet) {
  EXPECT_EQ(example().between(0, 2), 5);
  EXPECT_EQ(example().between(2, 3), 20);
  EXPECT_EQ(example().between(0, 3), 0);
  EXPECT_EQ(example().between(4, 2), 0);
}

TEST(CostOf, ChargesChangesOfClocksAsABruteForceDoes) {
  Random random(31);
  int priced = 0;
  for (int i = 0; i < 600; ++i) {
    SCOPED_TRACE(i);
    const ChainCosts costs = test::random_costs(
        random, {.most_layers = 6, .most_configurations = 3, .missing = false, .memory_limit = true, .clocks = true, .cheap_slices = true});
    const test::BruteForce oracle(costs);
    if (!oracle.cost()) continue;
    ASSERT_EQ(cost_of(costs, oracle.chain()).count(), *oracle.cost());
    ChainCosts unpriced = costs;
    unpriced.clocks.reset();
    priced += cost_of(unpriced, oracle.chain()).count() < *oracle.cost() ? 1 : 0;
  }
  EXPECT_GT(priced, 20);
}

}  // namespace
}  // namespace mosaic

#include "mosaic/cost/time_and_energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chains.h"

namespace mosaic {
namespace {

using test::error_of;
using testing::AllOf;
using testing::HasSubstr;

TEST(SameStructure, IsThatOfTablesThatDifferInNumbersAlone) {
  Random random(1);
  for (int i = 0; i < 50; ++i) {
    const TimeAndEnergy costs = test::random_time_and_energy(random, {.memory_limit = true, .clocks = true});
    EXPECT_TRUE(same_structure(costs.time, *costs.energy));
  }
}

TEST(SameStructure, EndsWhereAnythingElseDiffers) {
  ChainCosts costs(3, 2);
  costs.clocks.emplace(std::vector<std::size_t>{2}, 2);
  const std::vector<std::function<void(ChainCosts&)>> changes{
      [](ChainCosts& c) { c.runs[1] = 0; },
      [](ChainCosts& c) { c.weights[0] = 1; },
      [](ChainCosts& c) { c.activations[0] = 1; },
      [](ChainCosts& c) { c.slice_limit[0] = 1; },
      [](ChainCosts& c) { c.space_limit[0] = 1; },
      [](ChainCosts& c) { c.memory_limit = 1; },
      [](ChainCosts& c) { c.place[1] = 1; },
      [](ChainCosts& c) { c.clocks.reset(); },
      [](ChainCosts& c) { c.clocks->sets[0].push_back({.domain = 0, .level = 1}); },
      [](ChainCosts& c) { c = ChainCosts(3, 3); },
  };
  for (const auto& change : changes) {
    ChainCosts other = costs;
    change(other);
    EXPECT_FALSE(same_structure(costs, other)) << &change - changes.data();
  }
}

TEST(Price, GivesTimeAndEnergyOfAFeasibleChain) {
  TimeAndEnergy costs{.time = ChainCosts(2, 1), .energy = {}};
  costs.time.execute = {3, 4};
  const Chain chain{.borders = {0, 2}, .configurations = {0}};
  EXPECT_EQ(price(costs, chain)->time, Cost(7));
  EXPECT_FALSE(price(costs, chain)->energy.has_value());
  costs.energy = costs.time;
  costs.energy->execute = {30, 40};
  EXPECT_EQ(price(costs, chain)->energy, Cost(70));
  costs.time.runs[0] = 0;
  EXPECT_FALSE(price(costs, chain).has_value());
}

TEST(EnergyOf, SaysHowToGetFiguresThatAreNotThere) {
  const TimeAndEnergy costs{.time = ChainCosts(2, 1), .energy = {}};
  EXPECT_THAT(error_of(energy_of(costs)), AllOf(HasSubstr("nothing says what energy"), HasSubstr("'mosaic profile --meter ...'")));
}

TEST(WeightedSum, CostsAnyChainTheWeightedSumOfItsCosts) {
  Random random(2);
  for (int i = 0; i < 50; ++i) {
    const TimeAndEnergy costs = test::random_time_and_energy(random, {.most_layers = 4, .most_configurations = 3, .clocks = true});
    const ChainCosts sum = weighted_sum(costs.time, 3, *costs.energy, 5);
    test::for_each_chain(costs.time, [&](const Chain& chain) {
      const Cost time = cost_of(costs.time, chain);
      const Cost both = cost_of(sum, chain);
      ASSERT_EQ(both.feasible(), time.feasible());
      if (!time.feasible()) return;
      ASSERT_EQ(both.count(), 3 * time.count() + 5 * cost_of(*costs.energy, chain).count());
    });
  }
}

TEST(RestrictedTo, AllowsTheOthersNothing) {
  const ChainCosts costs = restricted_to(ChainCosts(2, 3), {true, false, true});
  EXPECT_TRUE(cost_of(costs, {.borders = {0, 1, 2}, .configurations = {0, 2}}).feasible());
  EXPECT_FALSE(cost_of(costs, {.borders = {0, 1, 2}, .configurations = {0, 1}}).feasible());
}

}  // namespace
}  // namespace mosaic

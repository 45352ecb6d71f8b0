#include "mosaic/planner/clock_states.h"

#include <gtest/gtest.h>

#include "tests/chains.h"

namespace mosaic {
namespace {

/// A state with the changes on the way to it, after slices on these configurations.
ClockStates::Step walk(ClockStates& states, const std::vector<std::size_t>& configurations) {
  ClockStates::Step at;
  for (const std::size_t c : configurations) {
    const ClockStates::Step step = states.after(at.state, c);
    at = {.state = step.state, .cost = at.cost + step.cost};
  }
  return at;
}

std::vector<std::size_t> draw(Random& random, std::size_t configurations, std::size_t most) {
  std::vector<std::size_t> drawn(random.below(most + 1));
  for (auto& c : drawn) c = random.below(configurations);
  return drawn;
}

TEST(ClockStates, AreOneWhereClocksAreNotPriced) {
  const ChainCosts costs(3, 2);
  ClockStates states(costs, nullptr);
  EXPECT_EQ(states.after(0, 1).state, 0U);
  EXPECT_EQ(states.after(0, 1).cost, (Costs{0, 0}));
  EXPECT_EQ(states.closing(0), (Costs{0, 0}));
}

TEST(ClockStates, AddUpToWhatARunIsCharged) {
  Random random(51);
  for (int i = 0; i < 500; ++i) {
    const TimeAndEnergy costs = test::random_time_and_energy(random, {.clocks = true});
    ClockStates states(costs.time, &*costs.energy);
    const auto run = draw(random, costs.time.configurations, 8);
    const ClockStates::Step end = walk(states, run);
    Costs charged{};
    for (std::size_t s = 0; s < run.size(); ++s) {
      charged = charged + Costs{costs.time.clocks->charged(run, s), costs.energy->clocks->charged(run, s)};
    }
    ASSERT_EQ(end.cost + states.closing(end.state), charged) << i;
  }
}

TEST(ClockStates, KnowWhatARestMayCostMoreBehindOneThanBehindAnother) {
  Random random(52);
  int tight = 0;
  for (int i = 0; i < 3000; ++i) {
    const TimeAndEnergy costs = test::random_time_and_energy(random, {.clocks = true});
    const std::size_t width = costs.time.configurations;
    ClockStates states(costs.time, &*costs.energy);
    const std::uint32_t a = walk(states, draw(random, width, 4)).state;
    const std::uint32_t b = walk(states, draw(random, width, 4)).state;
    const auto rest = draw(random, width, 4);
    const auto behind = [&](std::uint32_t from) {
      Costs sum{};
      for (const std::size_t c : rest) {
        const ClockStates::Step step = states.after(from, c);
        sum = sum + step.cost;
        from = step.state;
      }
      return sum + states.closing(from);
    };
    const Costs excess = states.excess(a, b);
    for (std::size_t criterion = 0; criterion < 2; ++criterion) {
      ASSERT_GE(excess[criterion], 0);
      ASSERT_LE(behind(a)[criterion] - behind(b)[criterion], excess[criterion]) << i;
      tight += a != b && behind(a)[criterion] - behind(b)[criterion] == excess[criterion] ? 1 : 0;
    }
  }
  EXPECT_GT(tight, 100);
}

}  // namespace
}  // namespace mosaic

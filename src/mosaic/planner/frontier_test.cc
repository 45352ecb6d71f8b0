#include "mosaic/planner/frontier.h"

#include <gtest/gtest.h>

#include <array>

namespace mosaic {
namespace {

const ChainCosts kUnclocked(1, 1);

TEST(Frontier, KeepsWhatIsBetterInTheSecondCriterion) {
  const ClockStates states(kUnclocked, nullptr);
  Frontier frontier(states);
  EXPECT_TRUE(frontier.add({.cost = {1, 9}}));
  EXPECT_FALSE(frontier.add({.cost = {1, 9}})) << "an equal one";
  EXPECT_FALSE(frontier.add({.cost = {2, 9}}));
  EXPECT_TRUE(frontier.add({.cost = {2, 8}}));
  EXPECT_FALSE(frontier.add({.cost = {3, 10}}));
  frontier.clear();
  EXPECT_TRUE(frontier.add({.cost = {3, 10}}));
}

TEST(Frontier, KeepsASliceThatBeganLater) {
  const ClockStates states(kUnclocked, nullptr);
  Frontier frontier(states);
  EXPECT_TRUE(frontier.add({.cost = {1, 1}, .begin = 2}));
  EXPECT_FALSE(frontier.add({.cost = {2, 2}, .begin = 1})) << "dearer, and with less room left";
  EXPECT_TRUE(frontier.add({.cost = {2, 2}, .begin = 3}));
  EXPECT_FALSE(frontier.add({.cost = {3, 3}, .begin = 3}));
}

TEST(Frontier, KeepsWhatUsesLessMemory) {
  const ClockStates states(kUnclocked, nullptr);
  Frontier frontier(states);
  const std::array<std::int64_t, 2> much{5, 5};
  const std::array<std::int64_t, 2> other{4, 6};
  const std::array<std::int64_t, 2> more{5, 7};
  EXPECT_TRUE(frontier.add({.cost = {1, 1}, .loads = much}));
  EXPECT_TRUE(frontier.add({.cost = {2, 1}, .loads = other}));
  EXPECT_FALSE(frontier.add({.cost = {3, 1}, .loads = more}));
}

TEST(Frontier, KeepsADearerStateOfTheClocksUnlessTheDifferenceIsMoreThanItCanBringBack) {
  // Two levels, 10 up and 1 down. Behind level 0 a rest can cost at most 11 more than behind level 1: 10 to level 1 and, at the end of a run that
  // began at 0, 1 back to 0; behind level 1 the most is 11 as well.
  ChainCosts costs(1, 2);
  costs.clocks.emplace(std::vector<std::size_t>{2}, 2);
  costs.clocks->sets = {{{.domain = 0, .level = 0}}, {{.domain = 0, .level = 1}}};
  costs.clocks->cost(0, 0, 1) = 10;
  costs.clocks->cost(0, 1, 0) = 1;
  ClockStates states(costs, nullptr);
  const std::uint32_t low = states.after(0, 0).state;
  const std::uint32_t high = states.after(0, 1).state;
  EXPECT_EQ(states.excess(low, high), (Costs{11, 0}));
  Frontier frontier(states);
  EXPECT_TRUE(frontier.add({.cost = {100, 0}, .clocks = low}));
  EXPECT_TRUE(frontier.add({.cost = {110, 0}, .clocks = high}));
  EXPECT_FALSE(frontier.add({.cost = {111, 0}, .clocks = high}));
  EXPECT_FALSE(frontier.add({.cost = {112, 0}, .clocks = low}));
}

}  // namespace
}  // namespace mosaic

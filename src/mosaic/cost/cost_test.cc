#include "mosaic/cost/cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace mosaic {
namespace {

TEST(Cost, StartsAtZero) {
  EXPECT_TRUE(Cost().feasible());
  EXPECT_EQ(Cost().count(), 0);
}

TEST(Cost, AddsUp) {
  EXPECT_EQ(Cost(40) + 2, Cost(42));
  EXPECT_EQ(Cost(40) + Cost(2), Cost(42));
  Cost sum(1);
  EXPECT_EQ(sum += Cost(5), Cost(6));
}

TEST(Cost, StaysInfeasibleWhateverIsAdded) {
  for (const std::int64_t added : {std::int64_t{-5}, std::int64_t{0}, std::int64_t{1}, std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(Cost::infeasible() + added, Cost::infeasible()) << added;
  }
  EXPECT_FALSE((Cost::infeasible() + 1 + 2).feasible());
  EXPECT_FALSE((Cost(3) + Cost::infeasible()).feasible());
  EXPECT_FALSE((Cost::infeasible() + Cost(3)).feasible());
}

TEST(Cost, IsLessThanInfeasibleHoweverLarge) {
  EXPECT_LT(Cost(std::numeric_limits<std::int64_t>::max() - 1), Cost::infeasible());
  EXPECT_FALSE(Cost::infeasible() < Cost::infeasible());
}

TEST(Cost, IsOrderedByItsCount) {
  const std::vector<Cost> costs{Cost(7), Cost::infeasible(), Cost(-3), Cost(5)};
  EXPECT_EQ(*std::ranges::min_element(costs), Cost(-3));
  EXPECT_EQ(*std::ranges::max_element(costs), Cost::infeasible());
}

TEST(Cost, IsATimeOrAnEnergyForWhoKnows) {
  EXPECT_EQ(as_time(Cost(3'000'000)), std::chrono::microseconds(3));
  EXPECT_EQ(as_energy(Cost(7)), Picojoules{7});
  EXPECT_EQ(to_joules(as_energy(Cost(1'500'000'000'000))).value, 1.5);
}

}  // namespace
}  // namespace mosaic

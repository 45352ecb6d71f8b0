#include "mosaic/cost/cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace mosaic {
namespace {

TEST(Cost, StartsAtZero) {
  EXPECT_TRUE(Cost().feasible());
  EXPECT_EQ(Cost().picoseconds(), Picoseconds(0));
}

TEST(Cost, AddsUp) { EXPECT_EQ((Cost(40) + 2).picoseconds(), Picoseconds(42)); }

TEST(Cost, StaysInfeasibleWhateverIsAdded) {
  for (const std::int64_t added : {std::int64_t{-5}, std::int64_t{0}, std::int64_t{1}, std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(Cost::infeasible() + added, Cost::infeasible()) << added;
  }
  EXPECT_FALSE((Cost::infeasible() + 1 + 2).picoseconds().has_value());
}

TEST(Cost, IsLessThanInfeasibleHoweverLarge) {
  EXPECT_LT(Cost(std::numeric_limits<std::int64_t>::max() - 1), Cost::infeasible());
  EXPECT_FALSE(Cost::infeasible() < Cost::infeasible());
}

TEST(Cost, OrdersByPicoseconds) {
  const std::vector<Cost> costs{Cost(7), Cost::infeasible(), Cost(-3), Cost(5)};
  EXPECT_EQ(*std::ranges::min_element(costs), Cost(-3));
  EXPECT_EQ(*std::ranges::max_element(costs), Cost::infeasible());
}

}  // namespace
}  // namespace mosaic

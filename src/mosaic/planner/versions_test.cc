#include "mosaic/planner/versions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/chains.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Preferred, PacksAsManyLayersAsFitIntoEachSlice) {
  // Room for 10: layers of 4, 4 | 4, 5 | 9, and no more than two fit anywhere.
  ChainCosts costs(5, 1);
  costs.weights = {4, 4, 4, 5, 9};
  costs.slice_limit = {10};
  EXPECT_EQ(preferred(costs, 0, {}), (Chain{.borders = {0, 2, 4, 5}, .configurations = {0, 0, 0}}));
}

TEST(Preferred, PutsEachLayerThatItCannotRunInASliceOfItsOwn) {
  // Configuration 0 prefers itself and lacks layers 1, 2 and 4. The NPU (2) runs layer 1, the GPU (1) layers 1 and 2, the big cores (3) everything.
  ChainCosts costs(6, 4);
  for (const std::size_t layer : {1U, 2U, 4U}) costs.runs[costs.cell(0, layer)] = 0;
  for (const std::size_t layer : {0U, 2U, 3U, 4U, 5U}) costs.runs[costs.cell(2, layer)] = 0;
  for (const std::size_t layer : {0U, 3U, 4U, 5U}) costs.runs[costs.cell(1, layer)] = 0;
  EXPECT_EQ(preferred(costs, 0, {2, 1, 3}), (Chain{.borders = {0, 1, 2, 3, 4, 5, 6}, .configurations = {0, 2, 1, 0, 3, 0}}));
  costs.runs[costs.cell(1, 1)] = costs.runs[costs.cell(2, 1)] = 0;
  costs.runs[costs.cell(1, 2)] = 0;
  EXPECT_EQ(preferred(costs, 0, {2, 1, 3}), (Chain{.borders = {0, 1, 2, 3, 4, 5, 6}, .configurations = {0, 3, 3, 0, 3, 0}}))
      << "two in a row on one fallback stay two slices";
}

TEST(Preferred, FallsBackWhereALayerAloneIsTooLarge) {
  ChainCosts costs(3, 3);
  costs.weights = {3, 20, 3};
  costs.slice_limit = {10, 15, std::nullopt};
  EXPECT_EQ(preferred(costs, 0, {1, 2}), (Chain{.borders = {0, 1, 2, 3}, .configurations = {0, 2, 0}}));
  EXPECT_FALSE(preferred(costs, 0, {1}).has_value());
}

TEST(Hca, TakesTheBestOfEachLayerWhateverHopsCost) {
  // Configuration 2 would be best, but is no full clock.
  ChainCosts costs(2, 3, 2);
  costs.place = {0, 1, 1};
  costs.execute = {1, 9, 9, 1, 0, 0};
  for (auto& hop : costs.transfer) hop = 100;
  EXPECT_EQ(hca(costs, {0, 1}), (Chain{.borders = {0, 1, 2}, .configurations = {0, 1}}));
  EXPECT_EQ(hcca(costs, {0, 1})->chain, (Chain{.borders = {0, 2}, .configurations = {0}}));
  EXPECT_EQ(hcca(costs, {0, 1})->cost, Cost(10));
  EXPECT_EQ(solve_chain(costs)->cost, Cost(0));
}

TEST(Versions, AreOrderedByTheirCosts) {
  Random random(81);
  int compared = 0;
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE(i);
    const ChainCosts costs = test::random_costs(random, {.most_configurations = 5});
    const std::vector<std::size_t> some{0};
    const auto alone = hcca(costs, some);
    const auto optimum = solve_chain(costs);
    const auto oblivious = hca(costs, some);
    if (!alone || !oblivious) continue;
    ASSERT_LE(optimum->cost, alone->cost);
    ASSERT_LE(alone->cost, cost_of(costs, *oblivious));
    const auto packed = preferred(costs, 0, {});
    ASSERT_EQ(packed, oblivious) << "one configuration leaves no choice";
    ++compared;
  }
  EXPECT_GT(compared, 100);
}

TEST(Exhaustive, JudgesTheOthersAndAThousandDifferentPlans) {
  const ChainCosts costs(12, 4);
  std::vector<Chain> judged;
  const auto judge = [&](const Chain& chain) -> Result<double> {
    judged.push_back(chain);
    return 100.0 - static_cast<double>(chain.configurations.size());  // the more slices the better
  };
  const Chain other{.borders = {0, 12}, .configurations = {3}};
  const Judged best = expect(exhaustive(costs, {other}, judge, 1));
  EXPECT_EQ(judged.size(), 1001U);
  EXPECT_EQ(judged.front(), other);
  EXPECT_EQ(std::set<Chain>(judged.begin() + 1, judged.end()).size(), 1000U);
  EXPECT_EQ(best.chain.configurations.size(), 8U);
  EXPECT_EQ(best.cost, 92.0);
  judged.clear();
  EXPECT_EQ(expect(exhaustive(costs, {other}, judge, 1)).chain, best.chain) << "the same seed draws the same plans";
}

TEST(Exhaustive, IsNeverWorseThanTheOthers) {
  const auto judge = [](const Chain& chain) -> Result<double> { return chain.configurations == std::vector<std::size_t>{1} ? 1.0 : 2.0; };
  const Judged best = expect(exhaustive(ChainCosts(3, 2), {{.borders = {0, 3}, .configurations = {1}}}, judge, 1));
  EXPECT_EQ(best.cost, 1.0);
}

TEST(Exhaustive, HandsOnWhatTheJudgeSays) {
  const auto judge = [](const Chain&) -> Result<double> { return fail(ErrorCode::kDevice, "the board is gone"); };
  EXPECT_THAT(error_of(exhaustive(ChainCosts(3, 2), {}, judge, 1)), HasSubstr("the board is gone"));
  ChainCosts nothing(3, 2);
  nothing.runs.assign(nothing.runs.size(), 0);
  EXPECT_THAT(error_of(exhaustive(nothing, {}, judge, 1)), HasSubstr("no plan is feasible"));
}

}  // namespace
}  // namespace mosaic

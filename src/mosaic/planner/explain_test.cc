#include "mosaic/planner/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/planner/baselines.h"
#include "mosaic/planner/chain.h"
#include "tests/chains.h"

namespace mosaic {
namespace {

using test::BruteForce;
using testing::AllOf;
using testing::HasSubstr;

Explanation explain_small(const Chain& chain, const ChainCosts& costs, const Profile& profile = {}, std::size_t draws = 0) {
  return explain(chain, costs, test::line_graph(costs), test::row_board(costs.configurations), profile, 10, draws, 1);
}

/// Where each layer of a chain runs.
std::vector<std::size_t> by_layer(const Chain& chain) {
  std::vector<std::size_t> where;
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) where.resize(chain.borders[s + 1], chain.configurations[s]);
  return where;
}

std::optional<std::int64_t> count(const std::optional<Cost>& cost) { return cost ? std::optional(cost->count()) : std::nullopt; }

/// Random instances with a feasible chain, the optimum and an arbitrary one in turn.
void for_each_instance(int instances, const std::function<void(const ChainCosts&, const Chain&)>& check) {
  Random random(13);
  for (int done = 0; done < instances;) {
    const ChainCosts costs = test::random_costs(random, {.most_layers = 5, .most_configurations = 3});
    const auto chain = random_chain(costs, random, {});
    if (!chain) continue;
    SCOPED_TRACE(done);
    check(costs, done % 2 == 0 ? solve_chain(costs)->chain : *chain);
    if (testing::Test::HasFatalFailure()) return;
    ++done;
  }
}

TEST(Explain, KnowsCostAndOptimum) {
  for_each_instance(200, [](const ChainCosts& costs, const Chain& chain) {
    const Explanation out = explain_small(chain, costs);
    ASSERT_EQ(out.cost, cost_of(costs, chain));
    ASSERT_EQ(out.optimum.count(), *BruteForce(costs).cost());
    ASSERT_EQ(out.slices.size(), chain.configurations.size());
  });
}

TEST(Explain, FindsTheNextBestPlanThatABruteForceFinds) {
  int found = 0;
  for_each_instance(200, [&](const ChainCosts& costs, const Chain& chain) {
    const auto here = by_layer(chain);
    const BruteForce oracle(costs, [&](const Chain& other) { return by_layer(other) != here; });
    const Explanation out = explain_small(chain, costs);
    ASSERT_EQ(count(out.next_best_cost), oracle.cost());
    ASSERT_EQ(out.next_best.has_value(), oracle.cost().has_value());
    if (!out.next_best) return;
    ASSERT_EQ(cost_of(costs, *out.next_best), out.next_best_cost);
    ASSERT_NE(by_layer(*out.next_best), here);
    ++found;
  });
  EXPECT_GT(found, 100);
}

TEST(Explain, CostsEachAlternativeAsTheCheapestPlanWithTheSliceThere) {
  int with_plan = 0;
  int without = 0;
  for_each_instance(150, [&](const ChainCosts& costs, const Chain& chain) {
    const Board board = test::row_board(costs.configurations);
    for (const SliceReason& slice : explain_small(chain, costs).slices) {
      ASSERT_EQ(slice.alternatives.size(), costs.configurations - 1);
      for (const Alternative& alternative : slice.alternatives) {
        const std::size_t c = test::expect(board.find_configuration(alternative.configuration)).index();
        const BruteForce oracle(costs, [&](const Chain& other) {
          const auto where = by_layer(other);
          return std::all_of(where.begin() + static_cast<std::ptrdiff_t>(slice.begin), where.begin() + static_cast<std::ptrdiff_t>(slice.end),
                             [&](std::size_t each) { return each == c; });
        });
        ASSERT_EQ(count(alternative.plan_cost), oracle.cost());
        ASSERT_TRUE(alternative.plan_cost || !alternative.excluded.empty());
        (alternative.plan_cost ? with_plan : without) += 1;
      }
    }
  });
  EXPECT_GT(with_plan, 50);
  EXPECT_GT(without, 50);
}

TEST(Explain, ListsAlternativesTheCheapestPlanFirstAndTheImpossibleLast) {
  for_each_instance(100, [](const ChainCosts& costs, const Chain& chain) {
    for (const SliceReason& slice : explain_small(chain, costs).slices) {
      for (std::size_t i = 1; i < slice.alternatives.size(); ++i) {
        const auto& before = slice.alternatives[i - 1].plan_cost;
        const auto& after = slice.alternatives[i].plan_cost;
        ASSERT_TRUE(!after || (before && *before <= *after));
      }
    }
  });
}

TEST(Explain, SaysWhatAnAlternativeTakesWithEnteringIncluded) {
  // Layer 1 on d0 costs 5 and entering it there 3.
  ChainCosts costs(2, 2, 2);
  costs.place = {0, 1};
  costs.execute = {9, 5, 1, 1};
  costs.enter[costs.border(0, 1)] = 3;
  const Explanation out = explain_small({.borders = {0, 1, 2}, .configurations = {1, 1}}, costs);
  EXPECT_EQ(out.slices[1].alternatives[0].execute->count(), 8);
  EXPECT_EQ(out.slices[1].alternatives[0].plan_cost->count(), 1 + 3 + 5);
  EXPECT_EQ(out.slices[1].cost.execute.count(), 1);
}

TEST(Explain, SaysWhyAnAlternativeIsExcluded) {
  // d1 could not run layer 1 by the profile, d2 lacks an operator of layer 0, d3 has room for 10 bytes where both layers need 12.
  ChainCosts costs(2, 4);
  costs.weights = {5, 5};
  costs.activations = {2, 2};
  costs.runs[costs.cell(1, 1)] = 0;
  costs.runs[costs.cell(2, 0)] = 0;
  costs.slice_limit[3] = 10;
  Profile profile;
  profile.unsupported = {{.configuration = "d1", .layer = 1, .reason = "no such kernel"}};
  const Explanation out = explain_small({.borders = {0, 2}, .configurations = {0}}, costs, profile);
  std::map<std::string, std::string> excluded;
  for (const Alternative& each : out.slices[0].alternatives) excluded[each.configuration] = each.excluded;
  EXPECT_EQ(excluded["d1"], "cannot run layer 1 (Conv): no such kernel");
  EXPECT_EQ(excluded["d2"], "lacks an operator of layer 0 (Conv)");
  EXPECT_THAT(excluded["d3"], AllOf(HasSubstr("10 B"), HasSubstr("12 B")));
  EXPECT_EQ(out.slices[0].memory.value, 12);
}

TEST(Explain, NamesMemoryWhereOnlyTheSumStandsInTheWay) {
  // Slice 0 alone would fit on d1, whose space slice 1 fills: nothing else can run layer 1.
  ChainCosts costs(2, 2);
  costs.weights = {6, 6};
  costs.runs[costs.cell(0, 1)] = 0;
  costs.space = {0, 1};
  costs.space_limit = {std::nullopt, 10};
  const Explanation out = explain_small({.borders = {0, 1, 2}, .configurations = {0, 1}}, costs);
  EXPECT_THAT(out.slices[0].alternatives[0].excluded, HasSubstr("memory limits"));
}

TEST(Explain, NeverRegretsLessThanNothing) {
  for_each_instance(40, [](const ChainCosts& costs, const Chain& chain) {
    const Explanation out = explain_small(chain, costs, {}, 30);
    ASSERT_GE(out.regret_mean_percent, 0);
    ASSERT_GE(out.regret_p95_percent, 0);
  });
}

TEST(Explain, RegretsNothingWhereThereIsNoChoice) {
  ChainCosts costs(3, 1);
  costs.execute = {100, 200, 300};
  costs.enter[costs.border(0, 1)] = costs.enter[costs.border(0, 2)] = 1000;
  const Explanation out = explain_small({.borders = {0, 3}, .configurations = {0}}, costs, {}, 50);
  EXPECT_EQ(out.regret_mean_percent, 0);
  EXPECT_EQ(out.regret_p95_percent, 0);
  EXPECT_FALSE(out.next_best.has_value());
}

TEST(Explain, RegretsATossUpButTheSameAmountEachTime) {
  // Two configurations of the same cost: with 10 % noise the other one is often better, by about 5.6 % (half the mean gap of two normal draws,
  // 10 % * 2 / sqrt(pi) = 11.3 %, over all draws).
  ChainCosts costs(1, 2);
  costs.execute = {1'000'000, 1'000'000};
  const Chain chain{.borders = {0, 1}, .configurations = {0}};
  const Explanation one = explain_small(chain, costs, {}, 400);
  const Explanation two = explain_small(chain, costs, {}, 400);
  EXPECT_EQ(one.regret_mean_percent, two.regret_mean_percent);
  EXPECT_EQ(one.regret_p95_percent, two.regret_p95_percent);
  EXPECT_NEAR(one.regret_mean_percent, 5.6, 1.5);
  EXPECT_GT(one.regret_p95_percent, one.regret_mean_percent);
}

TEST(Explain, RegretsNothingWhereNothingCostsAnything) {
  const Explanation out = explain_small({.borders = {0, 2}, .configurations = {1}}, ChainCosts(2, 2), {}, 10);
  EXPECT_EQ(out.regret_mean_percent, 0);
  EXPECT_EQ(out.regret_p95_percent, 0);
}

}  // namespace
}  // namespace mosaic

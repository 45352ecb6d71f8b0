#include "mosaic/cost/chain_costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/chains.h"

namespace mosaic {
namespace {

using test::BruteForce;

TEST(ChainCosts, NeedsAllWeightsAndTheLargestActivations) {
  ChainCosts costs(3, 1);
  costs.weights = {1, 2, 4};
  costs.activations = {30, 10, 20};
  EXPECT_EQ(costs.memory(0, 3), 7 + 30);
  EXPECT_EQ(costs.memory(1, 3), 6 + 20);
  EXPECT_EQ(costs.memory(1, 2), 2 + 10);
}

/// Two configurations in two places, three layers; every number another power of ten or two, so that a sum shows what went into it.
ChainCosts telling_costs() {
  ChainCosts costs(3, 2, 2);
  costs.place = {0, 1};
  costs.execute = {1, 2, 4, 10, 20, 40};
  costs.enter = {100, 200, 400, 0, 1000, 2000, 4000, 0};
  costs.leave = {0, 10'000, 20'000, 40'000, 0, 100'000, 200'000, 400'000};
  costs.transfer[costs.hop(1, 0, 1)] = 1'000'000;
  costs.transfer[costs.hop(2, 1, 0)] = 2'000'000;
  costs.transfer[costs.hop(1, 0, 0)] = 4'000'000;
  return costs;
}

TEST(CostOf, AddsEnteringLayersLeavingAndHops) {
  struct Case {
    Chain chain;
    std::int64_t cost;
  };
  const std::vector<Case> cases{
      {{.borders = {0, 3}, .configurations = {0}}, 100 + 1 + 2 + 4 + 40'000},
      {{.borders = {0, 3}, .configurations = {1}}, 1000 + 10 + 20 + 40 + 400'000},
      {{.borders = {0, 1, 3}, .configurations = {0, 1}}, 100 + 1 + 10'000 + 1'000'000 + 2000 + 20 + 40 + 400'000},
      {{.borders = {0, 1, 2, 3}, .configurations = {0, 1, 0}}, 100 + 1 + 10'000 + 1'000'000 + 2000 + 20 + 200'000 + 2'000'000 + 400 + 4 + 40'000},
      {{.borders = {0, 1, 3}, .configurations = {0, 0}}, 100 + 1 + 10'000 + 4'000'000 + 200 + 2 + 4 + 40'000},
  };
  const ChainCosts costs = telling_costs();
  for (const Case& each : cases) {
    EXPECT_EQ(cost_of(costs, each.chain), Cost(each.cost));
  }
}

TEST(SliceCost, PutsTheHopApartFromRunning) {
  const ChainCosts costs = telling_costs();
  const Chain chain{.borders = {0, 1, 3}, .configurations = {0, 1}};
  EXPECT_EQ(slice_cost(costs, chain, 0).transfer.count(), 100) << "from the caller";
  EXPECT_EQ(slice_cost(costs, chain, 0).execute.count(), 1 + 10'000);
  EXPECT_EQ(slice_cost(costs, chain, 1).transfer.count(), 1'000'000);
  EXPECT_EQ(slice_cost(costs, chain, 1).execute.count(), 2000 + 20 + 40 + 400'000);
}

TEST(SliceCost, SumsToTheCostOfRandomChains) {
  Random random(14);
  int feasible = 0;
  for (int i = 0; i < 2000; ++i) {
    const ChainCosts costs = test::random_costs(random, {.missing = false, .clocks = true});
    Chain chain{.borders = {0}, .configurations = {}};
    for (std::size_t cut = 1; cut <= costs.layers; ++cut) {
      if (cut < costs.layers && random.below(2) == 0) continue;
      chain.borders.push_back(cut);
      chain.configurations.push_back(random.below(costs.configurations));
    }
    const Cost cost = cost_of(costs, chain);
    if (!cost.feasible()) continue;
    ++feasible;
    Cost sum;
    for (std::size_t s = 0; s < chain.configurations.size(); ++s) sum += slice_cost(costs, chain, s).sum();
    ASSERT_EQ(sum, cost) << i;
  }
  EXPECT_GT(feasible, 300);
}

TEST(CostOf, AgreesWithABruteForceOfItsComment) {
  Random random(15);
  int compared = 0;
  for (int i = 0; i < 500; ++i) {
    const ChainCosts costs = test::random_costs(random, {.most_layers = 5, .most_configurations = 3});
    const BruteForce oracle(costs);
    if (!oracle.cost()) continue;
    ASSERT_EQ(cost_of(costs, oracle.chain()), Cost(*oracle.cost()));
    ++compared;
  }
  EXPECT_GT(compared, 100);
}

TEST(CostOf, IsNothingForWhatIsInfeasible) {
  const Chain whole{.borders = {0, 2}, .configurations = {0}};
  const Chain halves{.borders = {0, 1, 2}, .configurations = {0, 0}};
  ChainCosts lacking(2, 1);
  lacking.runs[1] = 0;
  EXPECT_FALSE(cost_of(lacking, whole).feasible());
  ChainCosts small_slices(2, 1);
  small_slices.weights = {5, 5};
  small_slices.slice_limit = {9};
  EXPECT_FALSE(cost_of(small_slices, whole).feasible());
  EXPECT_TRUE(cost_of(small_slices, halves).feasible());
  ChainCosts small_space(2, 1);
  small_space.weights = {5, 5};
  small_space.space_limit = {9};
  EXPECT_FALSE(cost_of(small_space, halves).feasible()) << "limits of spaces hold for the sum";
  ChainCosts little_memory(2, 2);
  little_memory.weights = {5, 5};
  little_memory.space = {0, 1};
  little_memory.space_limit.resize(2);
  little_memory.memory_limit = 9;
  EXPECT_FALSE(cost_of(little_memory, {.borders = {0, 1, 2}, .configurations = {0, 1}}).feasible()) << "whatever the space";
}

/// Three layers with 2 KiB at the cuts and at the input, on two devices.
struct Measured {
  Graph graph = test::line_graph({1, 2, 3}, {4, 5, 6}, 2048);
  Board board = test::row_board(2);
  Fit fit{
      .configurations = {{.layers = {10.0, 20.0, 30.0}, .enter = {.slope = 0.5, .intercept = 3}, .leave_per_kib = 0.25},
                         {.layers = {1.0, std::nullopt, 3.0}, .enter = {.slope = 2, .intercept = 0}}},
      .links = {
          {{"", "d0"}, {.slope = 1, .intercept = 4}}, {{"d0", "d1"}, {.slope = 10, .intercept = 7}}, {{"d0", "d0"}, {.slope = 0.5, .intercept = 0}}}};
};

constexpr std::int64_t kMicrosecond = 1'000'000;  // picoseconds

TEST(MeasuredCosts, TakesLayersEnteringAndLeavingFromTheFit) {
  const Measured m;
  const ChainCosts costs = measured_costs(m.fit, m.graph, m.board);
  EXPECT_EQ(costs.places, 2U);
  EXPECT_EQ(costs.execute[costs.cell(0, 1)], 20 * kMicrosecond);
  EXPECT_EQ(costs.runs[costs.cell(1, 1)], 0);
  EXPECT_EQ(costs.enter[costs.border(0, 1)], 4 * kMicrosecond) << "3 us and 0.5 us for each of 2 KiB";
  EXPECT_EQ(costs.enter[costs.border(1, 2)], 4 * kMicrosecond) << "2 us for each of 2 KiB";
  EXPECT_EQ(costs.leave[costs.border(0, 1)], kMicrosecond / 2) << "0.25 us for each of 2 KiB";
  EXPECT_EQ(costs.leave[costs.border(0, 3)], 0) << "the last slice has nobody to leave to";
}

TEST(MeasuredCosts, TakesHopsFromTheLinks) {
  const Measured m;
  const ChainCosts costs = measured_costs(m.fit, m.graph, m.board);
  EXPECT_EQ(costs.enter[costs.border(0, 0)], 6 * kMicrosecond) << "from the caller, 4 us and 1 us for each of 2 KiB";
  EXPECT_EQ(costs.transfer[costs.hop(1, 0, 1)], 27 * kMicrosecond);
  EXPECT_EQ(costs.transfer[costs.hop(2, 0, 0)], kMicrosecond) << "a hop within a device that hands over through host memory";
}

TEST(MeasuredCosts, TakesTheDearestLinkForOneThatWasNotMeasured) {
  const Measured m;
  const ChainCosts costs = measured_costs(m.fit, m.graph, m.board);
  EXPECT_EQ(costs.transfer[costs.hop(1, 1, 0)], 27 * kMicrosecond);
  EXPECT_EQ(costs.enter[costs.border(1, 0)], 27 * kMicrosecond) << "from the caller to d1";
  EXPECT_EQ(costs.transfer[costs.hop(1, 1, 1)], 0) << "within a device nothing";
}

TEST(MeasuredCosts, NeverChargeLessThanNothing) {
  Measured m;
  m.fit.links[{"d0", "d1"}] = {.slope = 1, .intercept = -50};
  const ChainCosts costs = measured_costs(m.fit, m.graph, m.board);
  EXPECT_EQ(costs.transfer[costs.hop(1, 0, 1)], 0);
}

TEST(MeasuredCosts, TakesMemoryAndLimitsFromGraphAndBoard) {
  Measured m;
  m.board.devices[1].slice_limit = Bytes{77};
  m.board.spaces = {{.name = "host", .limit = Bytes{1000}}, {.name = "own", .limit = {}}};
  m.board.devices[1].space = SpaceId(1);
  const ChainCosts costs = measured_costs(m.fit, m.graph, m.board);
  EXPECT_THAT(costs.weights, testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(costs.activations, testing::ElementsAre(4, 5, 6));
  EXPECT_THAT(costs.slice_limit, testing::ElementsAre(std::nullopt, 77));
  EXPECT_THAT(costs.space, testing::ElementsAre(0, 1));
  EXPECT_THAT(costs.space_limit, testing::ElementsAre(1000, std::nullopt));
}

// One clock for both devices: the first at 1 or 2 GHz, the second at 2 GHz or as the system likes. What was not timed costs nothing.
TEST(MeasuredCosts, TakeChangesOfClocksFromTheFit) {
  Measured m;
  m.board.devices[0].points = {{.clock = Hertz{1'000'000'000}}, {.clock = Hertz{2'000'000'000}}};
  m.board.devices[1].points = {{.clock = Hertz{2'000'000'000}}, {}};
  m.board = test::expect(make_board(std::move(m.board)));
  m.fit.configurations = {m.fit.configurations[0], m.fit.configurations[0], m.fit.configurations[1], m.fit.configurations[1]};
  EXPECT_FALSE(measured_costs(m.fit, m.graph, m.board).clocks.has_value());
  m.fit.clocks = {
      {.devices = {"d0", "d1"}, .changes = {{{Hertz{1'000'000'000}, Hertz{2'000'000'000}}, 40}, {{Hertz{2'000'000'000}, std::nullopt}, 70}}}};
  const ChainCosts costs = measured_costs(m.fit, m.graph, m.board);
  ASSERT_TRUE(costs.clocks.has_value());
  EXPECT_EQ(costs.clocks->between(0, 1), 40 * kMicrosecond);
  EXPECT_EQ(costs.clocks->between(0, 2), 40 * kMicrosecond);
  EXPECT_EQ(costs.clocks->between(1, 2), 0) << "the same clock";
  EXPECT_EQ(costs.clocks->between(2, 3), 70 * kMicrosecond);
  EXPECT_EQ(costs.clocks->between(3, 2), 0);
}

TEST(MeasuredCosts, HeedsOperatorsThatTheBoardForbidsSince) {
  Measured m;
  m.graph.nodes[2].op = "Pool";
  m.board.devices[0].missing_operators = {"Pool"};
  const ChainCosts costs = measured_costs(m.fit, m.graph, m.board);
  EXPECT_EQ(costs.runs[costs.cell(0, 1)], 1);
  EXPECT_EQ(costs.runs[costs.cell(0, 2)], 0);
  EXPECT_EQ(costs.runs[costs.cell(1, 2)], 1);
}

}  // namespace
}  // namespace mosaic

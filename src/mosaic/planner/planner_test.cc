#include "mosaic/planner/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/plan/validate.h"
#include "mosaic/planner/chain.h"
#include "tests/chains.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// A fit that knows nothing but how many configurations there are.
Fit empty_fit(const ChainCosts& costs) {
  Fit fit;
  for (std::size_t c = 0; c < costs.configurations; ++c) fit.configurations.emplace_back().layers.assign(costs.layers, 0.0);
  return fit;
}

/// Layer 0 takes 50 on d0 and 100 on d1, layer 1 takes 50 and 30: the single configurations cost 100 and 130, the optimum 80, a gain of 20 %.
ChainCosts a_fifth_to_gain() {
  ChainCosts costs(2, 2);
  costs.execute = {50, 50, 100, 30};
  return costs;
}

Decision decide_with(const ChainCosts& costs, const Fit& fit, std::optional<double> margin) {
  return expect(
      decide({.time = costs, .energy = {}}, fit, test::line_graph(costs), test::row_board(costs.configurations), {.margin_percent = margin}));
}

TEST(Decide, TakesTheOptimumWhereItGainsMoreThanTheMargin) {
  const ChainCosts costs = a_fifth_to_gain();
  const Decision decision = decide_with(costs, empty_fit(costs), 19.9);
  EXPECT_EQ(decision.chosen.time.count(), 80);
  EXPECT_EQ(decision.chosen, decision.optimum.best);
  EXPECT_THAT(decision.chosen.chain.configurations, ElementsAre(0, 1));
  EXPECT_EQ(decision.best_single->time.count(), 100);
  EXPECT_THAT(decision.best_single->chain.configurations, ElementsAre(0));
}

TEST(Decide, TakesTheBestSingleConfigurationWhereTheGainIsWithinTheMargin) {
  const ChainCosts costs = a_fifth_to_gain();
  const Decision decision = decide_with(costs, empty_fit(costs), 20.1);
  EXPECT_EQ(decision.chosen.time.count(), 100);
  EXPECT_THAT(decision.chosen.chain.configurations, ElementsAre(0));
  EXPECT_EQ(decision.optimum.best.time.count(), 80);
  EXPECT_EQ(decision.margin_percent, 20.1);
}

TEST(Decide, TakesTheBestSingleConfigurationWhereNothingIsGained) {
  // d1 alone costs 10, and so does layer 0 there and layer 1 on d0 (5 + 2 + 3).
  ChainCosts costs(2, 2);
  costs.execute = {8, 3, 5, 5};
  costs.enter[costs.border(0, 1)] = 2;
  const Decision decision = decide_with(costs, empty_fit(costs), 0);
  EXPECT_EQ(decision.chosen.time.count(), 10);
  EXPECT_THAT(decision.chosen.chain.configurations, ElementsAre(1));
}

TEST(Decide, TakesItsMarginFromWhatTheProfileAdmits) {
  const ChainCosts costs = a_fifth_to_gain();
  Fit fit = empty_fit(costs);
  fit.configurations[1].relative_low = 0.85;  // half of 0.85 to 1.27 is 21 %
  fit.configurations[1].relative_high = 1.27;
  const Decision decision = decide_with(costs, fit, std::nullopt);
  EXPECT_NEAR(decision.margin_percent, 21, 1e-9);
  EXPECT_EQ(decision.chosen.time.count(), 100);
}

TEST(Decide, NeedsNoMarginWhereNoSingleConfigurationIsFeasible) {
  ChainCosts costs = a_fifth_to_gain();
  costs.runs = {1, 0, 0, 1};
  const Decision decision = decide_with(costs, empty_fit(costs), 99);
  EXPECT_EQ(decision.chosen.time.count(), 80);
  EXPECT_FALSE(decision.best_single.has_value());
}

TEST(Decide, NamesALayerThatNoDeviceCanRun) {
  ChainCosts costs(3, 2);
  costs.runs[costs.cell(0, 2)] = costs.runs[costs.cell(1, 2)] = 0;
  const auto decision = decide({.time = costs, .energy = {}}, empty_fit(costs), test::line_graph(costs), test::row_board(2));
  EXPECT_THAT(error_of(decision), AllOf(HasSubstr("'row'"), HasSubstr("layer 2 ('layer2', Conv)")));
  EXPECT_EQ(decision.error().code, ErrorCode::kUnsupported);
}

TEST(Decide, NamesALayerThatIsTooLargeForEveryDevice) {
  ChainCosts costs(2, 2);
  costs.weights = {100, 2000};
  costs.activations = {0, 48};
  costs.slice_limit = {1024, 512};
  const auto decision = decide({.time = costs, .energy = {}}, empty_fit(costs), test::line_graph(costs), test::row_board(2));
  EXPECT_THAT(error_of(decision), AllOf(HasSubstr("layer 1"), HasSubstr("2.00 KiB"), HasSubstr("d0 has 1.00 KiB"), HasSubstr("d1 has 512 B")));
}

TEST(Decide, NamesMemoryThatIsTooSmallInSum) {
  ChainCosts costs(2, 1);
  costs.weights = {600, 600};
  costs.space_limit = {1024};
  Board board = test::row_board(1);
  board.spaces[0].limit = Bytes{1024};
  const auto decision = decide({.time = costs, .energy = {}}, empty_fit(costs), test::line_graph(costs), board);
  EXPECT_THAT(error_of(decision), AllOf(HasSubstr("memory limits"), HasSubstr("1.17 KiB"), HasSubstr("'host' has 1.00 KiB")));
}

/// Two configurations: fast and thirsty, slow and thrifty; 2 layers of 5 ms and 30 mJ, or 9 ms and 10 mJ. Changing costs nothing.
TimeAndEnergy fast_or_thrifty() {
  constexpr std::int64_t kMilli = 1'000'000'000;  // of picoseconds and picojoules
  TimeAndEnergy costs{.time = ChainCosts(2, 2), .energy = ChainCosts(2, 2)};
  costs.time.execute = {5 * kMilli, 5 * kMilli, 9 * kMilli, 9 * kMilli};
  costs.energy->execute = {30 * kMilli, 30 * kMilli, 10 * kMilli, 10 * kMilli};
  return costs;
}

Result<Decision> decide_within(Objective objective, const Constraints& constraints) {
  const TimeAndEnergy costs = fast_or_thrifty();
  return decide(costs, empty_fit(costs.time), test::line_graph(costs.time), test::row_board(2),
                {.margin_percent = 0, .objective = objective, .constraints = constraints});
}

TEST(Decide, TakesTheLeastEnergyWithinALatency) {
  // 18 ms and 20 mJ, 14 and 40, 10 and 60.
  const Decision within_14 = expect(decide_within(Objective::kEnergy, {.latency = Picoseconds(14'500'000'000), .energy = {}}));
  EXPECT_EQ(within_14.chosen.energy, Cost(40'000'000'000));
  EXPECT_EQ(within_14.chosen.time, Cost(14'000'000'000));
  EXPECT_TRUE(within_14.optimum.optimal());
  EXPECT_EQ(within_14.best_single->chain.configurations, std::vector<std::size_t>{0}) << "the thrifty one alone is too slow";
  const Decision with_40 = expect(decide_within(Objective::kLatency, {.latency = {}, .energy = Picojoules{40'000'000'000}}));
  EXPECT_EQ(with_40.chosen.time, Cost(14'000'000'000));
}

TEST(Decide, SaysByHowMuchAConstraintIsTooTight) {
  const std::string latency = error_of(decide_within(Objective::kLatency, {.latency = Picoseconds(8'000'000'000), .energy = {}}));
  EXPECT_THAT(latency, HasSubstr("no plan takes at most 8.000 ms: the least is 10.000 ms, 2.000 ms more"));
  const std::string energy = error_of(decide_within(Objective::kEnergy, {.latency = {}, .energy = Picojoules{15'000'000'000}}));
  EXPECT_THAT(energy, HasSubstr("no plan needs at most 15.000 mJ: the least is 20.000 mJ, 5.000 mJ more"));
  const Constraints both{.latency = Picoseconds(14'000'000'000), .energy = Picojoules{30'000'000'000}};
  EXPECT_THAT(error_of(decide_within(Objective::kEnergyDelay, both)),
              HasSubstr("no plan takes at most 14.000 ms with at most 30.000 mJ: the least is 18.000 ms"));
}

TEST(Decide, NamesTheLeastMemoryWhereALimitForAllSlicesIsTooTight) {
  TimeAndEnergy costs{.time = ChainCosts(2, 1), .energy = {}};
  costs.time.weights = {600, 600};
  costs.time.activations = {100, 200};
  costs.time.memory_limit = 1024;
  const auto decision = decide(costs, empty_fit(costs.time), test::line_graph(costs.time), test::row_board(1));
  EXPECT_THAT(error_of(decision), AllOf(HasSubstr("slices need at least 1.37 KiB"), HasSubstr("all slices together may have 1.00 KiB")));
}

TEST(UncertaintyPercent, IsTheLargestGapOrDrift) {
  Fit fit;
  EXPECT_EQ(uncertainty_percent(fit), 0);
  ConfigurationFit gap;  // the layers sum to 90, the whole takes 100: -10 %
  gap.layers = {40.0, 50.0};
  gap.whole = 100;
  ConfigurationFit drift;  // half of 0.9 to 1.14
  drift.layers = {1.0, 1.0};
  drift.relative_low = 0.9;
  drift.relative_high = 1.14;
  fit.configurations = {gap};
  EXPECT_NEAR(uncertainty_percent(fit), 10, 1e-9);
  fit.configurations = {drift, gap};
  EXPECT_NEAR(uncertainty_percent(fit), 12, 1e-9);
  fit.configurations = {gap};
  EXPECT_NEAR(uncertainty_percent(fit, 3.5), 3.5, 1e-9) << "calibrated: the gap was corrected, so far as the runs could tell";
  fit.configurations = {drift, gap};
  EXPECT_NEAR(uncertainty_percent(fit, 3.5), 12, 1e-9) << "drift stays";
}

/// Two layers on two devices; picoseconds: from the caller 1 us, layer 0 on d0 10 us, leaving 2 us, hop 3 us, entering d1 4 us, layer 1 there 20 us.
ChainCosts forty_microseconds() {
  ChainCosts costs(2, 2, 2);
  costs.place = {0, 1};
  costs.execute = {10'000'000, 0, 0, 20'000'000};
  costs.enter[costs.border(0, 0)] = 1'000'000;
  costs.leave[costs.border(0, 1)] = 2'000'000;
  costs.transfer[costs.hop(1, 0, 1)] = 3'000'000;
  costs.enter[costs.border(1, 1)] = 4'000'000;
  return costs;
}

const Chain kBothDevices{.borders = {0, 1, 2}, .configurations = {0, 1}};

TEST(ToPlan, SaysWhatEachStepIsExpectedToTake) {
  const ChainCosts costs = forty_microseconds();
  const Graph graph = test::line_graph(costs);
  const Board board = test::row_board(2);
  const Plan plan = to_plan(kBothDevices, {.time = costs, .energy = {}}, empty_fit(costs), graph, board);
  ASSERT_EQ(plan.steps.size(), 2U);
  EXPECT_NEAR(plan.steps[0].predicted->transfer.count(), 1, 1e-9);
  EXPECT_NEAR(plan.steps[0].predicted->execute.count(), 12, 1e-9);
  EXPECT_NEAR(plan.steps[1].predicted->transfer.count(), 3, 1e-9);
  EXPECT_NEAR(plan.steps[1].predicted->execute.count(), 24, 1e-9);
  EXPECT_NEAR(plan.prediction->expected.count(), 40, 1e-9);
  EXPECT_EQ(plan.graph, graph.fingerprint);
  EXPECT_EQ(plan.board, board.fingerprint);
  EXPECT_TRUE(validate(graph, board, plan).has_value());
}

TEST(ToPlan, SaysWhatEnergyAndChangesOfClocksAreExpected) {
  TimeAndEnergy costs{.time = forty_microseconds(), .energy = {}};
  costs.time.clocks.emplace(std::vector<std::size_t>{2}, 2);
  costs.time.clocks->sets = {{{.domain = 0, .level = 0}}, {{.domain = 0, .level = 1}}};
  costs.time.clocks->cost(0, 0, 1) = 5'000'000;  // up 5 us, down 1 us
  costs.time.clocks->cost(0, 1, 0) = 1'000'000;
  costs.energy = costs.time;  // microjoules for microseconds
  const Plan plan = to_plan(kBothDevices, costs, empty_fit(costs.time), test::line_graph(costs.time), test::row_board(2));
  EXPECT_NEAR(plan.steps[0].predicted->clocks.count(), 1, 1e-9) << "down, from the run before";
  EXPECT_NEAR(plan.steps[1].predicted->clocks.count(), 5, 1e-9);
  EXPECT_NEAR(plan.steps[1].predicted->energy->value * 1e6, 3 + 5 + 24, 1e-9);
  EXPECT_NEAR(plan.prediction->expected.count(), 46, 1e-9);
  EXPECT_NEAR(plan.prediction->energy->value * 1e6, 46, 1e-9);
}

TEST(ToPlan, WidensTheIntervalByDriftAndByTheGapToTheWhole) {
  const ChainCosts costs = forty_microseconds();
  Fit fit = empty_fit(costs);
  fit.configurations[0].relative_low = 0.95;
  fit.configurations[0].relative_high = 1.05;
  fit.configurations[1].layers = {50.0, 60.0};  // 110 against 100 measured: the sum says 10 % too much, so it may take less
  fit.configurations[1].whole = 100;
  fit.configurations[1].relative_low = 0.98;
  fit.configurations[1].relative_high = 1.08;
  const Plan plan = to_plan(kBothDevices, {.time = costs, .energy = {}}, fit, test::line_graph(costs), test::row_board(2));
  EXPECT_NEAR(plan.prediction->low.count(), 40 * 0.88, 1e-9);
  EXPECT_NEAR(plan.prediction->high.count(), 40 * 1.08, 1e-9);
  const Plan calibrated = to_plan(kBothDevices, {.time = costs, .energy = {}}, fit, test::line_graph(costs), test::row_board(2), 2.0);
  EXPECT_NEAR(calibrated.prediction->low.count(), 40 * 0.93, 1e-9);
  EXPECT_NEAR(calibrated.prediction->high.count(), 40 * 1.10, 1e-9);
}

TEST(ToChain, GivesBackTheChainThatAPlanWasMadeOf) {
  Random random(12);
  int compared = 0;
  for (int i = 0; i < 100; ++i) {
    const ChainCosts costs = test::random_costs(random);
    const auto result = solve_chain(costs);
    if (!result) continue;
    const Board board = test::row_board(costs.configurations);
    const Plan plan = to_plan(result->chain, {.time = costs, .energy = {}}, empty_fit(costs), test::line_graph(costs), board);
    EXPECT_EQ(to_chain(plan, board), result->chain);
    EXPECT_EQ(to_chain(expect(parse_plan(format_plan(plan))), board), result->chain) << "through its file";
    ++compared;
  }
  EXPECT_GT(compared, 50);
}

TEST(ToChain, IsNothingForAPlanThatIsNoChain) {
  const Board board = test::row_board(2);
  const auto step = [](std::vector<LayerId> layers, std::vector<StepId> after) {
    return Step{.layers = std::move(layers), .channels = {}, .configuration = "d0", .after = std::move(after), .predicted = {}};
  };
  const LayerId l0(0);
  const LayerId l1(1);
  const LayerId l2(2);
  const StepId s0(0);
  EXPECT_TRUE(to_chain({.steps = {step({l0, l1}, {}), step({l2}, {s0})}}, board).has_value());
  EXPECT_FALSE(to_chain({.steps = {step({l0, l2}, {}), step({l1}, {s0})}}, board).has_value()) << "a gap";
  EXPECT_FALSE(to_chain({.steps = {step({l0}, {}), step({l1, l2}, {})}}, board).has_value()) << "side by side";
  EXPECT_FALSE(to_chain({.steps = {step({l1}, {}), step({l0}, {s0})}}, board).has_value()) << "not from the start";
  Plan elsewhere{.steps = {step({l0}, {})}};
  elsewhere.steps[0].configuration = "nowhere";
  EXPECT_FALSE(to_chain(elsewhere, board).has_value());
}

}  // namespace
}  // namespace mosaic

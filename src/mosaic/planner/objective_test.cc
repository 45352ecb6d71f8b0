#include "mosaic/planner/objective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "mosaic/planner/front.h"
#include "tests/chains.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::AllOf;
using testing::HasSubstr;

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;  // time and energy

/// Instances by turns: plain, with clocks, with limits of memory, with both.
test::InstanceOptions options_of(int turn) {
  return {.most_layers = 6,
          .most_configurations = 4,
          .slice_limits = turn % 4 != 0,
          .space_limits = turn % 4 >= 2,
          .missing = turn % 4 != 0,
          .memory_limit = turn % 4 >= 2,
          .clocks = turn % 2 == 1,
          .cheap_slices = turn % 3 != 0};
}

TEST(ParseObjective, KnowsThree) {
  for (const Objective each : {Objective::kLatency, Objective::kEnergy, Objective::kEnergyDelay})
    EXPECT_EQ(expect(parse_objective(name(each))), each);
  const auto beauty = parse_objective("beauty");
  EXPECT_THAT(error_of(beauty), AllOf(HasSubstr("'beauty'"), HasSubstr("latency, energy and edp")));
  EXPECT_EQ(beauty.error().code, ErrorCode::kUnsupported);
}

/// Three layers: fast at 2 ms and 9 mJ each, thrifty at 5 ms and 3 mJ each; hops for nothing. So n thrifty layers make 6 + 3n ms and 27 - 6n mJ:
/// (6, 27), (9, 21), (12, 15), (15, 9) with products 162, 189, 180, 135.
TimeAndEnergy three_layers() {
  TimeAndEnergy costs{.time = ChainCosts(3, 2), .energy = ChainCosts(3, 2)};
  costs.time.execute = {2, 2, 2, 5, 5, 5};
  costs.energy->execute = {9, 9, 9, 3, 3, 3};
  return costs;
}

std::pair<std::int64_t, std::int64_t> best_of_three_layers(Objective objective, const Constraints& constraints = {}) {
  const auto optimum = best_chain(three_layers(), objective, constraints);
  EXPECT_TRUE(optimum.has_value() && optimum->optimal());
  return optimum ? std::pair(optimum->best.time.count(), optimum->best.energy->count()) : std::pair<std::int64_t, std::int64_t>();
}

TEST(BestChain, MinimisesWhatItIsAskedTo) {
  EXPECT_EQ(best_of_three_layers(Objective::kLatency), std::pair(6L, 27L));
  EXPECT_EQ(best_of_three_layers(Objective::kEnergy), std::pair(15L, 9L));
  EXPECT_EQ(best_of_three_layers(Objective::kEnergyDelay), std::pair(15L, 9L));
}

TEST(BestChain, KeepsConstraintsToTheLastUnit) {
  EXPECT_EQ(best_of_three_layers(Objective::kEnergy, {.latency = Picoseconds(12), .energy = {}}), std::pair(12L, 15L));
  EXPECT_EQ(best_of_three_layers(Objective::kEnergy, {.latency = Picoseconds(11), .energy = {}}), std::pair(9L, 21L));
  EXPECT_EQ(best_of_three_layers(Objective::kLatency, {.latency = {}, .energy = Picojoules{20}}), std::pair(12L, 15L));
  EXPECT_EQ(best_of_three_layers(Objective::kEnergyDelay, {.latency = Picoseconds(14), .energy = {}}), std::pair(6L, 27L));
  EXPECT_EQ(best_of_three_layers(Objective::kEnergyDelay, {.latency = Picoseconds(14), .energy = Picojoules{26}}), std::pair(12L, 15L));
}

TEST(BestChain, SaysHowMuchIsMissing) {
  const auto too_fast = best_chain(three_layers(), Objective::kEnergy, {.latency = Picoseconds(5), .energy = {}});
  ASSERT_FALSE(too_fast.has_value());
  EXPECT_EQ(too_fast.error().what, Infeasible::What::kLatency);
  EXPECT_EQ(too_fast.error().least, Cost(6));
  EXPECT_FALSE(too_fast.error().within_other);
  const auto both = best_chain(three_layers(), Objective::kEnergy, {.latency = Picoseconds(11), .energy = Picojoules{20}});
  ASSERT_FALSE(both.has_value());
  EXPECT_EQ(both.error().what, Infeasible::What::kLatency);
  EXPECT_EQ(both.error().least, Cost(12)) << "with at most 20 of energy";
  EXPECT_TRUE(both.error().within_other);
  TimeAndEnergy nowhere = three_layers();
  nowhere.time.runs[0] = nowhere.time.runs[3] = nowhere.energy->runs[0] = nowhere.energy->runs[3] = 0;
  EXPECT_EQ(best_chain(nowhere, Objective::kLatency).error().what, Infeasible::What::kNoChain);
  EXPECT_EQ(best_chain(nowhere, Objective::kEnergy).error().what, Infeasible::What::kNoChain);
}

TEST(BestChain, NeedsNoEnergyForLatencyAlone) {
  TimeAndEnergy costs = three_layers();
  costs.energy.reset();
  EXPECT_EQ(best_chain(costs, Objective::kLatency)->best.time, Cost(6));
  EXPECT_EQ(best_chain(costs, Objective::kLatency, {.latency = Picoseconds(5), .energy = {}}).error().least, Cost(6));
}

/// Checks a result against the least value among a front's points that keep the constraints.
void compare(const TimeAndEnergy& costs, const Pairs& front, Objective objective, const Constraints& constraints) {
  std::optional<double> least;
  for (const auto& [time, energy] : front) {
    const PricedChain point{.chain = {}, .time = Cost(time), .energy = Cost(energy)};
    if (!constraints.allow(point)) continue;
    least = std::min(least.value_or(value_of(point, objective)), value_of(point, objective));
  }
  const auto optimum = best_chain(costs, objective, constraints);
  ASSERT_EQ(optimum.has_value(), least.has_value());
  if (!optimum) return;
  ASSERT_TRUE(optimum->optimal());
  ASSERT_EQ(price(costs, optimum->best.chain), optimum->best) << "the chain is not what the costs say";
  ASSERT_TRUE(constraints.allow(optimum->best));
  ASSERT_EQ(value_of(optimum->best, objective), *least);
}

TEST(BestChain, IsTheBestOfFiveHundredRandomInstances) {
  Random random(61);
  int feasible = 0;
  int shapely = 0;
  for (int i = 0; i < 500; ++i) {
    SCOPED_TRACE(i);
    const TimeAndEnergy costs = test::random_time_and_energy(random, options_of(i));
    const Pairs front = test::front_by_force(costs);
    feasible += front.empty() ? 0 : 1;
    shapely += front.size() > 4 ? 1 : 0;
    std::vector<Constraints> all{{}};
    if (!front.empty()) {
      const auto& point = front[random.below(front.size())];  // exactly kept, and missed by one
      const std::int64_t slack = static_cast<std::int64_t>(random.below(2)) - 1;
      all.push_back({.latency = Picoseconds(point.first + slack), .energy = {}});
      all.push_back({.latency = {}, .energy = Picojoules{point.second + slack}});
      const auto& other = front[random.below(front.size())];
      all.push_back({.latency = Picoseconds(point.first), .energy = Picojoules{other.second}});
    }
    for (const Constraints& constraints : all) {
      for (const Objective objective : {Objective::kLatency, Objective::kEnergy, Objective::kEnergyDelay})
        compare(costs, front, objective, constraints);
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(feasible, 300);
  EXPECT_GT(shapely, 120);
}

TEST(BestChain, SaysTheLeastThereIsWhereItIsInfeasible) {
  Random random(62);
  int checked = 0;
  for (int i = 0; i < 200; ++i) {
    SCOPED_TRACE(i);
    const TimeAndEnergy costs = test::random_time_and_energy(random, options_of(i));
    const Pairs front = test::front_by_force(costs);
    if (front.size() < 3) continue;
    const auto latency = best_chain(costs, Objective::kEnergyDelay, {.latency = Picoseconds(front.front().first - 1), .energy = {}});
    ASSERT_FALSE(latency.has_value());
    ASSERT_EQ(latency.error().least, Cost(front.front().first));
    // Fast enough for no more than the second point, thrifty enough for nothing before the third.
    const auto both = best_chain(costs, Objective::kEnergy, {.latency = Picoseconds(front[1].first), .energy = Picojoules{front[2].second}});
    ASSERT_FALSE(both.has_value());
    ASSERT_EQ(both.error().what, Infeasible::What::kLatency);
    ASSERT_EQ(both.error().least, Cost(front[2].first));
    ++checked;
  }
  EXPECT_GT(checked, 80);
}

/// Whether a result with at most `cap` labels keeps the constraints and is as good as it says; one with a gap counts as unproved.
void check_capped(const TimeAndEnergy& costs, Objective objective, const Constraints& constraints, std::size_t cap, int& unproved) {
  const auto capped = best_chain(costs, objective, constraints, cap);
  const auto exact = best_chain(costs, objective, constraints);
  ASSERT_TRUE(exact.has_value() && exact->optimal());
  if (!capped) {
    ASSERT_FALSE(capped.error().proved);
    return;
  }
  ASSERT_TRUE(constraints.allow(capped->best));
  const double value = value_of(capped->best, objective);
  const double least = value_of(exact->best, objective);
  ASSERT_GE(value, least);
  if (capped->optimal()) {
    ASSERT_EQ(value, least);
  } else {
    ASSERT_GE(least, value * (1 - *capped->gap_percent / 100) * (1 - 1e-9));
    ++unproved;
  }
}

TEST(BestChain, BoundsTheGapWhereLabelsRunOut) {
  Random random(63);
  int unproved = 0;
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE(i);
    const TimeAndEnergy costs = test::random_time_and_energy(random, options_of(i));
    const Pairs front = test::front_by_force(costs);
    if (front.empty()) continue;
    const Constraints constraints{.latency = Picoseconds(front[front.size() / 2].first), .energy = {}};
    for (const Objective objective : {Objective::kEnergy, Objective::kEnergyDelay}) check_capped(costs, objective, constraints, 2, unproved);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(unproved, 5);
}

/// Instances with fronts of many points, within limits of both that leave some of them, and with few labels.
void check_within_both(std::uint64_t seed, const test::InstanceOptions& options) {
  Random random(seed);
  int unproved = 0;
  for (int i = 0; i < 300; ++i) {
    SCOPED_TRACE(i);
    const TimeAndEnergy costs = test::random_time_and_energy(random, options);
    const Front front = pareto_front(costs);
    ASSERT_TRUE(front.complete);
    const std::size_t count = front.points.size();
    if (count < 4) continue;
    const std::size_t fast = random.below(count - 1);
    const std::size_t slow = fast + 1 + random.below(count - fast - 1);
    Constraints constraints{.latency = Picoseconds(front.points[slow].time.count()), .energy = {}};
    for (const bool both : {false, true}) {
      if (both) constraints.energy = Picojoules{front.points[fast].energy->count()};
      for (const Objective objective : {Objective::kLatency, Objective::kEnergy, Objective::kEnergyDelay}) {
        for (const std::size_t cap : {2U, 3U, 4U}) check_capped(costs, objective, constraints, cap, unproved);
      }
    }
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(unproved, 200);
}

TEST(BestChain, KeepsBothConstraintsWhereLabelsRunOut) { check_within_both(70, {.most_layers = 12, .most_configurations = 4, .cheap_slices = true}); }

// What a label paid for leaving is its own configuration's, and differs between those of one place. Without limits there are many labels of which
// bounds that are too high would make a proof.
TEST(BestChain, ProvesNothingWrongWhereLabelsRunOut) {
  check_within_both(71, {.most_layers = 12, .most_configurations = 4, .slice_limits = false, .space_limits = false, .cheap_slices = true});
}

}  // namespace
}  // namespace mosaic

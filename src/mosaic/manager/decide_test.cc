#include "mosaic/manager/decide.h"

#include <gtest/gtest.h>

#include <functional>

#include "mosaic/manager/sharing.h"
#include "mosaic/manager/test_machine.h"

namespace mosaic::manager {
namespace {

using test::operator""_ms;

const Machine& machine() {
  static const Machine kMachine = test::small_machine();
  return kMachine;
}

Demand demand(Nanoseconds latency, Nanoseconds period, int priority = 0) {
  Demand made{.priority = priority, .targets = {}, .period = period, .options = test::all_options(test::small_table(4, 10_ms)), .current = {}};
  made.targets.latency = latency;
  return made;
}

const Option& chosen(const Demand& demand, const Decision& decision, std::size_t application = 0) {
  return demand.options[decision.choices.at(application).value()];
}

std::string placement(const Option& option) { return machine().placements[option.operation.placement].name; }

/// Every choice for every application, judged by the same function that states the rules.
std::optional<Cost> by_brute_force(const Machine& on, const std::vector<Demand>& demands, const Rules& rules) {
  std::vector<Choice> choices(demands.size());
  std::optional<Cost> best;
  const std::function<void(std::size_t)> descend = [&](std::size_t i) {
    if (i == demands.size()) {
      if (const auto cost = judge(on, demands, rules, choices); cost && (!best || *cost < *best)) best = cost;
      return;
    }
    choices[i] = std::nullopt;
    descend(i + 1);
    for (std::size_t option = 0; option < demands[i].options.size(); ++option) {
      choices[i] = option;
      descend(i + 1);
    }
  };
  descend(0);
  return best;
}

TEST(Decide, TakesTheLargestLevelThatKeepsTheLatencyWithTheLeastEnergy) {
  const std::vector<Demand> one{demand(45_ms, 100_ms)};  // 40.5 ms count: level 3 takes 40 on one core, 22 on two, 40, 20, 10 on the GPU
  const Decision decision = decide(machine(), one, {});
  EXPECT_EQ(chosen(one[0], decision).operation.level, 3U);
  EXPECT_EQ(placement(chosen(one[0], decision)), "gpu@100MHz");
  EXPECT_EQ(decision.cost.missed, 0U);
  EXPECT_TRUE(decision.proved);
}

TEST(Decide, EnergyFirstTakesTheSmallestLevelAboveTheFloor) {
  std::vector<Demand> one{demand(45_ms, 100_ms)};
  one[0].targets.accuracy_percent = 82;
  const Decision decision = decide(machine(), one, {.prefer = Prefer::kEnergy});
  EXPECT_EQ(chosen(one[0], decision).operation.level, 1U);
  EXPECT_EQ(placement(chosen(one[0], decision)), "gpu@100MHz");
}

TEST(Decide, ApplicationsOnOneClockDomainAgreeAboutIt) {
  // Level 3 within 12 ms is the GPU at 400 MHz; the other one would take it at 100 MHz, and has to go elsewhere or along.
  const std::vector<Demand> two{demand(12_ms, 100_ms, 1), demand(45_ms, 100_ms, 0)};
  const Decision decision = decide(machine(), two, {.reach = 1});
  EXPECT_EQ(placement(chosen(two[0], decision)), "gpu@400MHz");
  EXPECT_NE(placement(chosen(two[1], decision, 1)), "gpu@100MHz");
  EXPECT_EQ(decision.cost.missed, 0U);
}

TEST(Decide, WhoSharesUnitsWaitsForOneRequestOfEachOther) {
  Machine single = machine();
  single.placements.resize(1);
  std::vector<Demand> two{demand(45_ms, 400_ms), demand(45_ms, 400_ms)};
  for (Demand& each : two) std::erase_if(each.options, [](const Option& option) { return option.operation.placement != 0; });
  const Decision decision = decide(single, two, {.reach = 1});
  const std::int64_t together = chosen(two[0], decision).latency.count() + chosen(two[1], decision, 1).latency.count();
  EXPECT_EQ(together, Nanoseconds(40_ms).count());  // 10 + 30 or 20 + 20: both keep 45 ms
  EXPECT_EQ(responses(single, two, decision.choices), (std::vector<Nanoseconds>{40_ms, 40_ms}));
}

TEST(Decide, DelaysMakeRequestsLateAndNothingBusy) {
  std::vector<Demand> one{demand(45_ms, 50_ms)};
  std::erase_if(one[0].options, [](const Option& option) { return option.operation.placement != 0; });
  for (Option& each : one[0].options) each.delay = 20_ms;
  const Decision decision = decide(machine(), one, {.reach = 1});  // level 3 takes 40 ms, which is 80 % of the period; with the delay it is late
  EXPECT_EQ(chosen(one[0], decision).latency, 20_ms);
  EXPECT_EQ(decision.cost.missed, 0U);
  EXPECT_EQ(responses(machine(), one, decision.choices), std::vector<Nanoseconds>{40_ms});
  one[0].targets.latency = 60_ms;
  EXPECT_EQ(chosen(one[0], decide(machine(), one, {.reach = 1})).latency, 40_ms);
}

TEST(Decide, WhatIsMoreImportantKeepsItsTargetWhateverOthersLose) {
  Machine single = machine();
  single.placements.resize(1);
  std::vector<Demand> three{demand(11_ms, 100_ms, 0), demand(11_ms, 100_ms, 0), demand(11_ms, 100_ms, 5)};
  for (Demand& each : three) std::erase_if(each.options, [](const Option& option) { return option.operation.placement != 0; });
  const Decision decision = decide(single, three, {.reach = 1});
  ASSERT_TRUE(decision.choices[2]);
  EXPECT_EQ(responses(single, three, decision.choices)[2], 10_ms);
  EXPECT_FALSE(decision.choices[0]);
  EXPECT_FALSE(decision.choices[1]);
}

TEST(Decide, UnreachableTargetsAreMissedByAsLittleAsPossible) {
  std::vector<Demand> one{demand(1_ms, 100_ms)};
  one[0].targets.accuracy_percent = 99;
  const Decision decision = decide(machine(), one, {});
  EXPECT_EQ(decision.cost.missed, 2U);
  EXPECT_EQ(placement(chosen(one[0], decision)), "gpu@400MHz");
}

TEST(Decide, KeepsWithinMemoryAndBusyTime) {
  std::vector<Demand> two{demand(45_ms, 20_ms), demand(45_ms, 20_ms)};
  const Decision decision = decide(machine(), two, {.memory = Bytes{1'000'000}});
  EXPECT_NE(decision.choices[0].has_value(), decision.choices[1].has_value());
  for (std::size_t i = 0; i < 2; ++i) {
    if (decision.choices[i]) {
      EXPECT_LE(chosen(two[i], decision, i).latency, 17_ms);
    }
  }
}

TEST(Decide, NobodyWaitsForAnotherWhereItCostsTheSameNotTo) {
  std::vector<Demand> two{demand(100_ms, 200_ms, 1), demand(100_ms, 200_ms)};  // both of 40 ms would fit on one core
  for (Demand& each : two) std::erase_if(each.options, [](const Option& option) { return option.operation.placement > 1; });
  const Decision decision = decide(machine(), two, {});
  EXPECT_NE(placement(chosen(two[0], decision)), placement(chosen(two[1], decision, 1)));
  EXPECT_EQ(responses(machine(), two, decision.choices), (std::vector<Nanoseconds>{40_ms, 40_ms}));
}

TEST(Decide, StaysWhereEverythingElseIsEqual) {
  std::vector<Demand> one{demand(100_ms, 200_ms)};
  std::erase_if(one[0].options, [](const Option& option) { return option.operation.placement > 1; });  // two equal cores
  for (const std::size_t current : {one[0].options.size() - 1, one[0].options.size() - 2}) {
    one[0].current = current;
    EXPECT_EQ(decide(machine(), one, {}).choices[0], current);
  }
}

TEST(Decide, IsAsGoodAsTryingEverything) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    const Machine on = test::random_machine(2 + random.below(4), random);
    std::vector<Demand> demands;
    const std::size_t applications = 1 + random.below(3);
    for (std::size_t i = 0; i < applications; ++i) demands.push_back(test::random_demand(on, 1 + random.below(3), random));
    Rules rules{.reach = 0.9, .keep = 0.97, .utilisation = 0.85, .prefer = random.below(2) == 0 ? Prefer::kAccuracy : Prefer::kEnergy};
    if (random.below(3) == 0) rules.memory = Bytes{random.between(1, 8) * 1'000'000};
    const Decision decision = decide(on, demands, rules);
    EXPECT_TRUE(decision.proved) << seed;
    EXPECT_EQ(by_brute_force(on, demands, rules), decision.cost) << seed;
    EXPECT_EQ(judge(on, demands, rules, decision.choices), decision.cost) << seed;
    for (const double share : busy_shares(on, demands, rules, decision.choices)) EXPECT_LE(share, rules.utilisation + 1e-9) << seed;
  }
}

TEST(Decide, WhoSharesUnitsMakesThemBusyTogether) {
  std::vector<Demand> three{demand(45_ms, 100_ms), demand(45_ms, 20_ms), demand(45_ms, 100_ms)};
  for (Demand& each : three) std::erase_if(each.options, [](const Option& option) { return option.operation.placement > 1; });
  const std::vector<Choice> choices{2, 6, std::nullopt};  // 20 ms of 100 on the first core and 40 ms of 20, of which 17 are let in
  EXPECT_EQ(busy_shares(machine(), three, {}, choices), (std::vector<double>{0.2 + 0.85, 0.85 + 0.2, 0}));
  EXPECT_FALSE(judge(machine(), three, {}, choices));
}

TEST(Decide, GivesTheBestSeenWhereTheSearchIsCutOff) {
  Random random(7);
  const Machine on = test::random_machine(12, random);
  std::vector<Demand> demands;
  for (std::size_t i = 0; i < 6; ++i) demands.push_back(test::random_demand(on, 6, random));
  const Decision cut = decide(on, demands, {.most_nodes = 30});
  EXPECT_FALSE(cut.proved);
  EXPECT_TRUE(judge(on, demands, {.most_nodes = 30}, cut.choices));
  EXPECT_LE(decide(on, demands, {}).cost, cut.cost);
}

TEST(Decide, WithoutApplicationsThereIsNothingToDecide) { EXPECT_TRUE(decide(machine(), {}, {}).choices.empty()); }

}  // namespace
}  // namespace mosaic::manager

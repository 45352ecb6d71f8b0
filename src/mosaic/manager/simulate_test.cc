#include "mosaic/manager/simulate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "mosaic/manager/manager.h"
#include "mosaic/manager/published.h"
#include "mosaic/manager/statics.h"
#include "mosaic/manager/test_machine.h"
#include "tests/support.h"

namespace mosaic::manager {
namespace {

using test::expect;
using test::operator""_ms;
using testing::HasSubstr;

struct Street {
  Machine machine = test::small_machine();
  Scenario scenario;
  std::vector<LevelTable> tables;
  World world;

  Street() {
    scenario.name = "street";
    scenario.duration = 10'000_ms;
    machine.shared = {2, 2, 1.5};
    world.noise = 0.03;
  }

  /// Periodic requests of a family of four levels, of which the smallest takes 4 ms on a core.
  void add(const std::string& name, Nanoseconds latency, Nanoseconds period, int priority = 0) {
    Tenant tenant{.name = name, .family = {}, .priority = priority, .targets = {}, .arrivals = {}};
    tenant.targets.latency = latency;
    tenant.arrivals = {.kind = Arrivals::Kind::kPeriodic, .period = period, .instants = {}};
    scenario.tenants.push_back(tenant);
    tables.push_back(test::small_table(4, 4_ms));
  }

  /// Without the GPU, where everything fits.
  void cores_only() {
    machine.placements.resize(3);
    for (LevelTable& table : tables) {
      for (LevelTable::Level& level : table.levels) level.costs.resize(3);
    }
  }

  void at(Nanoseconds at, Change change) { scenario.events.push_back({.at = at, .change = std::move(change)}); }

  [[nodiscard]] Outcome run(Policy& policy) const { return expect(simulate(machine, scenario, tables, world, policy)); }
  [[nodiscard]] Outcome run() const {
    Manager manager({.rules = {.prefer = scenario.prefer}});
    return run(manager);
  }
  [[nodiscard]] std::vector<Summary> summary(const Outcome& outcome) const { return summaries(scenario, tables, outcome); }
};

/// Requests of different applications that hold the same unit at the same time, or one that two requests of an application hold.
std::size_t overlaps(const Machine& machine, const Outcome& outcome) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < outcome.records.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Record& a = outcome.records[i];
      const Record& b = outcome.records[j];
      if (!a.operation || !b.operation || a.finished <= b.started || b.finished <= a.started) continue;
      if ((machine.placements[a.operation->placement].units & machine.placements[b.operation->placement].units) != 0) ++count;
    }
  }
  return count;
}

TEST(Simulate, EveryRequestHasOneEndAndUnitsAreHeldByOne) {
  Street street;
  street.add("a", 20_ms, 25_ms);
  street.add("b", 15_ms, 30_ms);
  street.add("c", 90_ms, 35_ms);
  street.scenario.tenants[2].arrivals.kind = Arrivals::Kind::kPoisson;
  street.cores_only();
  street.scenario.duration = 3000_ms;
  const Outcome outcome = street.run();
  std::map<std::size_t, std::size_t> of;
  for (const Record& each : outcome.records) {
    ++of[each.tenant];
    EXPECT_GE(each.finished, each.arrived);
  }
  EXPECT_NEAR(static_cast<double>(of[0]), 120, 2);
  EXPECT_NEAR(static_cast<double>(of[1]), 100, 2);
  EXPECT_EQ(overlaps(street.machine, outcome), 0U);
  EXPECT_TRUE(outcome.simulated);
}

TEST(Simulate, RepeatsExactly) {
  Street street;
  street.add("a", 20_ms, 25_ms);
  street.at(3000_ms, Load{.units = {"cpu0"}, .share = 1});
  const Outcome one = street.run();
  const Outcome other = street.run();
  ASSERT_EQ(one.records.size(), other.records.size());
  for (std::size_t i = 0; i < one.records.size(); ++i) EXPECT_EQ(one.records[i].finished, other.records[i].finished);
  EXPECT_EQ(one.energy, other.energy);
}

TEST(Manager, FollowsALoadThatComesAndGoes) {
  Street street;
  street.add("camera", 20_ms, 40_ms);  // 18 ms count: level 3 on two cores takes 8.9, under load on both 17.8
  street.cores_only();
  street.tables[0].levels.push_back(street.tables[0].levels.back());
  street.tables[0].levels.back().name = "huge";
  street.tables[0].levels.back().accuracy_percent = 95;
  for (auto& cost : street.tables[0].levels.back().costs) cost->latency = 2 * cost->latency;  // 17.8 on two cores: only alone
  street.at(3000_ms, Load{.units = {"cpu0", "cpu1"}, .share = 1});
  street.at(6000_ms, Load{.units = {"cpu0", "cpu1"}, .share = 0});
  const Outcome outcome = street.run();
  const Summary summary = street.summary(outcome)[0];
  EXPECT_GT(summary.on_time_percent(), 98);
  EXPECT_LE(summary.switches, 4U);
  std::map<std::string, std::size_t> levels[3];
  for (const Record& each : outcome.records)
    ++levels[each.arrived < 3000_ms ? 0 : each.arrived < 6000_ms ? 1 : 2][street.tables[0].levels[each.operation->level].name];
  EXPECT_EQ(levels[0].size(), 1U);
  EXPECT_GT(levels[0]["huge"], 70U);
  EXPECT_LT(levels[1]["huge"], 5U);
  EXPECT_GT(levels[2]["huge"], 80U);

  PublishedPolicy published(false);
  EXPECT_LT(street.summary(street.run(published))[0].accuracy_percent, summary.accuracy_percent);
  StaticPolicy largest(StaticPolicy::Size::kLargest, Governor::kPerformance);
  EXPECT_LT(street.summary(street.run(largest))[0].on_time_percent(), 80);
  StaticPolicy smallest(StaticPolicy::Size::kSmallest, Governor::kPerformance);
  const Summary small = street.summary(street.run(smallest))[0];
  EXPECT_EQ(small.on_time_percent(), 100);
  EXPECT_LT(small.accuracy_percent, summary.accuracy_percent - 5);
}

TEST(Manager, LearnsOfALoadThatNobodyShowsIt) {
  Street street;
  street.add("camera", 20_ms, 40_ms);
  street.cores_only();
  street.world.table_error = 2.2;  // level 3 on two cores takes 19.6 ms instead of 8.9
  const Outcome outcome = street.run();
  EXPECT_GT(street.summary(outcome)[0].on_time_percent(), 97);
  EXPECT_LE(street.summary(outcome)[0].switches, 3U);
  EXPECT_LT(outcome.records.back().operation->level, 3U);
}

TEST(Manager, AnswersEveryKindOfEventAtOnceWithAValidDecision) {
  Street street;
  street.add("camera", 20_ms, 40_ms, 2);
  street.add("voice", 50_ms, 60_ms, 1);
  street.add("page", 100_ms, 50_ms, 0);
  street.scenario.tenants[1].from_start = false;
  street.at(1000_ms, Arrive{"voice"});
  street.at(2000_ms, Retarget{.application = "camera", .latency = 5_ms});
  street.at(2500_ms, Retarget{.application = "page", .accuracy_percent = 85, .priority = 5});
  street.at(3000_ms, Cap{.domain = "gpu", .clock = Hertz{200'000'000}});
  street.at(4000_ms, Offline{.units = {"cpu1"}});
  street.at(5000_ms, MemoryLimit{Bytes{2'000'000}});
  street.at(5500_ms, MemoryLimit{});
  street.at(6000_ms, Load{.units = {"gpu"}, .share = 1});
  street.at(7000_ms, Offline{.units = {"cpu1"}, .offline = false});
  street.at(7500_ms, Cap{.domain = "gpu", .clock = {}});
  street.at(8000_ms, Leave{"camera"});
  const Outcome outcome = street.run();
  std::size_t events = 0;
  for (const Logged& each : outcome.decisions) {
    if (each.event) ++events;
    const bool offline = each.at >= 4000_ms && each.at < 7000_ms;
    std::size_t served = 0;
    std::uint64_t clocks = 0;
    for (const auto& operation : each.operations) {
      if (!operation) continue;
      ++served;
      const Placement& placement = street.machine.placements[operation->placement];
      if (offline) {
        EXPECT_EQ(placement.units & 0b010U, 0U) << each.reason;
      }
      EXPECT_TRUE(clocks_agree(clocks, placement.clocks)) << each.reason;
      clocks |= placement.clocks;
      if (each.at >= 3000_ms && each.at < 7500_ms) {
        EXPECT_LE(placement.level_of(0), 2U) << each.reason;
      }
    }
    if (each.at >= 5000_ms && each.at < 5500_ms) {
      EXPECT_EQ(served, 2U);
    }
    if (each.at >= 8000_ms) {
      EXPECT_FALSE(each.operations[0]);
    }
  }
  EXPECT_EQ(events, 12U);  // and the start
  EXPECT_LE(outcome.decisions.size(), 24U);
  EXPECT_EQ(overlaps(street.machine, outcome), 0U);
}

TEST(Manager, DoesNotGoToAndFro) {
  Street street;
  street.add("camera", 20_ms, 40_ms);
  street.cores_only();
  street.world.noise = 0.25;  // times that sometimes miss what they mostly keep
  street.scenario.duration = 60'000_ms;
  const Summary summary = street.summary(street.run())[0];
  EXPECT_LE(summary.switches, 20U);
  EXPECT_GT(summary.on_time_percent(), 90);
}

TEST(Manager, WithPerfectTablesIsAsGoodAsAnOracle) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Street street;
    Random random(seed);
    street.scenario.seed = seed;
    street.scenario.duration = 30'000_ms;
    street.scenario.prefer = Prefer::kEnergy;
    street.world.noise = 0;
    street.add("camera", 20_ms, 40_ms, 1);
    street.add("voice", 60_ms, 70_ms, 0);
    for (Tenant& each : street.scenario.tenants) each.targets.accuracy_percent = 82;
    for (int i = 1; i <= 3; ++i) {
      street.at(
          Nanoseconds(random.between(1, 9) * 1'000'000'000 + 3'000'000'000LL * i),
          Retarget{.application = "camera", .latency = Nanoseconds(random.between(10, 40) * 1'000'000), .accuracy_percent = random.uniform(80, 86)});
      street.at(Nanoseconds(random.between(1, 9) * 1'000'000'000 + 3'000'000'000LL * i + 500'000'000),
                Load{.units = {random.below(2) == 0 ? "cpu0" : "gpu"}, .share = random.below(2) == 0 ? 1.0 : 0.0});
    }
    std::ranges::stable_sort(street.scenario.events, {}, &Event::at);
    const Outcome ours = street.run();
    Manager oracle({.rules = {.reach = 1, .keep = 1, .prefer = Prefer::kEnergy},
                    .truth = [&](Units units, const std::vector<double>& load) { return street.machine.contention(units, load); }});
    const Outcome best = street.run(oracle);
    EXPECT_LE(ours.energy->value, 1.05 * best.energy->value) << seed;
    for (std::size_t t = 0; t < 2; ++t)
      EXPECT_GE(street.summary(ours)[t].on_time_percent(), street.summary(best)[t].on_time_percent() - 1) << seed << ' ' << t;
  }
}

TEST(Simulate, HeatLowersClocks) {
  Street street;
  street.add("camera", 5_ms, 6_ms);
  street.machine.placements.erase(street.machine.placements.begin(), street.machine.placements.begin() + 3);
  for (LevelTable::Level& level : street.tables[0].levels) level.costs.erase(level.costs.begin(), level.costs.begin() + 3);
  street.scenario.duration = 60'000_ms;
  street.scenario.thermal = Thermal{.ambient = 25, .limit = 45, .margin = 5, .kelvin_per_watt = 10, .joules_per_kelvin = 1};
  const Outcome outcome = street.run();
  bool throttled = false;
  for (const Logged& each : outcome.decisions) throttled = throttled || each.reason.find("clocks go down") != std::string::npos;
  EXPECT_TRUE(throttled);
}

TEST(Simulate, SaysWhatAnEventNamesInVain) {
  Street street;
  street.add("camera", 20_ms, 40_ms);
  street.at(1000_ms, Offline{.units = {"cpu7"}});
  Manager manager({});
  const auto outcome = simulate(street.machine, street.scenario, street.tables, street.world, manager);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("there is no core or device 'cpu7' on small (there are cpu0, cpu1, gpu)"));
  street.scenario.events.clear();
  street.scenario.duration = {};
  EXPECT_FALSE(simulate(street.machine, street.scenario, street.tables, street.world, manager));
}

}  // namespace
}  // namespace mosaic::manager

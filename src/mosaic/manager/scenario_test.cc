#include "mosaic/manager/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/base/file.h"
#include "mosaic/manager/arrivals.h"
#include "mosaic/manager/test_machine.h"
#include "tests/support.h"

namespace mosaic::manager {
namespace {

using test::expect;
using test::operator""_ms;
using testing::HasSubstr;

constexpr const char* kScenario = R"(schema_version: 1
name: street
duration: 2 s
control_period: 50 ms
prefer: energy
applications:
  - {name: camera, family: nets/family.yaml, latency: 20 ms, accuracy_percent: 80, priority: 2, requests: {every: 40 ms}}
  - {name: voice, family: nets/family.yaml, energy: 5 mJ, power: 300 mW, queue: 4, from_start: false, requests: {poisson_per_second: 10}}
  - {name: page, family: nets/family.yaml}
events:
  - {at: 1 s, offline: [cpu1]}
  - {at: 500 ms, application: camera, latency: 10 ms, priority: 7}
  - {at: 1200 ms, online: [cpu1]}
  - {at: 1300 ms, arrives: voice}
  - {at: 1400 ms, leaves: voice}
  - {at: 1500 ms, clock_cap: gpu, clock: 500 MHz}
  - {at: 1600 ms, clock_cap: gpu}
  - {at: 1700 ms, memory_limit: 64 MiB}
  - {at: 1800 ms, memory_limit: none}
  - {at: 1900 ms, load: [cpu0, gpu], share: 0.5}
)";

std::string error_of(const std::string& yaml) {
  const auto scenario = parse_scenario(yaml, "/here", "s.yaml");
  return scenario ? "none" : scenario.error().message;
}

std::string with(const std::string& what, const std::string& by) {
  std::string text = kScenario;
  return text.replace(text.find(what), what.size(), by);
}

TEST(Scenario, ReadsApplicationsAndEventsInTheirOrderInTime) {
  const Scenario scenario = expect(parse_scenario(kScenario, "/here"));
  EXPECT_EQ(scenario.duration, 2000_ms);
  EXPECT_EQ(scenario.period, 50_ms);
  EXPECT_EQ(scenario.prefer, Prefer::kEnergy);
  ASSERT_EQ(scenario.tenants.size(), 3U);
  EXPECT_EQ(scenario.tenants[0].family, "/here/nets/family.yaml");
  EXPECT_EQ(scenario.tenants[0].targets, (Targets{.latency = 20_ms, .accuracy_percent = 80, .energy = {}, .power = {}}));
  EXPECT_EQ(scenario.tenants[0].priority, 2);
  EXPECT_EQ(scenario.tenants[0].arrivals.period, 40_ms);
  EXPECT_EQ(scenario.tenants[1].arrivals.kind, Arrivals::Kind::kPoisson);
  EXPECT_EQ(scenario.tenants[1].arrivals.period, 100_ms);
  EXPECT_EQ(scenario.tenants[1].queue, 4U);
  EXPECT_FALSE(scenario.tenants[1].from_start);
  EXPECT_DOUBLE_EQ(scenario.tenants[1].targets.power->value, 0.3);
  EXPECT_EQ(scenario.tenants[2].arrivals.kind, Arrivals::Kind::kClients);
  std::vector<std::string> words;
  for (const Event& each : scenario.events) words.push_back(describe(each.change));
  EXPECT_THAT(
      words, testing::ElementsAre("camera: latency 10 ms priority 7", "cpu1 offline", "cpu1 online", "voice arrives", "voice leaves",
                                  "gpu at most 500 MHz", "gpu uncapped", "memory at most 64.0 MiB", "memory unlimited", "load of 50 % on cpu0, gpu"));
}

TEST(Scenario, SaysWhatIsWrong) {
  EXPECT_THAT(error_of(with("latency: 20 ms", "latency: 20")), HasSubstr("s.yaml, application 0: key 'latency' must be a text"));
  EXPECT_THAT(error_of(with("latency: 20 ms", "latency: -2 ms")), HasSubstr("key 'latency'"));
  EXPECT_THAT(error_of(with("accuracy_percent: 80", "accuracy_percent: 180")), HasSubstr("accuracy_percent is 180"));
  EXPECT_THAT(error_of(with("name: voice", "name: camera")), HasSubstr("application 'camera' stands twice"));
  EXPECT_THAT(error_of(with("every: 40 ms", "every: 40 ms, trace: t.csv")), HasSubstr("one of 'every', 'poisson_per_second' and 'trace'"));
  EXPECT_THAT(error_of(with("poisson_per_second: 10", "poisson_per_second: 0")), HasSubstr("0 requests a second"));
  EXPECT_THAT(error_of(with("queue: 4", "queue: 0")), HasSubstr("queue is 0"));
  EXPECT_THAT(error_of(with("arrives: voice", "arrives: music")), HasSubstr("there is no application 'music' (there are camera, voice, page)"));
  EXPECT_THAT(error_of(with("at: 1 s, ", "")), HasSubstr("key 'at' is missing"));
  EXPECT_THAT(error_of(with("offline: [cpu1]", "offline: [cpu1], arrives: voice")), HasSubstr("an event has one of"));
  EXPECT_THAT(error_of(with(", latency: 10 ms, priority: 7", "")), HasSubstr("'application' goes with what changes"));
  EXPECT_THAT(error_of(with("share: 0.5", "share: 1.5")), HasSubstr("'share', from 0 to 1"));
  EXPECT_THAT(error_of(with("prefer: energy", "prefer: speed")), HasSubstr("prefer must be accuracy or energy"));
  EXPECT_THAT(error_of(with("memory_limit: 64 MiB", "memory_limit: much")), HasSubstr("memory_limit"));
  EXPECT_THAT(error_of("schema_version: 1\nname: a\napplications: []\n"), HasSubstr("0 applications"));
}

TEST(Scenario, MayHeatASimulatedMachine) {
  EXPECT_FALSE(expect(parse_scenario(kScenario, "/here")).thermal);
  const auto thermal_of = [](const std::string& keys) { return with("prefer: energy", "prefer: energy\nthermal: {" + keys + "}"); };
  const Thermal all =
      expect(parse_scenario(thermal_of("ambient: 30, limit: 85.5, margin: 3, kelvin_per_watt: 8, joules_per_kelvin: 2"), "/")).thermal.value();
  EXPECT_EQ(all.ambient, 30);
  EXPECT_EQ(all.limit, 85.5);
  EXPECT_EQ(all.margin, 3);
  EXPECT_EQ(all.kelvin_per_watt, 8);
  EXPECT_EQ(all.joules_per_kelvin, 2);
  EXPECT_EQ(expect(parse_scenario(thermal_of(""), "/")).thermal.value().limit, Thermal{}.limit);
  EXPECT_THAT(error_of(thermal_of("limit: 20")), HasSubstr("s.yaml, thermal: an ambient of 25 and a limit of 20"));
  EXPECT_THAT(error_of(thermal_of("ambient: -300")), HasSubstr("no temperature"));
  EXPECT_THAT(error_of(thermal_of("margin: 45")), HasSubstr("a margin of 45 K: clocks come back at 25"));
  EXPECT_THAT(error_of(thermal_of("kelvin_per_watt: 0.01")), HasSubstr("is 0.04 s; it must be 0.2 s or more"));
  EXPECT_THAT(error_of(thermal_of("joules_per_kelvin: -1")), HasSubstr("how fast it warms up"));
  EXPECT_THAT(error_of(thermal_of("limits: 70")), HasSubstr("limits"));
}

TEST(Scenario, ChangesComeAsJsonToo) {
  EXPECT_EQ(describe(expect(parse_change(R"({"application": "a", "latency": "3 ms"})"))), "a: latency 3 ms");
  EXPECT_FALSE(parse_change(R"({"at": "1 s", "leaves": "a"})"));
  EXPECT_FALSE(parse_change("[]"));
  EXPECT_FALSE(parse_change("{"));
}

TEST(Scenario, TracesAreSecondsByLine) {
  const test::TemporaryFolder folder;
  expect(write_file(folder / "t.csv", "# seconds\n0.5\n0.75\n2\n"));
  const Scenario scenario = expect(parse_scenario(with("every: 40 ms", "trace: t.csv"), folder.path()));
  EXPECT_EQ(scenario.tenants[0].arrivals.instants, (std::vector<Nanoseconds>{500_ms, 750_ms, 2000_ms}));
  EXPECT_EQ(scenario.tenants[0].arrivals.period, 750_ms);
  for (const char* const wrong : {"0.5\n", "1\n0.5\n", "1\nx\n", "1\n-1\n", "1\nnan\n"}) {
    expect(write_file(folder / "t.csv", wrong));
    EXPECT_FALSE(parse_scenario(with("every: 40 ms", "trace: t.csv"), folder.path())) << wrong;
  }
}

TEST(Requests, ComeAtTheirTimes) {
  Arrivals arrivals{.kind = Arrivals::Kind::kPeriodic, .period = 10_ms, .instants = {}};
  Requests periodic(arrivals, 5_ms, 1);
  EXPECT_EQ(periodic.next(), 5_ms);
  EXPECT_EQ(periodic.next(), 15_ms);
  arrivals.kind = Arrivals::Kind::kPoisson;
  Requests poisson(arrivals, 0_ms, 1);
  Requests again(arrivals, 0_ms, 1);
  Nanoseconds last{};
  for (int i = 0; i < 20'000; ++i) {
    const Nanoseconds next = poisson.next().value();
    EXPECT_EQ(again.next(), next);
    EXPECT_GE(next, last);
    last = next;
  }
  EXPECT_NEAR(static_cast<double>(last.count()) / 20'000, 1e7, 3e5);
  const Arrivals none;
  EXPECT_FALSE(Requests(none, 0_ms, 1).next());
}

}  // namespace
}  // namespace mosaic::manager

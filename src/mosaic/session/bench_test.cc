#include "mosaic/session/bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/power/clock_control.h"
#include "mosaic/session/measure.h"
#include "mosaic/session/unsliced.h"
#include "tests/fake_machine.h"
#include "tests/workspaces.h"

namespace mosaic {
namespace {

using test::expect;
using test::Workshop;
using testing::ElementsAre;

std::map<std::string, BenchVersion> by_name(std::vector<BenchVersion> versions) {
  std::map<std::string, BenchVersion> named;
  for (BenchVersion& version : versions) named[version.name] = std::move(version);
  return named;
}

TEST(Bench, TimesEveryVersionOnASimulatedBoard) {
  const Workshop workshop(test::specialists_model());
  const Profile profile = expect(cached_profile(workshop.workspace(), {.rounds = 3}));
  const auto versions = by_name(expect(bench(workshop.workspace(), profile, {.runs = 10})));
  std::vector<std::string> names;
  for (const auto& [name, version] : versions) {
    names.push_back(name);
    EXPECT_EQ(version.microseconds.size(), 10U) << name;
    EXPECT_TRUE(version.predicted.has_value()) << name;
    EXPECT_GE(version.slices, 1U) << name;
  }
  EXPECT_THAT(names, ElementsAre("algorithm1", "greedy", "mosaic", "random_best", "single:act/1c", "single:conv", "single:pool"))
      << "ONNX Runtime itself does not run on a simulated board";
}

TEST(Bench, FindsThePlanFasterThanEveryDeviceAlone) {
  const Workshop workshop(test::specialists_model());
  const Profile profile = expect(cached_profile(workshop.workspace(), {.rounds = 3}));
  const auto versions = by_name(expect(bench(workshop.workspace(), profile, {.runs = 10})));
  const double ours = median(versions.at("mosaic").microseconds);
  EXPECT_GE(versions.at("mosaic").slices, 3U);
  for (const auto& [name, version] : versions) {
    if (!name.starts_with("single:")) continue;
    EXPECT_LT(ours, median(version.microseconds)) << name;
  }
}

TEST(Bench, LeavesOutAConfigurationThatCannotRunTheModel) {
  std::string board = test::specialists_text();
  board.replace(board.find("{name: pool, kind: npu}"), 23, "{name: pool, kind: npu, missing_operators: [Conv]}");
  const Workshop workshop(test::specialists_model(), board);
  const Profile profile = expect(cached_profile(workshop.workspace(), {.rounds = 2}));
  const auto versions = by_name(expect(bench(workshop.workspace(), profile, {.runs = 10})));
  EXPECT_FALSE(versions.contains("single:pool"));
  EXPECT_TRUE(versions.contains("single:conv"));
}

// A plan that ran before has left its clock, and its executor lives on.
TEST(Unsliced, RunsAtTheClocksThatTheSystemHas) {
  const Workshop workshop(test::conv_chain(2));
  const test::FakeMachine machine;
  machine.add_policy(0, {0});
  const auto before = machine.tree();
  const test::TemporaryFolder state;
  const auto clocks = expect(ClockControl::open(machine.sysfs(), state.path()));
  expect(clocks->acquire("policy0", Hertz{1'200'000'000}));
  clocks->release("policy0");
  Unsliced unsliced = expect(Unsliced::open(workshop.workspace()));
  const auto inputs = expect(workshop.workspace().random_inputs(1));
  expect(unsliced.bind(inputs));
  expect(unsliced.run());
  EXPECT_EQ(machine.tree(), before);
}

TEST(Bench, TakesPlainOnnxRuntimeOnARealBoard) {
  const Workshop workshop(test::conv_chain(2),
                          "{schema_version: 1, name: one, devices: [{name: cpu, kind: cpu, cores: [0], operating_points: [{cores: 1}]}]}");
  const Profile profile = expect(cached_profile(workshop.workspace(), {.rounds = 1}));
  const auto versions = by_name(expect(bench(workshop.workspace(), profile, {.runs = 10})));
  ASSERT_TRUE(versions.contains("ort_default"));
  ASSERT_TRUE(versions.contains("ort_best"));
  EXPECT_FALSE(versions.at("ort_best").predicted.has_value());
  EXPECT_THAT(versions.at("ort_best").note, testing::HasSubstr("thread"));
}

}  // namespace
}  // namespace mosaic

#include "mosaic/session/clock_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fake_machine.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::FakeMachine;
using testing::Each;
using testing::ElementsAre;
using testing::Gt;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Two cores in one policy, each a device of its own, one of them also at the system's clock; a GPU with one clock.
class ClockChangesTest : public testing::Test {
 protected:
  void SetUp() override {
    machine_.add_policy(0, {0, 1});
    machine_.add_devfreq();
  }
  static Board board(const std::string& domain = "ff9a0000.gpu") {
    return expect(
        parse_board("schema_version: 1\nname: b\ndevices:\n"
                    "  - {name: one, kind: cpu, cores: [0], operating_points: [{cores: 1, clock: 600 MHz}, {cores: 1, clock: 1200 MHz}]}\n"
                    "  - {name: two, kind: cpu, cores: [1], operating_points: [{cores: 1, clock: 1200 MHz}, {cores: 1}]}\n"
                    "  - {name: gpu, kind: gpu, provider: WebGPU, clock_domain: " +
                    domain + ", operating_points: [{clock: 400 MHz}]}\n"));
  }

  FakeMachine machine_;
  test::TemporaryFolder state_;
};

TEST_F(ClockChangesTest, TimesEachChangeOfAClockThatDevicesShare) {
  const auto before = machine_.tree();
  const auto samples =
      expect(measure_clock_changes(board(), machine_.sysfs(), state_.path(), {.repetitions = 3, .remark = {}, .stop = {}, .progress = {}}));
  EXPECT_EQ(machine_.tree(), before);
  ASSERT_THAT(samples, SizeIs(1)) << "a single clock is never changed";
  EXPECT_EQ(samples[0].domain, "policy0");
  EXPECT_THAT(samples[0].devices, ElementsAre("one", "two"));
  std::vector<std::pair<std::int64_t, std::int64_t>> changes;  // in MHz
  for (const auto& change : samples[0].changes) {
    const auto mega = [](const std::optional<Hertz>& clock) { return clock ? clock->value / 1'000'000 : 0; };
    changes.emplace_back(mega(change.from), mega(change.to));
    EXPECT_THAT(change.microseconds, testing::AllOf(SizeIs(3), Each(Gt(0.0))));
  }
  using Pair = std::pair<std::int64_t, std::int64_t>;
  EXPECT_THAT(changes, ElementsAre(Pair(600, 1200), Pair(1200, 600), Pair(600, 0), Pair(0, 600), Pair(1200, 0), Pair(0, 1200)));
}

TEST_F(ClockChangesTest, HasNothingToTimeWhereNoClocksAreNamed) {
  EXPECT_THAT(expect(measure_clock_changes(test::split_board(2), machine_.sysfs(), state_.path())), IsEmpty());
  EXPECT_THAT(expect(measure_clock_changes(test::simulated_board(), machine_.sysfs(), state_.path())), IsEmpty());
}

TEST_F(ClockChangesTest, PassesOnWhatStandsInTheWay) {
  const auto before = machine_.tree();
  EXPECT_THAT(error_of(measure_clock_changes(board("mali"), machine_.sysfs(), state_.path())), HasSubstr("no clock domain 'mali'"));
  std::stop_source stop;
  stop.request_stop();
  const auto stopped =
      measure_clock_changes(board(), machine_.sysfs(), state_.path(), {.repetitions = 3, .remark = {}, .stop = stop.get_token(), .progress = {}});
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(machine_.tree(), before);
}

}  // namespace
}  // namespace mosaic

#include "mosaic/power/clock_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/base/random.h"
#include "tests/fake_machine.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::FakeMachine;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const ClockDomain kLimited{.name = "policy0", .governors = {"schedutil"}};
const ClockDomain kChoosing{.name = "policy0", .governors = {"schedutil", "userspace"}};

ClockState between(std::int64_t lower, std::int64_t upper) { return {.lower = lower, .upper = upper, .governor = "schedutil", .chosen = {}}; }

TEST(FixedAt, NamesTheClockUnderUserspace) {
  const ClockState fixed = fixed_at(kChoosing, between(408000, 1800000), Hertz{1'200'000'000});
  EXPECT_EQ(fixed, (ClockState{.lower = 408000, .upper = 1800000, .governor = "userspace", .chosen = 1200000}));
}

// Someone had limited the clock to 1008 MHz: the limit would win over the choice.
TEST(FixedAt, WidensLimitsThatExcludeTheClock) { EXPECT_EQ(fixed_at(kChoosing, between(408000, 1008000), Hertz{1'200'000'000}).upper, 1200000); }

TEST(FixedAt, ClosesTheLimitsWhereTheClockCannotBeNamed) {
  EXPECT_EQ(fixed_at(kLimited, between(408000, 1800000), Hertz{1'200'000'000}), between(1200000, 1200000));
}

TEST(WritesBetween, RaisesTheUpperLimitFirst) {
  EXPECT_THAT(writes_between(kLimited, between(408, 600), between(1200, 1200)),
              ElementsAre(ClockWrite{"scaling_max_freq", "1200"}, ClockWrite{"scaling_min_freq", "1200"}));
}

TEST(WritesBetween, LowersTheLowerLimitFirst) {
  EXPECT_THAT(writes_between(kLimited, between(1200, 1200), between(408, 600)),
              ElementsAre(ClockWrite{"scaling_min_freq", "408"}, ClockWrite{"scaling_max_freq", "600"}));
}

TEST(WritesBetween, WritesNothingWhereNothingDiffers) { EXPECT_THAT(writes_between(kLimited, between(408, 600), between(408, 600)), IsEmpty()); }

// The clock is chosen anew whenever the governor comes back to 'userspace': what it remembers is its own.
TEST(WritesBetween, ChoosesAClockOnceUserspaceRules) {
  const ClockState wanted{.lower = 408, .upper = 1800, .governor = "userspace", .chosen = 600};
  EXPECT_THAT(writes_between(kChoosing, between(408, 1800), wanted),
              ElementsAre(ClockWrite{"scaling_governor", "userspace"}, ClockWrite{"scaling_setspeed", "600"}));
  EXPECT_THAT(writes_between(kChoosing, wanted, between(408, 1800)), ElementsAre(ClockWrite{"scaling_governor", "schedutil"}));
}

// From any limits to any others, the lower one never exceeds the upper one, and the end is what was wanted.
TEST(WritesBetween, NeverCrossesTheLimits) {
  Random random(5);
  for (int i = 0; i < 2000; ++i) {
    const auto draw = [&] {
      const auto a = static_cast<std::int64_t>(random.below(6));
      return between(a, a + static_cast<std::int64_t>(random.below(4)));
    };
    const ClockState from = draw();
    const ClockState to = draw();
    ClockState now = from;
    for (const ClockWrite& write : writes_between(kLimited, from, to)) {
      (write.file == "scaling_min_freq" ? now.lower : now.upper) = std::stoll(write.value);
      EXPECT_LE(now.lower, now.upper) << from.lower << "-" << from.upper << " to " << to.lower << "-" << to.upper;
    }
    EXPECT_EQ(now, to);
  }
}

TEST(Difference, AllowsADriverToShowWhatTheHardwareMadeOfAChoice) {
  const ClockState wanted{.lower = 1, .upper = 2, .governor = "userspace", .chosen = 1200000};
  ClockState found = wanted;
  found.chosen = 1190000;
  EXPECT_FALSE(difference(kChoosing, wanted, found).has_value());
  found.chosen = 1008000;
  EXPECT_EQ(difference(kChoosing, wanted, found), "scaling_setspeed is '1008000' instead of '1200000'");
}

TEST(ApplyClockState, NamesTheFileThatCannotBeWritten) {
  const FakeMachine machine;
  machine.add_policy(0, {0}, false);
  machine.link(FakeMachine::policy(0) + "scaling_min_freq", "/proc/sys/kernel/cap_last_cap");
  const auto domain = discover_clocks(machine.sysfs()).at(0);
  EXPECT_THAT(error_of(apply_clock_state(machine.sysfs(), domain, between(408000, 1800000), between(1200000, 1200000))),
              HasSubstr("scaling_min_freq"));
}

// Between our look and our writing somebody takes the governor: what we did not write is read back as well.
TEST(ApplyClockState, SeesWhatWasChangedMeanwhile) {
  const FakeMachine machine;
  machine.add_policy(0, {0}, false);
  const auto domain = discover_clocks(machine.sysfs()).at(0);
  machine.write(FakeMachine::policy(0) + "scaling_governor", "performance\n");
  EXPECT_THAT(error_of(apply_clock_state(machine.sysfs(), domain, between(408000, 1800000), between(1200000, 1200000))),
              HasSubstr("scaling_governor is 'performance' instead of 'schedutil'"));
}

TEST(ApplyClockState, ReadsDevfreqInHertz) {
  const FakeMachine machine;
  machine.add_devfreq();
  const auto domain = discover_clocks(machine.sysfs()).at(0);
  const ClockState found = expect(read_clock_state(machine.sysfs(), domain));
  EXPECT_EQ(found, (ClockState{.lower = 200'000'000, .upper = 800'000'000, .governor = "simple_ondemand", .chosen = {}}));
  expect(apply_clock_state(machine.sysfs(), domain, found, fixed_at(domain, found, Hertz{400'000'000})));
  EXPECT_EQ(machine.read("sys/class/devfreq/ff9a0000.gpu/min_freq"), "400000000\n");
  EXPECT_EQ(machine.read("sys/class/devfreq/ff9a0000.gpu/max_freq"), "400000000\n");
}

}  // namespace
}  // namespace mosaic

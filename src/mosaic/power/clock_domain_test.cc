#include "mosaic/power/clock_domain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fake_machine.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::FakeMachine;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kMega = 1'000'000;

TEST(DiscoverClocks, FindsPoliciesAndDevices) {
  const FakeMachine machine;
  machine.add_policy(4, {5, 4});
  machine.add_policy(0, {0, 1, 2, 3}, false, 1416);
  machine.add_devfreq();
  const auto domains = discover_clocks(machine.sysfs());
  ASSERT_EQ(domains.size(), 3U);
  EXPECT_EQ(domains[0].name, "policy0");
  EXPECT_FALSE(domains[0].has_userspace());
  EXPECT_EQ(domains[0].highest, Hertz{1416 * kMega});
  EXPECT_EQ(domains[1].name, "policy4");
  EXPECT_THAT(domains[1].cores, ElementsAre(4, 5));
  EXPECT_TRUE(domains[1].has_userspace());
  EXPECT_EQ(domains[1].governor, "schedutil");
  EXPECT_EQ(domains[2].name, "ff9a0000.gpu");
  EXPECT_EQ(domains[2].kind, ClockKind::kDevfreq);
  EXPECT_THAT(domains[2].clocks, ElementsAre(Hertz{200 * kMega}, Hertz{297 * kMega}, Hertz{400 * kMega}, Hertz{800 * kMega}));
  EXPECT_TRUE(domains[2].writable);
}

// As where an udev rule opens the limits alone.
TEST(DiscoverClocks, NeedsEveryFileThatItWouldWrite) {
  for (const char* file : {"scaling_setspeed", "scaling_governor", "scaling_min_freq"}) {
    const FakeMachine machine;
    machine.add_policy(0, {0}, true);
    machine.add_policy(4, {4}, false);
    const auto read_only = [&](const std::string& folder, const std::string& name) { machine.link(folder + name, "/proc/sys/kernel/cap_last_cap"); };
    read_only(FakeMachine::policy(0), file);
    read_only(FakeMachine::policy(4), "scaling_setspeed");
    const auto domains = discover_clocks(machine.sysfs());
    ASSERT_EQ(domains.size(), 2U);
    EXPECT_FALSE(domains[0].writable);
    EXPECT_EQ(domains[0].read_only, file);
    EXPECT_TRUE(domains[1].writable) << "without 'userspace' only the limits are written";
  }
}

TEST(DiscoverClocks, FindsNothingOnAMachineWithoutClocks) { EXPECT_THAT(discover_clocks(FakeMachine().sysfs()), IsEmpty()); }

TEST(DiscoverClocks, LeavesOutWhatCannotBeRead) {
  const FakeMachine machine;
  machine.add_policy(0, {0});
  machine.add_policy(1, {1});
  machine.remove(FakeMachine::policy(1) + "scaling_max_freq");
  machine.write("sys/devices/system/cpu/cpufreq/boost", "1\n");
  EXPECT_EQ(discover_clocks(machine.sysfs()).size(), 1U);
}

// Drivers without a table (intel_pstate) run at anything between two limits.
TEST(ClockDomain, TakesAnyClockBetweenTheLimitsWhereThereIsNoTable) {
  const FakeMachine machine;
  machine.add_policy(0, {0}, false);
  machine.remove(FakeMachine::policy(0) + "scaling_available_frequencies");
  machine.write(FakeMachine::policy(0) + "cpuinfo_min_freq", "400000\n");
  machine.write(FakeMachine::policy(0) + "cpuinfo_max_freq", "4700000\n");
  const auto domains = discover_clocks(machine.sysfs());
  ASSERT_EQ(domains.size(), 1U);
  EXPECT_EQ(expect(domains[0].find({1234 * kMega})), Hertz{1234 * kMega});
  EXPECT_THAT(error_of(domains[0].find({5000 * kMega})), HasSubstr("'policy0' runs from 400 MHz to 4700 MHz, not at 5000 MHz"));
}

// 1805 MHz are 0.011 % from 1804.8, 1806.7 are 0.105 % from it.
TEST(ClockDomain, TakesTheClockOfTheTableThatIsMeant) {
  const ClockDomain domain{.name = "policy7", .clocks = {Hertz{1'804'800'000}, Hertz{2'362'000'000}}};
  EXPECT_EQ(expect(domain.find({1805 * kMega})), Hertz{1'804'800'000});
  EXPECT_THAT(error_of(domain.find({1'806'700'000})), AllOf(HasSubstr("no clock of 1806.7 MHz"), HasSubstr("1804.8, 2362 MHz")));
}

TEST(DomainsOf, FindsTheDomainsOfCores) {
  const std::vector<ClockDomain> domains{{.name = "policy0", .cores = {0, 1}}, {.name = "policy2", .cores = {2}}, {.name = "policy3", .cores = {3}}};
  EXPECT_THAT(domains_of(domains, std::vector{1}), ElementsAre(0U));
  EXPECT_THAT(domains_of(domains, std::vector{2, 3}), ElementsAre(1U, 2U));
  EXPECT_THAT(domains_of(domains, std::vector{9}), IsEmpty());
}

}  // namespace
}  // namespace mosaic

#include "mosaic/power/clock_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "mosaic/base/file.h"
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

constexpr Hertz kSlow{600'000'000};
constexpr Hertz kFast{1'200'000'000};

/// Two clusters, one of them without 'userspace', and a GPU, whose tree must be as it was when all is over.
class ClockControlTest : public testing::Test {
 protected:
  void SetUp() override {
    machine_.add_policy(0, {0, 1, 2, 3}, true);
    machine_.add_policy(4, {4, 5}, false);
    machine_.add_devfreq();
    before_ = machine_.tree();
  }
  void TearDown() override {
    EXPECT_EQ(machine_.tree(), before_);
    EXPECT_FALSE(has_clock_journal(machine_.sysfs(), state_.path()));
  }

  std::shared_ptr<ClockControl> open() { return expect(try_open()); }
  Result<std::shared_ptr<ClockControl>> try_open() {
    return ClockControl::open(machine_.sysfs(), state_.path(), [this](const std::string& text) { remarks_.push_back(text); });
  }
  [[nodiscard]] std::string read(int policy, const std::string& file) const { return machine_.read(FakeMachine::policy(policy) + file); }

  FakeMachine machine_;
  test::TemporaryFolder state_;
  std::map<std::string, std::string> before_;
  std::vector<std::string> remarks_;
};

TEST_F(ClockControlTest, NamesAClockWhereUserspaceGoverns) {
  const auto clocks = open();
  expect(clocks->acquire("policy0", kFast));
  EXPECT_EQ(read(0, "scaling_governor"), "userspace\n");
  EXPECT_EQ(read(0, "scaling_setspeed"), "1200000\n");
  EXPECT_EQ(read(0, "scaling_max_freq"), "1800000\n");
  clocks->release("policy0");
}

TEST_F(ClockControlTest, ClosesTheLimitsElsewhere) {
  const auto clocks = open();
  expect(clocks->acquire("policy4", kFast));
  EXPECT_EQ(read(4, "scaling_governor"), "schedutil\n");
  EXPECT_EQ(read(4, "scaling_min_freq") + read(4, "scaling_max_freq"), "1200000\n1200000\n");
  expect(clocks->acquire("ff9a0000.gpu", Hertz{400'000'000}));
  EXPECT_EQ(machine_.read("sys/class/devfreq/ff9a0000.gpu/min_freq"), "400000000\n");
}

TEST_F(ClockControlTest, GoesFromClockToClockAndBack) {
  const auto clocks = open();
  for (const std::optional<Hertz> clock : {std::optional(kFast), std::optional(kSlow), std::optional<Hertz>(), std::optional(kFast)}) {
    for (const char* domain : {"policy0", "policy4"}) {
      expect(clocks->acquire(domain, clock));
      clocks->release(domain);
    }
    EXPECT_EQ(read(4, "scaling_min_freq"), !clock ? "408000\n" : *clock == kFast ? "1200000\n" : "600000\n");
    EXPECT_EQ(read(0, "scaling_governor"), clock ? "userspace\n" : "schedutil\n");
  }
  EXPECT_THAT(remarks_, IsEmpty());
}

// As the system has it now, not as it had it when mosaic looked first.
TEST_F(ClockControlTest, FindsAnewWhatWasPutBackMeanwhile) {
  const std::string file = FakeMachine::policy(4) + "scaling_max_freq";
  {
    const auto clocks = open();
    for (const std::optional<Hertz> clock : {std::optional(kFast), std::optional<Hertz>()}) {
      expect(clocks->acquire("policy4", clock));
      clocks->release("policy4");
    }
    machine_.write(file, "1200000\n");
    expect(clocks->acquire("policy4", kSlow));
    clocks->release("policy4");
  }
  EXPECT_EQ(machine_.read(file), "1200000\n");
  machine_.write(file, "1800000\n");
}

// Between two plans something else is timed, as the system would have it.
TEST_F(ClockControlTest, RestsWhatNobodyHasAtTheMoment) {
  const auto clocks = open();
  expect(clocks->acquire("policy0", kFast));
  expect(clocks->acquire("policy4", kFast));
  clocks->release("policy0");
  expect(ClockControl::rest_all());
  EXPECT_EQ(read(0, "scaling_governor"), "schedutil\n");
  EXPECT_EQ(read(4, "scaling_min_freq"), "1200000\n");
  clocks->release("policy4");
  expect(ClockControl::rest_all());
  EXPECT_EQ(machine_.tree(), before_);
  expect(clocks->acquire("policy0", kFast));
  EXPECT_EQ(read(0, "scaling_setspeed"), "1200000\n");
}

// If the process is killed later, that is not to be written again over what somebody has set by then.
TEST_F(ClockControlTest, LeavesNoTraceOfWhatItPutBack) {
  const auto clocks = open();
  const auto journal = [&] { return expect(parse_clock_journal(expect(read_file(clock_journal_file(machine_.sysfs(), state_.path()))))); };
  for (const char* domain : {"policy0", "policy4"}) {
    expect(clocks->acquire(domain, kFast));
    clocks->release(domain);
  }
  EXPECT_EQ(journal().entries.size(), 2U);
  expect(clocks->acquire("policy0", std::nullopt));
  ASSERT_EQ(journal().entries.size(), 1U);
  EXPECT_EQ(journal().entries[0].folder.filename(), "policy4");
  expect(ClockControl::rest_all());
  EXPECT_FALSE(has_clock_journal(machine_.sysfs(), state_.path()));
}

// It may be a person's wish or the kernel's for heat: the file does not say.
TEST_F(ClockControlTest, SaysSoWhereTheUpperLimitIsLowAlready) {
  machine_.write(FakeMachine::policy(4) + "scaling_max_freq", "816000\n");
  before_ = machine_.tree();
  {
    const auto clocks = open();
    expect(clocks->acquire("policy0", kFast));
    EXPECT_THAT(remarks_, IsEmpty());
    for (const Hertz clock : {kSlow, kFast}) {
      expect(clocks->acquire("policy4", clock));
      clocks->release("policy4");
    }
  }
  EXPECT_THAT(remarks_, ElementsAre(AllOf(HasSubstr("policy4/scaling_max_freq is 816 MHz, below the 1800 MHz"), HasSubstr("heat"))));
}

TEST_F(ClockControlTest, KeepsTheChoiceThatItFound) {
  machine_.write(FakeMachine::policy(0) + "scaling_governor", "userspace\n");
  machine_.write(FakeMachine::policy(0) + "scaling_setspeed", "816000\n");
  before_ = machine_.tree();
  const auto clocks = open();
  expect(clocks->acquire("policy0", kFast));
  EXPECT_EQ(read(0, "scaling_setspeed"), "1200000\n");
}

TEST_F(ClockControlTest, RefusesWhatTheMachineLacks) {
  const auto clocks = open();
  EXPECT_THAT(error_of(clocks->acquire("policy7", kFast)), HasSubstr("no clock domain 'policy7'; it has policy0, policy4, ff9a0000.gpu"));
  EXPECT_THAT(error_of(clocks->acquire("policy0", Hertz{1'000'000'000})), HasSubstr("no clock of 1000 MHz; it has 408, 600, 816, 1200, 1800 MHz"));
}

// The governor is changed before the clock is chosen: where choosing fails, it must go back.
TEST_F(ClockControlTest, UndoesWhatFailedHalfWay) {
  const std::string file = FakeMachine::policy(0) + "scaling_setspeed";
  machine_.remove(file);
  machine_.link(file, "/proc/sys/kernel/cap_last_cap");
  before_ = machine_.tree();
  const auto clocks = open();
  EXPECT_THAT(error_of(clocks->acquire("policy0", kFast)), HasSubstr("scaling_setspeed"));
  EXPECT_EQ(machine_.tree(), before_);
}

TEST_F(ClockControlTest, NamesAReadOnlyClock) {
  const std::string file = FakeMachine::policy(4) + "scaling_min_freq";
  machine_.link(file, "/proc/sys/kernel/cap_last_cap");
  before_ = machine_.tree();
  const auto clocks = open();
  EXPECT_THAT(error_of(clocks->acquire("policy4", kFast)), HasSubstr("scaling_min_freq"));
}

// The kernel lowers the upper limit where a processor gets too hot.
TEST_F(ClockControlTest, ReportsAClockThatIsHeldDownForHeat) {
  const auto clocks = open();
  expect(clocks->acquire("policy4", kFast));
  clocks->release("policy4");
  machine_.write(FakeMachine::policy(4) + "scaling_max_freq", "816000\n");
  EXPECT_THAT(error_of(clocks->acquire("policy4", kFast)), AllOf(HasSubstr("scaling_max_freq is '816000' instead of '1200000'"), HasSubstr("heat")));
}

TEST_F(ClockControlTest, DetectsAndUndoesWhatAnotherProcessChanged) {
  {
    const auto clocks = open();
    expect(clocks->acquire("policy0", kFast));
    clocks->release("policy0");
    machine_.write(FakeMachine::policy(0) + "scaling_governor", "performance\n");
    EXPECT_THAT(error_of(clocks->acquire("policy0", kFast)), HasSubstr("scaling_governor is 'performance' instead of 'userspace': another process"));
    EXPECT_FALSE(clocks->acquire("policy0", kSlow).has_value());
  }
  EXPECT_THAT(remarks_, ElementsAre(AllOf(HasSubstr("policy0"), HasSubstr("'performance' instead of 'userspace'"), HasSubstr("put back"))));
}

TEST_F(ClockControlTest, LeavesAloneWhatItNeverChanged) {
  {
    const auto clocks = open();
    expect(clocks->acquire("policy0", kFast));
    machine_.write(FakeMachine::policy(4) + "scaling_max_freq", "816000\n");
  }
  EXPECT_EQ(read(4, "scaling_max_freq"), "816000\n");
  machine_.write(FakeMachine::policy(4) + "scaling_max_freq", "1800000\n");
}

TEST_F(ClockControlTest, SaysSoWhereADomainVanished) {
  {
    const auto clocks = open();
    expect(clocks->acquire("policy4", kFast));
    machine_.remove(FakeMachine::policy(4));
  }
  EXPECT_THAT(remarks_, ElementsAre(HasSubstr("policy4")));
  machine_.add_policy(4, {4, 5}, false);
}

TEST_F(ClockControlTest, IsOneForAllOfAProcess) {
  const auto first = open();
  const auto second = open();
  EXPECT_EQ(first, second);
}

TEST_F(ClockControlTest, LetsOneOfTwoClocksWaitForTheOther) {
  const auto clocks = open();
  expect(clocks->acquire("policy0", kFast));
  expect(clocks->acquire("policy0", kFast));
  std::jthread other([&] {
    expect(clocks->acquire("policy0", kSlow));
    clocks->release("policy0");
  });
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(read(0, "scaling_setspeed"), "1200000\n");
    clocks->release("policy0");
  }
  other.join();
  EXPECT_EQ(read(0, "scaling_setspeed"), "600000\n");
}

TEST_F(ClockControlTest, StopsWaitingWhereItIsTold) {
  const auto clocks = open();
  expect(clocks->acquire("policy0", kFast));
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const auto waited = clocks->acquire("policy0", kSlow, stop.get_token());
  EXPECT_EQ(waited.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(read(0, "scaling_setspeed"), "1200000\n");
}

TEST_F(ClockControlTest, PutsAllBackAtOnceBeforeTheProcessEnds) {
  const auto clocks = open();
  expect(clocks->acquire("policy0", kFast));
  expect(clocks->acquire("policy4", kSlow));
  ClockControl::restore_all();
  EXPECT_EQ(machine_.tree(), before_);
  EXPECT_EQ(clocks->acquire("policy0", kFast).error().code, ErrorCode::kCancelled);
}

/// As a process that was killed leaves it.
class DeadProcess : public ClockControlTest {
 protected:
  void leave(const std::string& boot, const std::string& folder = "sys/devices/system/cpu/cpufreq/policy0") {
    const ClockState found{.lower = 408000, .upper = 1800000, .governor = "schedutil", .chosen = {}};
    expect(write_file(clock_journal_file(machine_.sysfs(), state_.path()),
                      format_clock_journal({.process = 4711, .boot = boot, .entries = {{.folder = folder, .found = found}}})));
    machine_.write(FakeMachine::policy(0) + "scaling_governor", "userspace\n");
    machine_.write(FakeMachine::policy(0) + "scaling_setspeed", "1200000\n");
    machine_.write(FakeMachine::policy(0) + "scaling_max_freq", "1200000\n");
  }
};

TEST_F(DeadProcess, IsTidiedUpAfterByTheNext) {
  leave(boot_id());
  EXPECT_TRUE(expect(recover_clocks(machine_.sysfs(), state_.path(), [this](const std::string& text) { remarks_.push_back(text); })));
  EXPECT_THAT(remarks_, ElementsAre(AllOf(HasSubstr("policy0"), HasSubstr("process 4711"))));
  EXPECT_FALSE(expect(recover_clocks(machine_.sysfs(), state_.path(), {})));
}

TEST_F(DeadProcess, OfAnEarlierBootIsForgotten) {
  leave("another boot");
  before_ = machine_.tree();
  expect(recover_clocks(machine_.sysfs(), state_.path(), {}));
}

TEST_F(DeadProcess, CannotMakeUsWriteElsewhere) {
  leave(boot_id(), "sys/../etc");
  before_ = machine_.tree();
  expect(recover_clocks(machine_.sysfs(), state_.path(), [this](const std::string& text) { remarks_.push_back(text); }));
  EXPECT_THAT(remarks_, ElementsAre(HasSubstr("damaged")));
}

TEST_F(DeadProcess, KeepsItsJournalWhileAClockCannotBePutBack) {
  leave(boot_id());
  const std::string file = FakeMachine::policy(0) + "scaling_max_freq";
  machine_.link(file, "/proc/sys/kernel/cap_last_cap");
  EXPECT_THAT(error_of(recover_clocks(machine_.sysfs(), state_.path(), {})), AllOf(HasSubstr("4711"), HasSubstr("policy0")));
  EXPECT_TRUE(has_clock_journal(machine_.sysfs(), state_.path()));
  machine_.remove(file);
  machine_.write(file, "1200000\n");
  expect(recover_clocks(machine_.sysfs(), state_.path(), {}));
}

TEST_F(ClockControlTest, RefusesWhatALivingProcessHas) {
  const auto elsewhere = expect(FileLock::acquire(clock_journal_file(machine_.sysfs(), state_.path()).string() + ".lock"));
  EXPECT_THAT(error_of(try_open()), HasSubstr("in the hands of another mosaic"));
}

TEST(ClockJournal, ReadsBackAsWritten) {
  const ClockJournal journal{
      .process = 7,
      .boot = "b",
      .entries = {
          {.folder = "sys/class/devfreq/gpu", .kind = ClockKind::kDevfreq, .found = {.lower = 1, .upper = 2, .governor = "userspace", .chosen = 2}}}};
  const auto read = expect(parse_clock_journal(format_clock_journal(journal)));
  EXPECT_EQ(read.process, 7);
  ASSERT_EQ(read.entries.size(), 1U);
  EXPECT_EQ(read.entries[0].kind, ClockKind::kDevfreq);
  EXPECT_EQ(read.entries[0].folder, journal.entries[0].folder);
  EXPECT_EQ(read.entries[0].found, journal.entries[0].found);
}

TEST(ClockJournal, RefusesFoldersThatAreNotTheKernels) {
  for (const char* folder : {"/etc", "sys/../etc", "etc", ""}) {
    const ClockJournal journal{.process = 7, .boot = "b", .entries = {{.folder = folder}}};
    EXPECT_THAT(error_of(parse_clock_journal(format_clock_journal(journal))), HasSubstr("no folder of the kernel's")) << folder;
  }
}

}  // namespace
}  // namespace mosaic

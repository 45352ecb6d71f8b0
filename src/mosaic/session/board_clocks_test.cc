#include "mosaic/session/board_clocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fake_machine.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::FakeMachine;
using testing::AllOf;
using testing::HasSubstr;

/// Four cores in three policies, a GPU; a board of a cluster over two of the policies, and the GPU.
class BoardClocksTest : public testing::Test {
 protected:
  void SetUp() override {
    machine_.add_policy(0, {0, 1});
    machine_.add_policy(2, {2});
    machine_.add_policy(3, {3});
    machine_.add_devfreq();
  }

  static Board board(const std::string& gpu = ", clock_domain: ff9a0000.gpu", const std::string& clock = "1200 MHz") {
    return expect(
        parse_board("schema_version: 1\nname: b\ndevices:\n"
                    "  - {name: big, kind: cpu, cores: [2, 3], operating_points: [{cores: 2, clock: 600 MHz}, {cores: 2, clock: " +
                    clock +
                    "}, {cores: 2}]}\n"
                    "  - {name: gpu, kind: gpu, provider: WebGPU" +
                    gpu + ", operating_points: [{clock: 400 MHz}]}\n"));
  }
  [[nodiscard]] std::string chosen(int policy) const { return machine_.read(FakeMachine::policy(policy) + "scaling_setspeed"); }
  std::shared_ptr<ClockSetter> setter() { return make_clock_setter(machine_.sysfs(), state_.path(), {}); }

  FakeMachine machine_;
  test::TemporaryFolder state_;
};

constexpr DeviceId kBig(0);
constexpr DeviceId kGpu(1);

TEST_F(BoardClocksTest, SetsAllPoliciesOfADevicesCores) {
  const auto before = machine_.tree();
  const auto clocks = setter();
  expect(clocks->check(board(), kBig));
  expect(clocks->check(board(), kGpu));
  EXPECT_EQ(machine_.tree(), before);
  expect(clocks->acquire(board(), ConfigurationId(1), {}));
  EXPECT_EQ(chosen(0) + chosen(2) + chosen(3), "<unsupported>\n1200000\n1200000\n");
  clocks->release(board(), ConfigurationId(1));
  expect(clocks->acquire(board(), ConfigurationId(3), {}));
  EXPECT_EQ(machine_.read("sys/class/devfreq/ff9a0000.gpu/max_freq"), "400000000\n");
  clocks->release(board(), ConfigurationId(3));
  clocks->restore();
  EXPECT_EQ(machine_.tree(), before);
}

TEST_F(BoardClocksTest, LeavesTheClockToTheSystemWhereAPointNamesNone) {
  const auto before = machine_.tree();
  const auto clocks = setter();
  expect(clocks->acquire(board(), ConfigurationId(0), {}));
  clocks->release(board(), ConfigurationId(0));
  expect(clocks->acquire(board(), ConfigurationId(2), {}));
  EXPECT_EQ(machine_.tree(), before);
  clocks->release(board(), ConfigurationId(2));
}

TEST_F(BoardClocksTest, SaysWhatTheMachineLacks) {
  const auto clocks = setter();
  EXPECT_THAT(error_of(clocks->check(board(", clock_domain: mali"), kGpu)),
              AllOf(HasSubstr("device 'gpu'"), HasSubstr("no clock domain 'mali', but policy0, policy2, policy3, ff9a0000.gpu")));
  EXPECT_THAT(error_of(clocks->check(board(""), kGpu)), AllOf(HasSubstr("'clock_domain'"), HasSubstr("ff9a0000.gpu")));
  EXPECT_THAT(error_of(clocks->check(board("", "1 GHz"), kBig)),
              AllOf(HasSubstr("device 'big'"), HasSubstr("no clock of 1000 MHz; it has 408, 600")));
  const FakeMachine bare;
  EXPECT_THAT(error_of(make_clock_setter(bare.sysfs(), state_.path(), {})->check(board(), kBig)), HasSubstr("shows no clocks"));
}

TEST_F(BoardClocksTest, SaysHowAReadOnlyClockIsOpened) {
  for (const std::string file : {"scaling_setspeed", "scaling_max_freq"}) {
    machine_.link(FakeMachine::policy(3) + file, "/proc/sys/kernel/cap_last_cap");
    EXPECT_THAT(error_of(setter()->check(board(), kBig)), AllOf(HasSubstr("policy3/" + file), HasSubstr("run as root"), HasSubstr("udev")));
  }
}

// The second policy refuses: the first is not kept from others.
TEST_F(BoardClocksTest, FreesWhatItHasWhereOnePolicyFails) {
  const std::string file = FakeMachine::policy(3) + "scaling_setspeed";
  machine_.remove(file);
  machine_.link(file, "/proc/sys/kernel/cap_last_cap");
  const auto before = machine_.tree();
  const auto clocks = setter();
  EXPECT_THAT(error_of(clocks->acquire(board(), ConfigurationId(1), {})), AllOf(HasSubstr("device 'big'"), HasSubstr("policy3/scaling_setspeed")));
  EXPECT_FALSE(clocks->acquire(board(), ConfigurationId(0), {}).has_value());  // and does not wait for the first
  clocks->restore();
  EXPECT_EQ(machine_.tree(), before);
}

}  // namespace
}  // namespace mosaic

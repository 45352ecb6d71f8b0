#include "mosaic/session/energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/power/clock_control.h"
#include "tests/fake_machine.h"
#include "tests/manual_time.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using test::error_of;
using test::expect;
using test::FakeMachine;
using testing::HasSubstr;

constexpr const char* kPower = "sys/class/hwmon/hwmon0/power1_input";

/// A machine whose input draws 2 W, 6 W while something runs, and a milliwatt more every other time; runs take 50 ms.
class EnergyProbeTest : public testing::Test {
 protected:
  void SetUp() override {
    machine_.write("sys/class/hwmon/hwmon0/name", "ina226\n");
    machine_.write("sys/class/hwmon/hwmon0/power1_label", "VDD_IN\n");
    machine_.write(kPower, "2000000\n");
  }
  Result<EnergyProbe> open(const std::string& meter, const Board& board = test::split_board(1)) {
    return EnergyProbe::open(meter, board, {}, machine_.sysfs(), time_);
  }
  Result<void> run() {
    machine_.write(kPower, ++runs_ % 2 == 0 ? "6000000\n" : "6001000\n");
    time_->advance(milliseconds(50));
    return {};
  }

  int runs_ = 0;
  FakeMachine machine_;
  std::shared_ptr<test::ManualTime> time_ = std::make_shared<test::ManualTime>();
};

TEST_F(EnergyProbeTest, MeasuresRunsAndTheMachineAtRest) {
  EnergyProbe probe = expect(open("auto"));
  ASSERT_TRUE(probe.has_meter());
  const auto energy = expect(probe.measure([this] { return run(); }));
  ASSERT_TRUE(energy.has_value());
  EXPECT_EQ(energy->meter.name, "hwmon:ina226/VDD_IN");
  EXPECT_DOUBLE_EQ(energy->idle.power().value, 2);
  EXPECT_NEAR(energy->total.value.value, 0.3, 0.01);  // 6 W x 50 ms, but for the first sample
  EXPECT_NEAR(energy->net.value.value, 0.2, 0.01);
}

// A plan ran and left its clock, as it does while its executor lives; the machine at rest is then measured as the system would have it.
TEST_F(EnergyProbeTest, PutsClocksBackBeforeTheMachineAtRestIsMeasured) {
  machine_.add_policy(0, {0});
  const test::TemporaryFolder state;
  const auto clocks = expect(ClockControl::open(machine_.sysfs(), state.path()));
  expect(clocks->acquire("policy0", Hertz{1'200'000'000}));
  clocks->release("policy0");
  EnergyProbe probe = expect(open("auto"));
  std::vector<std::string> governors;
  time_->on_tick = [&](Nanoseconds) {
    if (runs_ == 0) governors.push_back(machine_.read(FakeMachine::policy(0) + "scaling_governor"));
  };
  ASSERT_TRUE(expect(probe.measure([this] { return run(); })).has_value());
  EXPECT_THAT(governors, testing::AllOf(testing::Not(testing::IsEmpty()), testing::Each("schedutil\n")));
}

TEST_F(EnergyProbeTest, KnowsWhyThereIsNoMeter) {
  EXPECT_EQ(expect(open("none")).why_none(), "no meter was wanted");
  EXPECT_THAT(expect(open("auto", test::simulated_board())).why_none(), HasSubstr("simulated"));
  EXPECT_THAT(error_of(open("hwmon:ina226", test::simulated_board())), HasSubstr("board 'toy' is simulated"));
  machine_.write("sys/class/hwmon/hwmon0/power1_label", "GPU\n");
  EXPECT_THAT(expect(open("auto")).why_none(), HasSubstr("--meter hwmon:ina226/GPU"));
  machine_.remove("sys");
  EXPECT_EQ(expect(open("auto")).why_none(), "this machine has no meter");
  EXPECT_EQ(expect(expect(open("auto")).measure([this] { return run(); })), std::nullopt);
}

// A sensor that was taken by itself and fails costs the figure, not the run; one that was asked for is an error.
TEST_F(EnergyProbeTest, DoesWithoutAMeterThatFailsUnlessItWasNamed) {
  for (const std::string meter : {"auto", "hwmon:ina226"}) {
    EnergyProbe probe = expect(open(meter));
    const auto energy = probe.measure([this]() -> Result<void> {
      machine_.remove("sys/class/hwmon/hwmon0/power1_input");
      time_->advance(milliseconds(50));
      return {};
    });
    EXPECT_EQ(energy.has_value(), meter == "auto");
    if (energy) {
      EXPECT_EQ(*energy, std::nullopt);
      EXPECT_THAT(probe.why_none(), HasSubstr("power1_input"));
    }
    machine_.write(kPower, "2000000\n");
  }
}

TEST_F(EnergyProbeTest, PassesOnWhatTheRunFailsWith) {
  EnergyProbe probe = expect(open("auto"));
  EXPECT_EQ(error_of(probe.measure([]() -> Result<void> { return fail(ErrorCode::kDevice, "it broke"); })), "it broke");
}

}  // namespace
}  // namespace mosaic

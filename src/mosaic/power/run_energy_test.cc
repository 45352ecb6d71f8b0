#include "mosaic/power/run_energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/manual_time.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::error_of;
using test::expect;
using test::ManualTime;
using testing::AllOf;
using testing::HasSubstr;

/// A counter that is right but for its error, with steps of so many joules, on a load of so many watts.
class FakeMeter final : public Meter {
 public:
  FakeMeter(Timekeeper& time, Watts load, Joules step)
      : power(load), time_(time), info_{.name = "fake", .kind = MeterKind::kEnergyCounter, .resolution = step, .interval = milliseconds(1)} {}

  const MeterInfo& info() const override { return info_; }
  Result<void> start() override {
    begin_ = time_.now();
    ++windows;
    return {};
  }
  Result<EnergyReading> stop() override {
    ++stops;
    const Nanoseconds window = time_.now() - begin_;
    EnergyReading reading{.meter = "fake", .kind = info_.kind, .energy = power * window, .window = window, .samples = 2};
    reading.error = {counter_error(std::get<Joules>(info_.resolution), power, info_.interval).value * worse};
    return reading;
  }

  int windows = 0;
  int stops = 0;
  double worse = 1;  // than its description promises
  Watts power;

 private:
  Timekeeper& time_;
  MeterInfo info_;
  Nanoseconds begin_{};
};

class MeasureRuns : public testing::Test {
 protected:
  void SetUp() override { time_.sampled = false; }
  Result<void> run() {
    ++runs_;
    time_.advance(milliseconds(20));
    return {};
  }
  std::function<Result<void>()> runner() {
    return [this] { return run(); };
  }

  ManualTime time_;
  int runs_ = 0;
};

// 12 W under load, 2 W at rest, runs of 20 ms: 25 runs fill half a second, 0.24 J each, 0.2 J of it their own.
TEST_F(MeasureRuns, GivesTotalAndNetOfARun) {
  FakeMeter meter(time_, {2}, {1e-3});
  const EnergyReading idle = expect(measure_idle(meter, seconds(4), time_));
  EXPECT_DOUBLE_EQ(idle.energy.value, 8);
  meter.power = {12};
  const RunEnergy energy = expect(measure_runs(meter, idle, runner(), time_));
  EXPECT_EQ(energy.runs, 25U);
  EXPECT_EQ(energy.window.window, milliseconds(500));
  EXPECT_NEAR(energy.total.value.value, 0.24, 1e-12);
  EXPECT_NEAR(energy.net.value.value, 0.20, 1e-12);
  EXPECT_NEAR(energy.total.error.value, counter_error({1e-3}, {12}, milliseconds(1)).value / 25, 1e-12);
  EXPECT_GT(energy.net.error.value, energy.total.error.value);
}

// Steps of 1 J at 2 W and an error of at most 5 %: 2 / sqrt 6 / 2 W / 0.05 = 8.2 s, that is 409 runs.
TEST_F(MeasureRuns, TakesAWindowThatTheMeterNeeds) {
  FakeMeter meter(time_, {2}, {1});
  const EnergyReading idle = expect(measure_idle(meter, seconds(60), time_));
  const RunEnergy energy = expect(measure_runs(meter, idle, runner(), time_));
  EXPECT_EQ(energy.runs, 409U);
  EXPECT_LE(energy.window.relative_error(), 0.05);
}

// The meter is three times worse than it says: the first window is too short, a longer one does.
TEST_F(MeasureRuns, RepeatsAWindowThatWasTooShort) {
  FakeMeter meter(time_, {2}, {1});
  const EnergyReading idle = expect(measure_idle(meter, seconds(60), time_));
  meter.worse = 3;
  const RunEnergy energy = expect(measure_runs(meter, idle, runner(), time_));
  EXPECT_EQ(meter.windows, 3);  // one at rest, two under load
  EXPECT_LE(energy.window.relative_error(), 0.05);
}

TEST_F(MeasureRuns, RefusesWhatNoWindowCanTell) {
  FakeMeter meter(time_, {2}, {50});
  const EnergyReading idle = expect(measure_idle(meter, seconds(1), time_));
  const auto energy = measure_runs(meter, idle, runner(), time_);
  // 2 * 50 / sqrt 6 = 40.8 J of the 120 J in a minute.
  EXPECT_THAT(error_of(energy), AllOf(HasSubstr("to within 5 %: after 60 s it is 120 J +- 34 %"), HasSubstr("steps of 50 J, updates every 1 ms")));
  EXPECT_EQ(energy.error().code, ErrorCode::kDevice);
}

// Counters of virtual machines stand still.
TEST_F(MeasureRuns, RefusesAMeterThatShowsNothing) {
  FakeMeter meter(time_, {0}, {1e-3});
  const EnergyReading idle = expect(measure_idle(meter, seconds(1), time_));
  EXPECT_THAT(error_of(measure_runs(meter, idle, runner(), time_)), HasSubstr("meter fake shows no energy at all"));
  EXPECT_EQ(meter.windows, 2);
}

TEST_F(MeasureRuns, EndsTheWindowWhereARunFails) {
  FakeMeter meter(time_, {2}, {1e-3});
  const EnergyReading idle = expect(measure_idle(meter, seconds(1), time_));
  const auto failing = [&]() -> Result<void> { return fail(ErrorCode::kDevice, "it broke"); };
  EXPECT_EQ(error_of(measure_runs(meter, idle, failing, time_)), "it broke");
  EXPECT_EQ(meter.windows, meter.stops);
}

TEST_F(MeasureRuns, StopsOnRequest) {
  FakeMeter meter(time_, {2}, {1e-3});
  const EnergyReading idle = expect(measure_idle(meter, seconds(1), time_));
  std::stop_source stop;
  const auto stopping = [&]() -> Result<void> {
    stop.request_stop();
    return run();
  };
  EXPECT_EQ(measure_runs(meter, idle, stopping, time_, {.stop = stop.get_token()}).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(runs_, 1);
}

// At 1 W steps of a millijoule need 33 ms for 5 %: the shortest is a second. Steps of a joule would need 16.3 s, and 15 s are the longest.
TEST(IdleWindow, IsLongEnoughForTheMeter) {
  MeterInfo meter{.kind = MeterKind::kEnergyCounter, .resolution = Joules{1e-3}, .interval = milliseconds(1)};
  EXPECT_EQ(idle_window(meter, {}), seconds(1));
  meter.resolution = Joules{1};
  EXPECT_EQ(idle_window(meter, {}), seconds(15));
}

}  // namespace
}  // namespace mosaic

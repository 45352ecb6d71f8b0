#include "mosaic/power/log_meter.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

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

/// A monitor that writes a line every 100 ms, 5 V at 0.4 A, with its own seconds from `first` on.
class LogMeterTest : public testing::Test {
 protected:
  void SetUp() override { time_->sampled = false; }

  void write(double first, double last, double but_from = 0, double but_to = 0) const {
    std::ofstream log(file());
    log << "time,volts,amperes\n";
    for (int i = 0; first + 0.1 * i <= last + 1e-9; ++i) {
      const double at = first + 0.1 * i;
      if (at <= but_from + 1e-9 || at >= but_to - 1e-9) log << fmt::format("{:.3f},5.000,0.4000\n", at);
    }
  }
  [[nodiscard]] std::string file() const { return (folder_ / "log.csv").string(); }

  test::TemporaryFolder folder_;
  std::shared_ptr<ManualTime> time_ = std::make_shared<ManualTime>();
};

// The test's time begins at 1,700,000,000 s since 1970.
TEST_F(LogMeterTest, MeasuresAWindowOfALogInUnixTime) {
  write(1'699'999'990, 1'700'000'010);
  const auto meter = expect(open_log_meter(file(), time_));
  EXPECT_EQ(meter->info().name, "log:" + file());
  EXPECT_EQ(meter->info().interval, milliseconds(100));
  expect(meter->start());
  time_->advance(seconds(3));
  const EnergyReading reading = expect(meter->stop());
  EXPECT_NEAR(reading.energy.value, 6, 1e-6);
  EXPECT_EQ(reading.window, seconds(3));
}

TEST_F(LogMeterTest, AddsTheOffsetToTheLogsTimes) {
  write(0, 20);
  const auto meter = expect(open_log_meter(file() + "@1699999995.5", time_));
  expect(meter->start());
  time_->advance(seconds(2));
  EXPECT_NEAR(expect(meter->stop()).energy.value, 4, 1e-6);
  expect(meter->start());
  time_->advance(seconds(60));
  EXPECT_THAT(error_of(meter->stop()), AllOf(HasSubstr("log.csv: it holds 0.000000 s to 20.000000 s"), HasSubstr("from 6.500000 s to 66.500000 s")));
}

// The monitor's programme writes late: what is missing comes while the meter waits.
TEST_F(LogMeterTest, WaitsForALogThatLagsBehind) {
  write(1'699'999'990, 1'700'000'002);
  const auto meter = expect(open_log_meter(file(), time_));
  expect(meter->start());
  time_->advance(seconds(3));
  time_->on_tick = [&](Nanoseconds now) {
    if (now >= milliseconds(4500)) write(1'699'999'990, 1'700'000'004);
  };
  EXPECT_NEAR(expect(meter->stop()).energy.value, 6, 1e-6);
  EXPECT_EQ(time_->now(), milliseconds(4500));
}

// A monitor that writes what it has every 4 s, and a window of half a second: when it is over, the log ends 3 s before it begins.
TEST_F(LogMeterTest, WaitsForALogThatEndsBeforeTheWindowBegins) {
  write(1'699'999'990, 1'700'000'000);
  const auto meter = expect(open_log_meter(file(), time_));
  time_->advance(seconds(3));
  expect(meter->start());
  time_->advance(milliseconds(500));
  time_->on_tick = [&](Nanoseconds now) {
    if (now >= seconds(4)) write(1'699'999'990, 1'700'000'004);
  };
  EXPECT_NEAR(expect(meter->stop()).energy.value, 1, 1e-6);
  EXPECT_EQ(time_->now(), seconds(4));
}

// It is 8 s behind and catches up, 6 s every 5 s: as long as it comes nearer, there is something to wait for. One that stands still is given up.
TEST_F(LogMeterTest, WaitsWhileTheLogGrows) {
  write(1'699'999'950, 1'699'999'992);
  const auto meter = expect(open_log_meter(file(), time_));
  expect(meter->start());
  time_->advance(seconds(1));
  double last = 1'699'999'992;
  Nanoseconds next = seconds(5);
  time_->on_tick = [&](Nanoseconds now) {
    if (now < next) return;
    next += seconds(5);
    write(1'699'999'950, last += 6);
  };
  EXPECT_NEAR(expect(meter->stop()).energy.value, 2, 1e-6);
  EXPECT_EQ(time_->now(), seconds(10));
  time_->on_tick = {};
  time_->advance(seconds(3));
  expect(meter->start());
  time_->advance(seconds(1));
  EXPECT_THAT(error_of(meter->stop()), HasSubstr("log.csv: it holds"));
  EXPECT_EQ(time_->now(), seconds(24));
}

TEST_F(LogMeterTest, RefusesAWindowWithAGap) {
  write(1'699'999'990, 1'700'000'010, 1'700'000'001, 1'700'000'002);
  const auto meter = expect(open_log_meter(file(), time_));
  expect(meter->start());
  time_->advance(milliseconds(900));
  EXPECT_NEAR(expect(meter->stop()).energy.value, 1.8, 1e-6);
  expect(meter->start());
  time_->advance(seconds(3));
  EXPECT_THAT(error_of(meter->stop()), AllOf(HasSubstr("gap from 1700000001.000000 s to 1700000002.000000 s"), HasSubstr("measure again")));
}

TEST_F(LogMeterTest, LeavesALineThatIsBeingWritten) {
  write(1'699'999'990, 1'700'000'010);
  std::ofstream(file(), std::ios::app) << "1700000010.1,5.0";
  EXPECT_TRUE(open_log_meter(file(), time_).has_value());
}

TEST_F(LogMeterTest, RefusesWhatIsNoLog) {
  EXPECT_THAT(error_of(open_log_meter(file(), time_)), HasSubstr("log.csv"));
  std::ofstream(file()) << "a,b\n1,2\n";
  EXPECT_THAT(error_of(open_log_meter(file(), time_)), AllOf(HasSubstr("log.csv: no column of time")));
}

}  // namespace
}  // namespace mosaic

#include "mosaic/power/energy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mosaic/base/random.h"

namespace mosaic {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(WrappedDifference, CountsOnBehindTheRange) {
  EXPECT_EQ(wrapped_difference(100, 250, 1000), 150);
  EXPECT_EQ(wrapped_difference(900, 50, 1000), 150);  // 100 up to the range, 50 after
  EXPECT_EQ(wrapped_difference(7, 7, 1000), 0);
  EXPECT_EQ(wrapped_difference(1000, 0, 1000), 0);
}

// 2 W to 4 W in 1 s are 3 J, 4 W for 0.5 s are 2 J.
TEST(Trapezoid, IsTheAreaUnderStraightLines) {
  const std::vector<PowerSample> samples{{seconds(0), {2}}, {seconds(1), {4}}, {milliseconds(1500), {4}}};
  EXPECT_DOUBLE_EQ(trapezoid(samples).value, 5);
  EXPECT_EQ(trapezoid(std::span(samples).first(1)).value, 0);
}

// Logs with coarse times hold several samples of one moment: no area between them.
TEST(Trapezoid, TakesSamplesOfOneMoment) {
  const std::vector<PowerSample> samples{{seconds(0), {2}}, {seconds(0), {9}}, {seconds(1), {9}}};
  EXPECT_DOUBLE_EQ(trapezoid(samples).value, 9);
}

TEST(SmallestStep, IsTheSmallestDifferenceThatOccurs) {
  const std::vector<PowerSample> samples{{seconds(0), {2.5}}, {seconds(1), {2.0}}, {seconds(2), {2.5}}, {seconds(3), {2.125}}};
  EXPECT_DOUBLE_EQ(smallest_step(samples).value, 0.125);
  EXPECT_EQ(smallest_step(std::span(samples).first(1)).value, 0);
}

// Steps of 60 uJ and, at 10 W, 10 mJ in a millisecond: 2 sqrt(0.00006^2 + 0.01^2) / sqrt 6 = 0.008165 J.
TEST(CounterError, AddsStepAndAge) {
  EXPECT_NEAR(counter_error({60e-6}, {10}, milliseconds(1)).value, 0.008165, 1e-6);
  EXPECT_NEAR(counter_error({3}, {0}, milliseconds(1)).value, 2.449490, 1e-6);  // 2 * 3 / sqrt 6
}

// 1 s of samples at 4 W and 6 W in turn, 101 of them, steps of 0.1 W, updates every 10 ms. Steps: 0.1 / sqrt 12 = 0.028868. Edges: 2 * 0.01 / sqrt 6
// = 0.008165. Scatter: the deviation of 51 fours and 50 sixes is 1.00494, over sqrt 101 it is 0.099995. Together 2 * 0.104398 = 0.208797.
TEST(TrapezoidError, AddsStepEdgesAndScatter) {
  std::vector<PowerSample> samples;
  for (int i = 0; i <= 100; ++i) samples.push_back({milliseconds(10 * i), {i % 2 == 0 ? 4.0 : 6.0}});
  EXPECT_NEAR(trapezoid_error(samples, {0.1}, milliseconds(10)).value, 0.208797, 1e-5);
}

// A load that changes between 2 W and 8 W at random moments, seen by a sensor every 5 ms: the error bar holds the truth 95 times in a hundred; at
// least 90 are asked for, and that it is not so wide that it says nothing (a quarter of it still misses half of them).
TEST(TrapezoidError, HoldsTheTruthAsOftenAsItSays) {
  Random random(3);
  int held = 0;
  int held_by_quarter = 0;
  constexpr int kTrials = 400;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<PowerSample> samples;
    double truth = 0;
    double power = 5;
    for (int tick = 0; tick <= 2000; ++tick) {  // of 0.5 ms
      if (random.below(10) == 0) power = random.uniform(2, 8);
      if (tick % 10 == 0) samples.push_back({std::chrono::microseconds(500 * tick), {power}});
      if (tick < 2000) truth += power * 0.5e-3;
    }
    const double error = trapezoid_error(samples, {0}, Nanoseconds(0)).value;
    const double off = std::fabs(trapezoid(samples).value - truth);
    held += off <= error ? 1 : 0;
    held_by_quarter += off <= error / 4 ? 1 : 0;
  }
  EXPECT_GE(held, kTrials * 9 / 10);
  EXPECT_LE(held_by_quarter, kTrials * 9 / 10);
}

MeterInfo counter() { return {.name = "c", .kind = MeterKind::kEnergyCounter, .resolution = Joules{60e-6}, .interval = milliseconds(1)}; }
MeterInfo sensor(double step) { return {.name = "s", .kind = MeterKind::kPower, .resolution = Watts{step}, .interval = milliseconds(10)}; }

// The window must make the counter's error, 8.165 mJ at 10 W, 5 % of 10 W times the window: 0.008165 / 0.5 = 16.33 ms.
TEST(RequiredWindow, MakesACountersErrorSmallEnough) {
  const auto window = required_window(counter(), 0.05, {10});
  ASSERT_TRUE(window.has_value());
  EXPECT_NEAR(std::chrono::duration<double>(*window).count(), 0.01633, 1e-5);
  const double energy = 10 * std::chrono::duration<double>(*window).count();
  EXPECT_NEAR(counter_error({60e-6}, {10}, milliseconds(1)).value / energy, 0.05, 1e-6);
}

// Without steps: 2 * 10 ms / (sqrt 6 * 0.05) = 163.3 ms; never less than ten updates.
TEST(RequiredWindow, AllowsForALoadThatBeginsAtTheEdge) {
  EXPECT_NEAR(std::chrono::duration<double>(*required_window(sensor(0), 0.05, {5})).count(), 0.1633, 1e-4);
  EXPECT_EQ(*required_window(sensor(0), 0.5, {5}), milliseconds(100));
}

// Steps of 1 W at 5 W: 2 / sqrt 12 / 5 = 11.5 % in any window.
TEST(RequiredWindow, IsNoneWhereTheStepsAreTooCoarse) {
  EXPECT_FALSE(required_window(sensor(1), 0.05, {5}).has_value());
  EXPECT_TRUE(required_window(sensor(1), 0.05, {50}).has_value());
}

// 10 J in 2 s, 6 J in 3 s of rest, that is 4 J in 2 s: 6 J remain. Errors 0.3 J and 0.6 * 2 / 3 = 0.4 J make 0.5 J.
TEST(SubtractIdle, SubtractsThePowerOfRestAndAddsErrors) {
  const EnergyReading busy{.energy = {10}, .error = {0.3}, .window = seconds(2)};
  const EnergyReading idle{.energy = {6}, .error = {0.6}, .window = seconds(3)};
  const Energy net = subtract_idle(busy, idle);
  EXPECT_DOUBLE_EQ(net.value.value, 6);
  EXPECT_DOUBLE_EQ(net.error.value, 0.5);
}

TEST(EnergyReading, KnowsPowerAndRelativeError) {
  const EnergyReading reading{.energy = {10}, .error = {0.5}, .window = seconds(4)};
  EXPECT_DOUBLE_EQ(reading.power().value, 2.5);
  EXPECT_DOUBLE_EQ(reading.relative_error(), 0.05);
  EXPECT_TRUE(std::isinf(EnergyReading{.window = seconds(1)}.relative_error()));
}

TEST(FormatEnergy, TakesAPrefixThatFits) {
  EXPECT_EQ(format_energy({0.8124}), "812 mJ");
  EXPECT_EQ(format_energy({1.2345}), "1.23 J");
  EXPECT_EQ(format_energy({61e-6}), "61 uJ");
  EXPECT_EQ(format_energy({-0.02}), "-20 mJ");
  EXPECT_EQ(format_energy({12345}), "12.3 kJ");
  EXPECT_EQ(format_power({0}), "0 W");
}

}  // namespace
}  // namespace mosaic

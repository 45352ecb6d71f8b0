#include "mosaic/cost/paper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaic::paper {
namespace {

constexpr Hertz mhz(std::int64_t value) { return {value * 1'000'000}; }

TEST(Equations1And2, AreLinesBySize) {
  // 0.5 us a byte and 20 us: 100 bytes take 50 + 20 us in, 10 bytes 5 + 20 us out.
  const Communication<Microseconds> line{.alpha = Microseconds(0.5), .beta = Microseconds(20)};
  EXPECT_DOUBLE_EQ(line.in(Bytes{100}).count(), 70);
  EXPECT_DOUBLE_EQ(line.out(Bytes{10}).count(), 25);
  const Communication<Joules> energy{.alpha = {2}, .beta = {1}};
  EXPECT_DOUBLE_EQ(energy.in(Bytes{3}).value, 7);
}

TEST(Equations1And2, AreFittedByLeastSquares) {
  // Through (1, 3), (2, 5), (3, 7), (4, 10): means 2.5 and 6.25; covariance 11.5, variance 5: slope 2.3, intercept 6.25 - 5.75 = 0.5.
  const std::vector<std::pair<Bytes, Microseconds>> samples{
      {Bytes{1}, Microseconds(3)}, {Bytes{2}, Microseconds(5)}, {Bytes{3}, Microseconds(7)}, {Bytes{4}, Microseconds(10)}};
  const auto line = fit_communication(samples);
  EXPECT_NEAR(line.alpha.count(), 2.3, 1e-12);
  EXPECT_NEAR(line.beta.count(), 0.5, 1e-12);
}

TEST(Equations1And2, AreNeverNegative) {
  const std::vector<std::pair<Bytes, Joules>> falling{{Bytes{0}, Joules{3}}, {Bytes{2}, Joules{1}}};
  const auto line = fit_communication(falling);
  EXPECT_EQ(line.alpha.value, 0);
  EXPECT_DOUBLE_EQ(line.beta.value, 2);
}

TEST(Equation3, GoesThroughBothClocks) {
  // 10 ms at 2 GHz and 16 ms at 1 GHz: gamma = 6 ms / (1 - 0.5) GHz = 12 ms GHz, epsilon = 10 - 6 = 4 ms; at 1.5 GHz 8 + 4 ms.
  const ClockResponse response = clock_response(Microseconds(10'000), mhz(2000), Microseconds(16'000), mhz(1000));
  EXPECT_NEAR(response.epsilon.count(), 4000, 1e-9);
  EXPECT_NEAR(response.at(mhz(1500)).count(), 12'000, 1e-9);
  EXPECT_NEAR(response.at(mhz(1000)).count(), 16'000, 1e-9);
}

TEST(Equation3, IsFlatForADeviceOfOneClock) {
  EXPECT_DOUBLE_EQ(clock_response(Microseconds(7), mhz(960), Microseconds(9), mhz(960)).at(mhz(960)).count(), 7);
}

TEST(Equation5, ScalesByVoltageSquaredAndClock) {
  // Half the clock at 0.8 of the voltage: 0.64 * 0.5 of 5 W.
  const Watts scaled = dynamic_power({5}, {.clock = mhz(2000), .voltage = {1.0}}, {.clock = mhz(1000), .voltage = {0.8}});
  EXPECT_NEAR(scaled.value, 1.6, 1e-12);
  EXPECT_NEAR(total_power(scaled, {0.4}).value, 2.0, 1e-12);  // equation 4
}

/// One layer, 10 ms at 2 GHz and 16 ms at 1 GHz, 5.5 W at 2 GHz of which 0.5 W static; handing over 1 us a byte and 100 us, 2 mJ each way.
DeviceProfile one_layer() {
  return {.clocks = {{.clock = mhz(1000), .voltage = {0.8}}, {.clock = mhz(2000), .voltage = {1.0}}},
          .highest = {Total{.time = Microseconds(10'000), .power = {5.5}}},
          .lowest = {Total{.time = Microseconds(16'000), .power = {9.9}}},
          .static_power = {{0.4}, {0.5}},
          .communication = {{.alpha = Microseconds(1), .beta = Microseconds(100)}, {.alpha = Microseconds(1), .beta = Microseconds(100)}},
          .communication_energy = {{.alpha = {0}, .beta = {2e-3}}, {.alpha = {0}, .beta = {2e-3}}}};
}

constexpr LayerSizes kSizes{.in = {300}, .out = {500}};

TEST(ExecutionEstimate, SubtractsCommunicationFromTheTotal) {
  // At 2 GHz: 10,000 - (300 + 100) - (500 + 100) = 9,000 us; 5.5 W * 10 ms = 55 mJ less 4 mJ.
  const auto high = execution(one_layer(), 1, 0, kSizes);
  ASSERT_TRUE(high.has_value());
  EXPECT_NEAR(high->time.count(), 9000, 1e-9);
  EXPECT_NEAR(high->energy.value, 51e-3, 1e-12);
  // At 1 GHz: 16,000 - 1,000 us; dynamic 5 W * 0.64 * 0.5 = 1.6 W and 0.4 W static, 2 W * 16 ms = 32 mJ less 4 mJ. The power measured there is not
  // used.
  const auto low = execution(one_layer(), 0, 0, kSizes);
  EXPECT_NEAR(low->time.count(), 15'000, 1e-9);
  EXPECT_NEAR(low->energy.value, 28e-3, 1e-12);
}

TEST(ExecutionEstimate, IsNothingWhereTheLayerCannotRunAndNeverNegative) {
  DeviceProfile device = one_layer();
  device.communication[1].beta = Microseconds(50'000);
  EXPECT_EQ(execution(device, 1, 0, kSizes)->time.count(), 0);
  device.highest[0].reset();
  EXPECT_FALSE(execution(device, 1, 0, kSizes).has_value());
}

TEST(Equations6And7, ListDevicesByTheirClocks) {
  const std::vector<DeviceProfile> devices{one_layer(), one_layer()};
  const auto performance = performance_set(devices);
  ASSERT_EQ(performance.size(), 2);
  EXPECT_EQ(performance[1].device, 1);
  EXPECT_EQ(performance[1].clock, 1);
  const auto energy = energy_set(devices);
  ASSERT_EQ(energy.size(), 4);
  EXPECT_EQ(energy[2].device, 1);
  EXPECT_EQ(energy[2].clock, 0);
}

TEST(Equation8, AddsLayersAndBothEnds) {
  const std::vector<DeviceProfile> devices{one_layer()};
  const std::vector<LayerSizes> sizes{kSizes};
  const ChainCosts time = time_costs(devices, performance_set(devices), sizes);
  // c_in + e + c_out = 400 + 9,000 + 600 us, the total that was measured.
  EXPECT_EQ(cost_of(time, {.borders = {0, 1}, .configurations = {0}}), Cost(10'000'000'000));
  const ChainCosts energy = energy_costs(devices, energy_set(devices), sizes);
  // 2 + 28 + 2 mJ at 1 GHz, in picojoules; 55 mJ at 2 GHz.
  EXPECT_EQ(cost_of(energy, {.borders = {0, 1}, .configurations = {0}}).count(), 32'000'000'000);
  EXPECT_EQ(cost_of(energy, {.borders = {0, 1}, .configurations = {1}}).count(), 55'000'000'000);
}

TEST(Equation8, IsInfiniteWhereALayerCannotRun) {
  std::vector<DeviceProfile> devices{one_layer()};
  devices[0].lowest[0].reset();
  EXPECT_FALSE(
      cost_of(time_costs(devices, performance_set(devices), std::vector<LayerSizes>{kSizes}), {.borders = {0, 1}, .configurations = {0}}).feasible());
}

}  // namespace
}  // namespace mosaic::paper

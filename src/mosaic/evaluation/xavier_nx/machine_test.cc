#include "mosaic/evaluation/xavier_nx/machine.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace mosaic::xavier_nx {
namespace {

using std::chrono::milliseconds;

constexpr Hertz kGpu{1'100'000'000};
constexpr Hertz kCpu{1'400'000'000};

std::array<Level, 2> two_levels() {
  return {Level{.network = {}, .name = "small", .proxy_percent = 72, .gpu = milliseconds(10), .cpu = milliseconds(800)},
          Level{.network = {}, .name = "large", .proxy_percent = 79, .gpu = milliseconds(40), .cpu = milliseconds(3200)}};
}

BoardModel fitted() { return fitted_model(two_levels(), two_levels()); }

TEST(XavierModel, TakesTheRatiosOfPublishedFiguresThatWentIn) {
  const BoardModel model = fitted();
  const Level level = two_levels()[0];
  EXPECT_NEAR(gpu_time(model, level, {803'000'000}) / gpu_time(model, level, kGpu), 50.0 / 43, 1e-12);
  EXPECT_NEAR(1 + (model.gpu_training - 1) * model.gpu_other, 50.0 / 43, 1e-12);
  EXPECT_NEAR(model.gpu_training, 63.5 / 46, 1e-12);
  EXPECT_NEAR(model.cpu_other, 1120.0 / 580, 1e-12);
}

TEST(XavierModel, ScaleIsAsFarFromBothEndsOfThePublishedLevels) {
  // 10 to 40 ms against 41.2 to 61.8: the geometric means, 20 and 50.46 ms, agree.
  const BoardModel model = fitted();
  EXPECT_NEAR(model.gpu_scale, 50.459 / 20, 1e-4);
  const double low = gpu_time(model, two_levels()[0], kGpu).count() / 41.2;
  const double high = gpu_time(model, two_levels()[1], kGpu).count() / 61.8;
  EXPECT_NEAR(low * high, 1, 1e-9);
}

TEST(XavierModel, CoresGoWithTheClockAndWithAmdahl) {
  const BoardModel model = fitted();
  const Level level = two_levels()[0];
  const Milliseconds four = cpu_time(model, level, kCpu, 4);
  EXPECT_NEAR(cpu_time(model, level, {1'200'000'000}, 4) / four, 1.4 / 1.2, 1e-12);
  EXPECT_NEAR(cpu_time(model, level, kCpu, 1) / four, 1 / (0.1 + 0.9 / 4), 1e-12);
  EXPECT_NEAR(cpu_time(model, level, kCpu, 2) / four, (0.1 + 0.9 / 2) / (0.1 + 0.9 / 4), 1e-12);
}

TEST(XavierMachine, HasAPlacementForEveryGroupOfCoresAndTheGpuAtEachClock) {
  const manager::Machine machine = xavier_machine(fitted());
  EXPECT_EQ(machine.units.size(), 5U);
  EXPECT_EQ(machine.placements.size(), (4U + 2 + 1 + 1) * 6 + 9);  // of one, two, three and four cores
  EXPECT_EQ(machine.domains[0].levels.front(), Hertz{200'000'000});
  EXPECT_EQ(machine.domains[0].levels.back(), Hertz{1'500'000'000});
  EXPECT_EQ(machine.domains[1].levels.front(), Hertz{300'000'000});
  EXPECT_EQ(machine.domains[1].levels.back(), Hertz{1'100'000'000});
  EXPECT_EQ(machine.placements[0].name, "cpu[0]@200MHz");
  EXPECT_EQ(machine.placements.back().name, "gpu@1100MHz");
  EXPECT_NEAR(machine.contention(0b10000, {0, 0, 0, 0, 1}), 63.5 / 46, 1e-12);
  EXPECT_NEAR(machine.contention(0b00011, {0, 1, 0, 0, 0}), 1120.0 / 580, 1e-12);
}

TEST(XavierMachine, HigherClocksAreFasterAndDrawMore) {
  const BoardModel model = fitted();
  const manager::Machine machine = xavier_machine(model);
  const manager::LevelTable table = level_table(model, two_levels());
  ASSERT_EQ(table.levels.size(), 2U);
  for (const auto& level : table.levels) {
    ASSERT_EQ(level.costs.size(), machine.placements.size());
    for (std::size_t p = 1; p < machine.placements.size(); ++p) {
      if (machine.placements[p].units != machine.placements[p - 1].units) continue;
      EXPECT_LT(level.costs[p]->latency, level.costs[p - 1]->latency);
      const auto power = [&](std::size_t at) {
        return level.costs[at]->energy.value / std::chrono::duration<double>(level.costs[at]->latency).count();
      };
      EXPECT_GT(power(p), power(p - 1));
    }
  }
  // 2 W while working and 6 W of the GPU at its highest clock.
  const auto& fastest = *table.levels[0].costs.back();
  EXPECT_NEAR(fastest.energy.value, 8 * std::chrono::duration<double>(fastest.latency).count(), 1e-8);  // times are whole nanoseconds
}

}  // namespace
}  // namespace mosaic::xavier_nx

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/backend/sim/truth.h"
#include "tests/chains.h"
#include "tests/running.h"

namespace mosaic::sim {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

/// Three clocks: the middle one lies half way between the others by 1/f: (1/1.5 - 1/3) / (1 - 1/3) = 0.5.
constexpr const char* kClocks = "operating_points: [{clock: 1 GHz, voltage: 0.6}, {clock: 1.5 GHz, voltage: 0.8}, {clock: 3 GHz, voltage: 1.0}]";
enum : std::size_t { kLow, kMiddle, kHigh };

Board clocked_board(const std::string& extra, const std::string& simulation = "") {
  std::string text = test::hand_board_text(extra);
  const auto replace = [&](const std::string& from, const std::string& to) { text.replace(text.find(from), from.size(), to); };
  replace("{name: a, kind: gpu}", std::string("{name: a, kind: gpu, ") + kClocks + "}");
  replace("{gmacs: 1, gbytes: 1}", "{gmacs: 1, gbytes: 1, watts: 2}");
  if (!simulation.empty()) replace("  noise_percent: 0\n", "  noise_percent: 0\n" + simulation);
  return expect(parse_board(text));
}

Spent spend(const Board& board, std::size_t configuration) {
  return expect(Truth::parse(board)).slice(test::two_layers(), board, test::kFirstLayer, ConfigurationId(configuration));
}

double microjoules(const Spent& spent) { return spent.energy.value * 1e6; }

TEST(SimulatedEnergy, IsThatOfLayersHandOverAndStaticPower) {
  // 13 us at 2 W, 4 us of taking in at 1 W, 17 us at 0.5 W.
  const Board board = clocked_board(", static_watts: 0.5, hand_over_watts: 1");
  EXPECT_NEAR(microjoules(spend(board, kHigh)), 26 + 4 + 8.5, 1e-9);
}

TEST(SimulatedEnergy, FollowsVoltageAndClock) {
  // Half the clock at 0.8 of the voltage: the layer takes 2 + 20 + 1 = 23 us, dynamic power is 0.64 * 0.5 = 0.32 of the highest, static power 0.64.
  const Board board = clocked_board(", static_watts: 0.5, hand_over_watts: 1");
  EXPECT_NEAR(spend(board, kMiddle).time.count(), 27, 1e-9);
  EXPECT_NEAR(microjoules(spend(board, kMiddle)), 0.32 * (23 * 2 + 4 * 1) + 0.64 * 0.5 * 27, 1e-9);
  EXPECT_NEAR(expect(Truth::parse(board)).static_power(board, ConfigurationId(kMiddle)).value, 0.32, 1e-12);
}

TEST(SimulatedHandOver, LeavesASliceByItsOwnLine) {
  // 5 us and 1,000 bytes at 0.5 GB/s out: 7 us more.
  EXPECT_NEAR(spend(clocked_board(", leave_us: 5, leave_gbytes: 0.5"), kHigh).time.count(), 17 + 7, 1e-9);
}

TEST(SimulatedDeviations, VanishAtTheExtremeClocks) {
  // Between them the layer's time is off by 2.6 sqrt(0.5) (1 - 0.5) * -10 %: 23 us * (1 - 0.0919).
  const Board board = clocked_board(", deviations: {clock_mean: -0.1}");
  EXPECT_NEAR(spend(board, kHigh).time.count(), 17, 1e-9);
  EXPECT_NEAR(spend(board, kLow).time.count(), 3 + 1 + 2 + 30 + 1, 1e-9);
  EXPECT_NEAR(spend(board, kMiddle).time.count(), 4 + 23 * (1 - 0.1 * 2.6 * 0.5 * std::sqrt(0.5)), 1e-9);
}

TEST(SimulatedDeviations, OfPowerGrowTowardsTheLowestClock) {
  // 10 % at the lowest clock, 10 % * sqrt(0.5) half way: of 33 and 23 us in layers; handing over draws nothing here.
  const Board board = clocked_board(", deviations: {power_mean: 0.1}");
  EXPECT_NEAR(microjoules(spend(board, kHigh)), 26, 1e-9);
  EXPECT_NEAR(microjoules(spend(board, kLow)), 33 * 2 * 0.36 / 3 * 1.1, 1e-9);
  EXPECT_NEAR(microjoules(spend(board, kMiddle)), 23 * 2 * 0.32 * (1 + 0.1 * std::sqrt(0.5)), 1e-9);
}

TEST(SimulatedDeviations, AreMultipliedByRichness) {
  const std::string deviations = ", deviations: {clock_mean: -0.1, clock_layer: 0.05, power_layer: 0.05, hand_over: 0.1}";
  EXPECT_NEAR(spend(clocked_board(deviations, "  richness: 0\n"), kMiddle).time.count(), 27, 1e-9);
  const double once = spend(clocked_board(deviations), kMiddle).time.count() - 27;
  const double twice = spend(clocked_board(deviations, "  richness: 2\n"), kMiddle).time.count() - 27;
  EXPECT_NEAR(twice, 2 * once, 1e-9);
  EXPECT_GT(std::abs(once), 0.1);
}

TEST(SimulatedDeviations, AreTheSameInEveryProcessAndOthersWithAnotherSeed) {
  const std::string deviations = ", deviations: {clock_layer: 0.05}";
  EXPECT_EQ(spend(clocked_board(deviations), kMiddle).time, spend(clocked_board(deviations), kMiddle).time);
  EXPECT_NE(spend(clocked_board(deviations), kMiddle).time, spend(clocked_board(deviations, "  seed: 2\n"), kMiddle).time);
}

TEST(SimulatedEnergy, RefusesWhatMakesNoSense) {
  EXPECT_THAT(error_of(Truth::parse(clocked_board(", static_watts: -1"))), HasSubstr("power must not be negative"));
  EXPECT_THAT(error_of(Truth::parse(clocked_board(", deviations: {clock: 1}"))), HasSubstr("clock"));
  EXPECT_THAT(error_of(Truth::parse(clocked_board(", deviations: {clock_mean: -1}"))), HasSubstr("between -1 and 1"));
  EXPECT_THAT(error_of(Truth::parse(clocked_board("", "  governor: {period_ms: 0, up_threshold: 0.8}\n"))), HasSubstr("period_ms"));
  EXPECT_THAT(error_of(Truth::parse(clocked_board("", "  richness: -1\n"))), HasSubstr("richness"));
}

}  // namespace
}  // namespace mosaic::sim

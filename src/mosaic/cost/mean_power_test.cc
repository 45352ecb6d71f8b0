#include "mosaic/cost/mean_power.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace mosaic {
namespace {

using testing::HasSubstr;
using testing::Optional;

ConfigurationPower measured(const std::string& configuration, double watts) {
  return {.configuration = configuration, .power = {watts}, .error = {0.1}, .rest = {1}, .meter = "hwmon:ina226/VDD_IN"};
}

/// Two configurations in a place each, two layers.
ChainCosts times() {
  ChainCosts costs(2, 2, 2);
  costs.place = {0, 1};
  costs.execute = {10, 20, 30, 40};
  costs.enter[costs.border(1, 1)] = 5;
  costs.leave[costs.border(0, 1)] = 7;
  costs.transfer[costs.hop(1, 0, 1)] = 100;
  costs.transfer[costs.hop(1, 0, 0)] = 11;
  return costs;
}

TEST(MeanPowers, MeasuredOnesComeBeforeTheBoardFiles) {
  Board board = test::split_board(2);
  Profile profile;
  EXPECT_FALSE(mean_powers(profile, board).has_value());
  for (Device& device : board.devices) {
    for (OperatingPoint& point : device.points) point.power = Watts{3};
  }
  auto powers = mean_powers(profile, board);
  ASSERT_TRUE(powers.has_value());
  EXPECT_EQ(powers->of, std::vector<std::optional<Watts>>(board.configurations.size(), Watts{3}));
  EXPECT_EQ(powers->source, "modelled: time x power, power from the board file");

  profile.powers = {measured(board.configurations[0].name, 5)};
  powers = mean_powers(profile, board);
  ASSERT_TRUE(powers.has_value());
  EXPECT_THAT(powers->of[0], Optional(Watts{5}));
  EXPECT_THAT(powers->of[1], Optional(Watts{3}));
  EXPECT_THAT(powers->source, HasSubstr("measured by hwmon:ina226/VDD_IN, or else from the board file"));
}

TEST(EnergyAt, IsTimeTimesPower) {
  const auto energy = energy_at(times(), {Watts{2}, Watts{0.5}});
  ASSERT_TRUE(energy.has_value());
  EXPECT_EQ(energy->execute, (std::vector<std::int64_t>{20, 40, 15, 20}));
  // 10 ps at 2 W, 7 ps of leaving at 2 W, 100 ps of the hop at the larger power; 5 ps of entering (2.5, rounded away from zero) and 40 ps at 0.5 W.
  EXPECT_EQ(cost_of(*energy, {.borders = {0, 1, 2}, .configurations = {0, 1}}).count(), 20 + 14 + 200 + 3 + 20);
  EXPECT_EQ(energy->transfer[energy->hop(1, 0, 0)], 22);
}

TEST(EnergyAt, AConfigurationThatRunsNothingNeedsNoPower) {
  ChainCosts costs = times();
  EXPECT_FALSE(energy_at(costs, {Watts{2}, std::nullopt}).has_value());
  costs.runs[costs.cell(1, 0)] = costs.runs[costs.cell(1, 1)] = 0;
  EXPECT_TRUE(energy_at(costs, {Watts{2}, std::nullopt}).has_value());
}

}  // namespace
}  // namespace mosaic

#include "training/relaxed_cost.h"

#include <gtest/gtest.h>

namespace mosaic::training {
namespace {

using diana::CostKind;

/// 3 x 3 windows from 16 to 16 channels on 14 x 14 pixels.
constexpr ConvShape kLayer{.in_channels = 16, .out_channels = 16, .kernel_x = 3, .kernel_y = 3, .out_x = 14, .out_y = 14};

TEST(RelaxedCost, FollowsTheWorkedExample) {
  // 8 digital channels: ceil(8 / 16) = 1 pass of 16 * 14 * 9 = 2016 cycles, 196 * 8 / 8 = 196 for outputs, 196 * 16 / 8 = 392 for inputs, of which
  // 8 / 9 count: 2560.44. 8 analog ones: four pixels at once, 196 / 4 * 18.2 = 891.8, and 8 * 16 * 9 = 1152 for weights, of which 8 / 9 count:
  // 1915.8. Softmax at a temperature of 256.044: 1 / (1 + exp(-644.64 / 256.044)) = 0.92538 of the longer one.
  EXPECT_NEAR(relaxed_cost(kLayer, 8, CostKind::kLatency).cost, 0.92538 * 2560.44 + 0.07462 * 1915.8, 0.05);
  // 24.96 mW and 28.74 mW for both times; 42.39 - 24.96 - 28.74 = -11.31 mW while both work, which is as long as the shorter time, 4476.24 - 2512.34.
  EXPECT_NEAR(relaxed_cost(kLayer, 8, CostKind::kEnergy).cost, (24.96e-3 * 2560.44 + 28.74e-3 * 1915.8 - 11.31e-3 * 1963.9) / 260e6, 2e-11);
}

TEST(RelaxedCost, IsNearlyTheExactCostWhereOneUnitHasAllChannels) {
  for (const CostKind kind : {CostKind::kLatency, CostKind::kEnergy}) {
    for (const std::int64_t digital : {std::int64_t{0}, kLayer.out_channels}) {
      const diana::LayerCost exact = diana::layer_cost(kLayer, digital);
      const double wanted = kind == CostKind::kLatency ? exact.cycles() : exact.energy().value;
      EXPECT_NEAR(relaxed_cost(kLayer, static_cast<double>(digital), kind).cost / wanted, 1, 0.06) << digital;
    }
  }
}

TEST(RelaxedCost, FallsWithFewerChannelsOnTheSlowerUnit) {
  EXPECT_GT(relaxed_cost(kLayer, 12, CostKind::kLatency).slope, 0) << "the digital array is the slower one";
  const ConvShape linear{.in_channels = 512, .out_channels = 16};
  EXPECT_LT(relaxed_cost(linear, 8, CostKind::kLatency).slope, 0) << "loading the analog array's weights takes longest";
  EXPECT_GT(relaxed_cost(kLayer, 12, CostKind::kEnergy).slope, 0);
}

TEST(RelaxedCost, HasTheSlopeOfItsSmoothParts) {
  // Between two whole numbers only outputs' memory and the gates change the cost besides the steps, whose slopes are straight through.
  const double h = 1e-4;
  const double d = 4.5;
  const double change = (relaxed_cost(kLayer, d + h, CostKind::kLatency).cost - relaxed_cost(kLayer, d - h, CostKind::kLatency).cost) / (2 * h);
  EXPECT_GT(relaxed_cost(kLayer, d, CostKind::kLatency).slope, change) << "a sixteenth of a step is added for each channel";
}

}  // namespace
}  // namespace mosaic::training

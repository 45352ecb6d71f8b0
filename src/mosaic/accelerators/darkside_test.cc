#include "mosaic/accelerators/darkside.h"

#include <gtest/gtest.h>

namespace mosaic::darkside {
namespace {

// By hand from the published formulae.
TEST(Darkside, CyclesOfTheClusterAndOfTheDepthwiseEngine) {
  const ConvShape layer{.in_channels = 8, .out_channels = 16, .kernel_x = 3, .kernel_y = 3, .out_x = 16, .out_y = 10};
  // 5 x 2 tiles of 72 x 2 + 4 x (14 x 18 + 15) cycles.
  EXPECT_DOUBLE_EQ(cluster_cycles(layer), 10 * (144 + 4 * 267));
  const ConvShape depthwise{.in_channels = 20, .out_channels = 20, .kernel_x = 3, .kernel_y = 3, .out_x = 16, .out_y = 10, .groups = 20};
  EXPECT_DOUBLE_EQ(depthwise_cycles(depthwise), 2 * (9 + 9 * 16 + 4 * 160));
}

}  // namespace
}  // namespace mosaic::darkside

#include "mosaic/evaluation/odimo/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace mosaic::odimo {
namespace {

TEST(Golden, OurFunctionsGiveEveryFigure) {
  const std::vector<Golden> all = golden_numbers();
  for (const Golden& each : all)
    EXPECT_TRUE(each.agrees()) << each.network << ", " << each.what << ": " << each.computed << ", not " << each.reference;
  // 6 layers on both arrays; 4 mappings of cycles, ms and uJ, and 22 splits; 11 figures and 21 splits; 4 splits.
  EXPECT_EQ(all.size(), 12U + 12 + 22 + 11 + 21 + 4);
}

// One split of ResNet-20, seven of ResNet-18 ([16] * 6 + [127]) and four of MobileNet.
TEST(Golden, OnlyTwelveSplitsAreTheRepositorysOwn) {
  const std::vector<Golden> all = golden_numbers();
  EXPECT_EQ(std::ranges::count(all, Source::kRepository, &Golden::source), 12);
  for (const Golden& each : all)
    EXPECT_TRUE(each.source == Source::kCalculated || each.what.starts_with("Min-Cost: digital channels of layer")) << each.network << each.what;
}

TEST(Golden, ThreeSplitsOfTheRepositoryAreNotItsFormulas) {
  std::vector<Golden> known = golden_numbers();
  std::erase_if(known, [](const Golden& each) { return !each.formula; });
  ASSERT_EQ(known.size(), 3U);
  EXPECT_EQ(known[0].reference, 127);
  EXPECT_EQ(known[0].computed, 112);
  EXPECT_NEAR(known[0].extra_cycles, 43.475, 1e-9);
  for (const Golden& each : {known[1], known[2]}) {
    EXPECT_EQ(each.reference, 31);
    EXPECT_EQ(each.computed, 32);
    EXPECT_NEAR(each.extra_cycles, 0, 1e-9);
  }
}

TEST(Golden, SaysWhereItDiffers) {
  Golden golden{.network = "net", .what = "cycles", .reference = 100, .computed = 100.4, .tolerance = 0.5};
  EXPECT_TRUE(golden.agrees());
  golden.computed = 100.6;
  EXPECT_FALSE(golden.agrees());
  golden.formula = 101;
  EXPECT_TRUE(golden.agrees());
}

}  // namespace
}  // namespace mosaic::odimo

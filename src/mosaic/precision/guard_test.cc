#include "mosaic/precision/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/precision/paired_drop.h"

namespace mosaic::precision {
namespace {

using testing::HasSubstr;

Evidence labelled(std::size_t images, std::size_t lost, std::size_t gained) {
  return {
      .images = images, .scored = images, .changed = lost + gained, .labelled = images, .right_float = images / 2, .lost = lost, .gained = gained};
}

// 4 lost and 3 gained of 400: a drop of 0.25 points; Tango's upper bound is 1.553 (see paired_drop_test.cc for the formula).
TEST(Guard, PassesOnlyBelowTheUpperBound) {
  EXPECT_EQ(judge(labelled(400, 4, 3), 1.6).verdict, Verdict::kPasses);
  EXPECT_EQ(judge(labelled(400, 4, 3), 1.5).verdict, Verdict::kUnresolved);
  EXPECT_EQ(judge(labelled(400, 4, 3), 0.25).verdict, Verdict::kFails);
  const Judgement judgement = judge(labelled(400, 4, 3), 1.6);
  EXPECT_NEAR(judgement.drop, 0.25, 1e-9);
  EXPECT_NEAR(judgement.upper, 1.553, 1e-3);
  EXPECT_LT(judgement.interval.low, 0);
  EXPECT_GT(judgement.interval.high, judgement.upper);  // one of two ends
}

// At the second try the bound is the upper end of the two-sided interval, 1.83: what passed below 1.6 does so below 1.9 only.
TEST(Guard, AsksMoreOfFurtherTries) {
  EXPECT_EQ(judge(labelled(400, 4, 3), 1.6, 2).verdict, Verdict::kUnresolved);
  EXPECT_EQ(judge(labelled(400, 4, 3), 1.9, 2).verdict, Verdict::kPasses);
  EXPECT_DOUBLE_EQ(judge(labelled(400, 4, 3), 1.6, 2).upper, judge(labelled(400, 4, 3), 1.6).interval.high);
}

// The first number of images, one after the other, with which the same rates pass.
TEST(Guard, SaysHowManyImagesWouldDo) {
  const Judgement judgement = judge(labelled(400, 4, 3), 0.5);
  ASSERT_TRUE(judgement.images_needed.has_value());
  std::size_t expected = 400;
  const auto upper = [](std::size_t images) {
    const double n = static_cast<double>(images);
    return net_drop_limits({.images = n, .lost = n * 4 / 400, .gained = n * 3 / 400}, kOneSided95).high;
  };
  while (upper(expected) >= 0.005) ++expected;
  EXPECT_EQ(*judgement.images_needed, expected);
  EXPECT_THAT(describe(judgement, labelled(400, 4, 3), 0.5), HasSubstr("cannot resolve with 400 images, " + std::to_string(expected) + " would do"));
}

// z^2 / (n + z^2) < 0.005 for z = 1.645 from 539 images on: (2.7055 / 0.005) - 2.7055 = 538.4.
TEST(Guard, KnowsHowManyImagesItTakesAtLeast) {
  EXPECT_EQ(fewest_images(Measure::kTop1, 0.5), 539);
  EXPECT_EQ(fewest_images(Measure::kAgreement, 0.5), 539);
  EXPECT_EQ(judge(labelled(538, 0, 0), 0.5).verdict, Verdict::kUnresolved);
  EXPECT_EQ(judge(labelled(539, 0, 0), 0.5).verdict, Verdict::kPasses);
  EXPECT_EQ(judge(labelled(100, 0, 0), 0.5).images_needed, 539);
}

TEST(Guard, TakesAgreementWhereNoLabelIsKnown) {
  const Evidence evidence{.images = 1000, .scored = 1000, .changed = 10};
  const Judgement judgement = judge(evidence, 2);
  EXPECT_EQ(judgement.verdict, Verdict::kPasses);
  EXPECT_NEAR(judgement.drop, 1, 1e-9);
  EXPECT_NEAR(judgement.upper, 100 * share_limits(10, 1000, kOneSided95).high, 1e-9);
  EXPECT_THAT(describe(judgement, evidence, 2), HasSubstr("share of other classes 1.00 points"));
}

// Distances 0.01 and 0.03 by turns: mean 0.02, deviation 0.01 * sqrt(100 / 99); t(0.95, 99) = 1.6604, so the bound is 2 + 0.1669 per cent.
TEST(Guard, TakesCosinesWhereThereAreNoClasses) {
  const Evidence evidence{.images = 100, .distances = 2, .distances_squared = 50 * (1e-4 + 9e-4)};
  EXPECT_EQ(evidence.measure(), Measure::kCosine);
  const Judgement judgement = judge(evidence, 2.2);
  EXPECT_EQ(judgement.verdict, Verdict::kPasses);
  EXPECT_NEAR(judgement.upper, 2.1669, 2e-4);
  EXPECT_EQ(judge(evidence, 2.1).verdict, Verdict::kUnresolved);
  EXPECT_EQ(judge(evidence, 1.9).verdict, Verdict::kFails);
  EXPECT_EQ(judge(Evidence{.images = 1, .distances = 0.001}, 2).verdict, Verdict::kUnresolved);
}

}  // namespace
}  // namespace mosaic::precision

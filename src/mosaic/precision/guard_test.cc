#include "mosaic/precision/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/precision/paired_drop.h"
#include "tests/support.h"

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

// At the second try the bound is the upper end of the two-sided interval, 1.89: what passed below 1.6 does so below 1.9 only.
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

// 0.995^n < 0.05 from n = ln 0.05 / ln 0.995 = 597.6 on. The score test alone would be content with 539: z^2 / (n + z^2) < 0.005 for z = 1.645.
TEST(Guard, KnowsHowManyImagesItTakesAtLeast) {
  EXPECT_EQ(fewest_images(Measure::kTop1, 0.5), 598);
  EXPECT_EQ(fewest_images(Measure::kAgreement, 0.5), 598);
  EXPECT_EQ(fewest_images(Measure::kTop1, 2), 149);
  EXPECT_EQ(judge(labelled(597, 0, 0), 0.5).verdict, Verdict::kUnresolved);
  EXPECT_EQ(judge(labelled(598, 0, 0), 0.5).verdict, Verdict::kPasses);
  EXPECT_EQ(judge(labelled(100, 0, 0), 0.5).images_needed, 598);
}

/// How often a network whose true drop is the limit passes, over all outcomes, where so many are gained.
double passing(std::size_t images, double limit_percent, double gained_share) {
  const double lost_share = limit_percent / 100 + gained_share;
  const double n = static_cast<double>(images);
  double out = 0;
  for (std::size_t gained = 0; gained <= (gained_share > 0 ? 12U : 0U); ++gained) {  // more than 12 at a mean of 1 at most: 1e-9
    for (std::size_t lost = 0; judge(labelled(images, lost, gained), limit_percent).verdict == Verdict::kPasses; ++lost) {
      const double b = static_cast<double>(lost);
      const double c = static_cast<double>(gained);
      const double ways = std::lgamma(n + 1) - std::lgamma(b + 1) - std::lgamma(c + 1) - std::lgamma(n - b - c + 1);
      const double chance =
          b * std::log(lost_share) + (c > 0 ? c * std::log(gained_share) : 0) + (n - b - c) * std::log(1 - lost_share - gained_share);
      out += std::exp(ways + chance);
    }
  }
  return out;
}

// By the score test alone 6.7 % would pass with 539 and with 133 images and nothing gained, and 6 % with 907 and 450.
TEST(Guard, LetsNoMoreThanItsRiskThrough) {
  const std::vector<std::pair<std::size_t, double>> cases{{539, 0.5}, {598, 0.5}, {907, 0.5}, {1000, 0.5}, {299, 1},
                                                          {450, 1},   {133, 2},   {149, 2},   {225, 2}};
  for (const auto& [images, limit] : cases) {
    for (const double gained : {0.0, 0.0005, 0.001}) EXPECT_LT(passing(images, limit, gained), 0.0505) << images << " images, gained " << gained;
  }
  EXPECT_GT(passing(598, 0.5, 0), 0.049);  // nor does it ask for more than it must
  EXPECT_GT(passing(149, 2, 0), 0.049);
}

TEST(Guard, TakesAgreementWhereNoLabelIsKnown) {
  const Evidence evidence{.images = 1000, .scored = 1000, .changed = 10};
  const Judgement judgement = judge(evidence, 2);
  EXPECT_EQ(judgement.verdict, Verdict::kPasses);
  EXPECT_NEAR(judgement.drop, 1, 1e-9);
  EXPECT_NEAR(judgement.upper, 100 * std::max(share_limits(10, 1000, kOneSided95).high, exact_upper_share(10, 1000, 0.05)), 1e-9);
  EXPECT_THAT(describe(judgement, evidence, 2), HasSubstr("share of other classes 1.00 points"));
}

// Errors 0.01 and 0.03 by turns: mean 0.02, deviation 0.01 * sqrt(100 / 99); t(0.95, 99) = 1.6604, so the bound is 2 + 0.1669 per cent.
TEST(Guard, TakesErrorsWhereThereAreNoClasses) {
  const Evidence evidence{.images = 100, .errors = 2, .errors_squared = 50 * (1e-4 + 9e-4)};
  EXPECT_EQ(evidence.measure(), Measure::kError);
  const Judgement judgement = judge(evidence, 2.2);
  EXPECT_EQ(judgement.verdict, Verdict::kPasses);
  EXPECT_NEAR(judgement.upper, 2.1669, 2e-4);
  EXPECT_EQ(judge(evidence, 2.1).verdict, Verdict::kUnresolved);
  EXPECT_EQ(judge(evidence, 1.9).verdict, Verdict::kFails);
}

// Two images of errors 0.0008 and 0.0022 have Student's bound at 0.15 + 6.31 * 0.07 = 0.59; no formula for many images should make less of it.
TEST(Guard, BelievesNoErrorsOfAHandful) {
  EXPECT_EQ(judge(Evidence{.images = 2, .errors = 0.003, .errors_squared = 0.0008 * 0.0008 + 0.0022 * 0.0022}, 0.5).verdict, Verdict::kUnresolved);
  EXPECT_EQ(judge(Evidence{.images = 19, .errors = 0}, 0.5).images_needed, 20);
  EXPECT_EQ(judge(Evidence{.images = 20, .errors = 0}, 0.5).verdict, Verdict::kPasses);
  EXPECT_EQ(fewest_images(Measure::kError, 0.5), 20);
}

TEST(Guard, SaysAtWhatLevelItsBoundHolds) {
  EXPECT_DOUBLE_EQ(judge(labelled(400, 4, 3), 1.6).level, 95);
  EXPECT_DOUBLE_EQ(judge(labelled(400, 4, 3), 1.6, 2).level, 97.5);
  EXPECT_THAT(describe(judge(labelled(400, 4, 3), 1.9, 2), labelled(400, 4, 3), 1.9), HasSubstr("upper 97.5 % bound 1.89, limit 1.90: passes"));
  EXPECT_THAT(describe(judge(labelled(400, 4, 3), 1.9, 3), labelled(400, 4, 3), 1.9), HasSubstr("upper 98.75 % bound"));
}

TEST(Guard, ClaimsNothingOfWhatWasNotTested) {
  const Judgement judgement = untested(labelled(400, 0, 0));
  EXPECT_EQ(judgement.verdict, Verdict::kUntested);
  EXPECT_EQ(judgement.interval.high, judge(labelled(400, 0, 0), 2).interval.high);
  const std::string text = describe(judgement, labelled(400, 0, 0), 2);
  EXPECT_THAT(text, testing::AllOf(HasSubstr("on 400 images: not tested"), testing::Not(HasSubstr("passes")), testing::Not(HasSubstr("bound"))));
}

/// The float network beside itself.
Evidence float_alone(std::size_t images, std::size_t right, std::size_t classes) {
  return {.images = images, .scored = images, .labelled = images, .right_float = right, .classes = classes};
}

// Classes that count from 0 for a model that counts from 1: nothing is right, so nothing can be lost. With 2 of 400 right by luck a network that is
// wrong everywhere loses half a point, and its bound, 1.6, lies below 2.
TEST(Guard, RefusesAFloatNetworkThatIsWrongItself) {
  EXPECT_THAT(test::error_of(check_float(float_alone(400, 0, 1001), 2)),
              testing::AllOf(HasSubstr("0 of 400"), HasSubstr("chance"), HasSubstr("1001")));
  EXPECT_THAT(test::error_of(check_float(float_alone(400, 2, 1001), 2)), HasSubstr("wrong everywhere would pass at 2.00"));
  EXPECT_THAT(test::error_of(check_float(float_alone(400, 110, 4), 2)), HasSubstr("chance"));  // 27.5 %, 23 to 32
  test::expect(check_float(float_alone(400, 208, 1000), 2));
  test::expect(check_float(float_alone(8, 8, 4), 100));
  test::expect(check_float(Evidence{.images = 400, .scored = 400, .classes = 1001}, 2));  // nobody knows the right ones
}

}  // namespace
}  // namespace mosaic::precision

#include "mosaic/quantize/ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "mosaic/base/random.h"
#include "tests/support.h"

namespace mosaic::quantize {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

Histogram histogram_of(const std::vector<float>& values) {
  Histogram histogram;
  histogram.add(values);
  return histogram;
}

// 100 values 0.01, 0.02, ... 1.00: above 0.90 lie 10 of them. The bins are 1 / 2,048 wide (8,192 of them over [-2, 2)), so the end is exact to one
// bin.
TEST(ChooseRange, LeavesOutTheShareThatThePercentileSays) {
  std::vector<float> values;
  for (int i = 1; i <= 100; ++i) values.push_back(static_cast<float>(i) / 100);
  const Range range = expect(choose_range(histogram_of(values), {.method = RangeMethod::kPercentile, .percentile = 90}));
  EXPECT_EQ(range.low, 0);
  EXPECT_NEAR(range.high, 0.9, 1.0 / 2048 + 0.01);
  EXPECT_GE(range.high, 0.9);
}

TEST(ChooseRange, CutsBothTails) {
  std::vector<float> values;
  for (int i = 1; i <= 1000; ++i) {
    values.push_back(static_cast<float>(i) / 1000);
    values.push_back(-2 * static_cast<float>(i) / 1000);
  }
  const Range range =
      expect(choose_range(histogram_of(values), {.method = RangeMethod::kPercentile, .percentile = 95}));  // 100 of 2,000 at either end
  EXPECT_NEAR(range.high, 0.9, 0.003);
  EXPECT_NEAR(range.low, -1.8, 0.003);
}

TEST(ChooseRange, NeverExceedsWhatWasSeen) {
  const Histogram histogram = histogram_of({0.3F, 1.1F, -0.2F});
  for (const RangeMethod method : {RangeMethod::kPercentile, RangeMethod::kMinMax, RangeMethod::kSquaredError}) {
    const Range range = expect(choose_range(histogram, {.method = method, .percentile = 100}));
    EXPECT_LE(range.high, static_cast<double>(1.1F)) << name(method);
    EXPECT_GE(range.low, static_cast<double>(-0.2F)) << name(method);
    EXPECT_GT(range.high, 0.9) << name(method);
  }
}

TEST(ChooseRange, HoldsZeroWhereAllValuesLieOnOneSide) {
  const Range range = expect(choose_range(histogram_of({3, 4, 5}), {.method = RangeMethod::kMinMax}));
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 5);
}

/// The mean squared error of rounding values by a range.
double error_of_rounding(const std::vector<float>& values, const Range& range) {
  const Affine affine = affine_of(range);
  double sum = 0;
  for (const float value : values) {
    const double level = std::clamp(std::nearbyint(static_cast<double>(value) / static_cast<double>(affine.scale)) + affine.zero_point, 0.0, 255.0);
    const double back = (level - affine.zero_point) * static_cast<double>(affine.scale);
    sum += (static_cast<double>(value) - back) * (static_cast<double>(value) - back);
  }
  return sum / static_cast<double>(values.size());
}

// The values are rounded in truth with many ranges; none is better than the one chosen by more than the sums over bins can be wrong.
TEST(ChooseRange, HasTheLeastSquaredError) {
  Random random(3);
  std::vector<float> values;
  for (int i = 0; i < 20'000; ++i) {
    const double normal = random.normal();
    values.push_back(static_cast<float>(i % 100 == 0 ? 8 * normal : std::max(normal, -0.5)));
  }
  const Histogram histogram = histogram_of(values);
  const Range chosen = expect(choose_range(histogram, {.method = RangeMethod::kSquaredError}));
  const double least = error_of_rounding(values, chosen);
  for (int l = 1; l <= 40; ++l) {
    for (int h = 1; h <= 40; ++h) {
      const Range other{.low = histogram.lowest() * l / 40, .high = histogram.highest() * h / 40};
      EXPECT_GT(error_of_rounding(values, other), 0.97 * least) << other.low << " " << other.high;
    }
  }
  EXPECT_LT(least, error_of_rounding(values, expect(choose_range(histogram, {.method = RangeMethod::kMinMax}))));
}

TEST(ChooseRange, RefusesNumbersThatAreNone) {
  const Histogram histogram = histogram_of({1, std::numeric_limits<float>::quiet_NaN(), 2});
  EXPECT_THAT(error_of(choose_range(histogram, {})), HasSubstr("1 of 3 values are NaN or infinite"));
  EXPECT_THAT(error_of(choose_range(Histogram(), {})), HasSubstr("no value was seen"));
}

TEST(RangeMethods, HaveNames) {
  EXPECT_EQ(expect(parse_range_method("mse")), RangeMethod::kSquaredError);
  EXPECT_THAT(error_of(parse_range_method("entropy")), HasSubstr("percentile, mse and minmax"));
}

// [-1, 1.55]: 2.55 / 255 = 0.01 a step, and -1 is level 0, so 0 is level 100.
TEST(AffineOf, SpreadsTheLevels) {
  EXPECT_EQ(affine_of({.low = -1, .high = 1.55}), (Affine{.scale = 0.01F, .zero_point = 100}));
  EXPECT_EQ(affine_of({.low = 0, .high = 255}), (Affine{.scale = 1, .zero_point = 0}));
  EXPECT_EQ(affine_of({.low = -255, .high = 0}), (Affine{.scale = 1, .zero_point = 255}));
}

TEST(AffineOf, GivesAnEmptyRangeAScaleThatCanBeDividedBy) { EXPECT_EQ(affine_of({}), (Affine{.scale = 1, .zero_point = 0})); }

}  // namespace
}  // namespace mosaic::quantize

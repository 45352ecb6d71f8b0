#include "mosaic/base/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/random.h"

namespace mosaic {
namespace {

using Samples = std::vector<double>;

TEST(Quantile, InterpolatesBetweenNeighbours) {
  // Sorted 1 2 4 8 at positions 0 1 2 3; q = 0.5 is position 1.5: between 2 and 4. q = 0.25: position 0.75, 1 + 0.75 * (2 - 1).
  const Samples samples{8, 1, 4, 2};
  EXPECT_DOUBLE_EQ(quantile(samples, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(samples, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(quantile(samples, 0.5), 3);
  EXPECT_DOUBLE_EQ(quantile(samples, 1), 8);
}

TEST(Quantile, OfOneSampleIsThatSample) {
  for (const double q : {0.0, 0.3, 1.0}) EXPECT_EQ(quantile(Samples{5}, q), 5);
}

TEST(Median, IsTheMiddleOfAnOddNumber) { EXPECT_EQ(median(Samples{9, 1, 5}), 5); }

TEST(Mean, AddsAndDivides) { EXPECT_DOUBLE_EQ(mean(Samples{1, 2, 6}), 3); }

TEST(SpreadPercent, IsTheInterquartileRangeOverTheMedian) {
  // Quartiles of 10 20 30 40 50: 20 and 40; (40 - 20) / 30 = 66.7 %.
  EXPECT_NEAR(spread_percent(Samples{10, 20, 30, 40, 50}), 200.0 / 3, 1e-9);
  EXPECT_EQ(spread_percent(Samples{7}), 0);
  EXPECT_EQ(spread_percent(Samples{}), 0);
  EXPECT_EQ(spread_percent(Samples{-1, 0, 1}), 0);
  EXPECT_NEAR(spread_percent(Samples{-10, -20, -30, -40, -50}), 200.0 / 3, 1e-9);
}

TEST(FitLine, FindsAnExactLine) {
  const Line line = fit_line(Samples{1, 2, 4}, Samples{5, 7, 11});
  EXPECT_DOUBLE_EQ(line.slope, 2);
  EXPECT_DOUBLE_EQ(line.intercept, 3);
  EXPECT_DOUBLE_EQ(line.r_squared, 1);
  EXPECT_DOUBLE_EQ(line.at(10), 23);
}

TEST(FitLine, IsNotMovedByAnOutlier) {
  // y = x but for the last point. Slopes of pairs: 1 between the first four (6 pairs), four larger ones with the last: the median is 1.
  const Line line = fit_line(Samples{0, 1, 2, 3, 4}, Samples{0, 1, 2, 3, 100});
  EXPECT_DOUBLE_EQ(line.slope, 1);
  EXPECT_DOUBLE_EQ(line.intercept, 0);
}

TEST(FitLine, IsTheMedianWhereAllXAreEqual) {
  const Line line = fit_line(Samples{3, 3, 3}, Samples{1, 5, 6});
  EXPECT_EQ(line.slope, 0);
  EXPECT_EQ(line.intercept, 5);
  // Mean 4: total 9 + 1 + 4 = 14, unexplained 16 + 0 + 1 = 17: worse than the mean, which counts as nothing explained.
  EXPECT_EQ(line.r_squared, 0);
}

TEST(FitLine, ExplainsTheShareOfTheVariance) {
  // Slopes of (0,0) (1,2) (2,2): 2, 1, 0: median 1. Rests 0, 1, 0: intercept 0. Mean 4/3: total 16/9 + 4/9 + 4/9 = 8/3, unexplained 1: 1 - 3/8.
  const Line line = fit_line(Samples{0, 1, 2}, Samples{0, 2, 2});
  EXPECT_DOUBLE_EQ(line.slope, 1);
  EXPECT_DOUBLE_EQ(line.r_squared, 0.625);
}

TEST(FitLine, TakesASinglePoint) {
  const Line line = fit_line(Samples{2}, Samples{9});
  EXPECT_EQ(line.slope, 0);
  EXPECT_EQ(line.at(100), 9);
}

TEST(MedianInterval, IsThePointItselfWhereNothingScatters) {
  const Interval interval = median_interval(Samples(20, 4.0));
  EXPECT_EQ(interval.low, 4);
  EXPECT_EQ(interval.high, 4);
}

TEST(MedianInterval, DependsOnTheSeedAlone) {
  Samples samples;
  Random random(5);
  for (int i = 0; i < 30; ++i) samples.push_back(random.normal());
  EXPECT_EQ(median_interval(samples, 3).low, median_interval(samples, 3).low);
  EXPECT_EQ(median_interval(samples, 3).high, median_interval(samples, 3).high);
}

TEST(MedianInterval, HoldsTheTrueMedianAboutAsOftenAsItSays) {
  // 95 % of 200 are 190; the bootstrap of 25 samples is known to be a little off, and 200 draws scatter by 3. Half-width: below what no information
  // would give (the whole range).
  int held = 0;
  Random random(11);
  for (int trial = 0; trial < 200; ++trial) {
    Samples samples;
    for (int i = 0; i < 25; ++i) samples.push_back(10 + random.normal());
    const Interval interval = median_interval(samples, static_cast<std::uint64_t>(trial));
    held += interval.low <= 10 && 10 <= interval.high ? 1 : 0;
    EXPECT_GT(interval.low, *std::ranges::min_element(samples));
    EXPECT_LT(interval.high, *std::ranges::max_element(samples));
  }
  EXPECT_GE(held, 180);
  EXPECT_LT(held, 200);
}

// Six visits of five runs each, all of a visit alike: drawn singly, thirty runs seem to know the median to within 1; six visits do not.
TEST(MedianInterval, DrawsWhatBelongsTogetherTogether) {
  Samples samples;
  for (const double visit : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}) samples.insert(samples.end(), 5, visit);
  const Interval singly = median_interval(samples);
  const Interval together = median_interval(samples, 1, 5);
  EXPECT_LE(together.low, 2);
  EXPECT_GE(together.high, 5);
  EXPECT_LT(singly.high - singly.low, together.high - together.low);
}

TEST(MedianInterval, DrawsSinglyWhereThereAreNoTwoBlocks) {
  const Samples samples{1, 2, 3, 4};
  EXPECT_EQ(median_interval(samples, 1, 5).low, median_interval(samples).low);
  EXPECT_EQ(median_interval(samples, 1, 5).high, median_interval(samples).high);
}

TEST(Random, GivesThePublishedSequence) {
  // Outputs of the authors' reference implementation for this seed.
  Random random(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U, 16408922859458223821U}) {
    EXPECT_EQ(random.next(), expected);
  }
}

TEST(Random, StaysInItsBounds) {
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_LT(random.below(7), 7U);
    const double unit = random.uniform();
    EXPECT_TRUE(unit >= 0 && unit < 1);
    const double between = random.uniform(-3, 5);
    EXPECT_TRUE(between >= -3 && between < 5);
  }
  EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, DrawsNormalNumbers) {
  // 20,000 draws: the mean scatters by 1 / sqrt(20000) = 0.007, the variance by sqrt(2 / 20000) = 0.01; five times that is allowed.
  Random random(2);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double value = random.normal();
    ASSERT_TRUE(std::isfinite(value));
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 20'000, 0, 0.035);
  EXPECT_NEAR(squares / 20'000, 1, 0.05);
}

TEST(Random, ShufflesWithoutLosingAnything) {
  std::vector<int> values{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<int> before = values;
  Random(3).shuffle(values);
  EXPECT_NE(values, before);
  EXPECT_THAT(values, testing::UnorderedElementsAreArray(before));
  std::vector<int> none;
  Random(3).shuffle(none);
  EXPECT_TRUE(none.empty());
}

// Wilson's interval of 81 of 263 as Newcombe (1998) gives it: 0.2553 to 0.3662; of 0 of 20: 0 to 0.1611.
TEST(ShareInterval, IsThatOfTheLiterature) {
  EXPECT_EQ(share_interval(81, 263).low, share_limits(81, 263, kTwoSided95).low);
  EXPECT_NEAR(share_interval(81, 263).low, 0.2553, 5e-5);
  EXPECT_NEAR(share_interval(81, 263).high, 0.3662, 5e-5);
  EXPECT_NEAR(share_interval(0, 20).low, 0, 1e-12);
  EXPECT_NEAR(share_interval(0, 20).high, 0.1611, 5e-5);
  EXPECT_NEAR(share_interval(20, 20).high, 1, 1e-12);
}

}  // namespace
}  // namespace mosaic

#include "mosaic/quantize/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "mosaic/base/random.h"

namespace mosaic::quantize {
namespace {

using testing::ElementsAre;

std::vector<std::uint64_t> bins_of(const Histogram& histogram) { return {histogram.bins().begin(), histogram.bins().end()}; }

// Eight bins over [-1, 1), 0.25 wide: 0.3 lies in [0.25, 0.5), -0.9 in [-1, -0.75).
TEST(Histogram, CountsWhereValuesLie) {
  Histogram histogram(8);
  histogram.add(std::vector<float>{0.3F, -0.9F, 0.3F, 0});
  EXPECT_THAT(bins_of(histogram), ElementsAre(1, 0, 0, 0, 0, 2, 0, 0));
  EXPECT_EQ(histogram.count(), 4);
  EXPECT_EQ(histogram.zeros(), 1);
  EXPECT_EQ(histogram.edge(0), -1);
  EXPECT_EQ(histogram.edge(8), 1);
  EXPECT_EQ(histogram.lowest(), static_cast<double>(-0.9F));
  EXPECT_EQ(histogram.highest(), static_cast<double>(0.3F));
}

// 3 needs [-4, 4), bins of 1: 0.3 and -0.9 come to lie in [0, 1) and [-1, 0).
TEST(Histogram, DoublesItsRangeForWhatLiesOutside) {
  Histogram histogram(8);
  histogram.add(std::vector<float>{0.3F, -0.9F});
  histogram.add(std::vector<float>{3});
  EXPECT_THAT(bins_of(histogram), ElementsAre(0, 0, 0, 1, 1, 0, 0, 1));
  EXPECT_EQ(histogram.edge(8), 4);
}

TEST(Histogram, PutsAPowerOfTwoIntoTheBinThatBeginsThere) {
  Histogram histogram(8);
  histogram.add(std::vector<float>{1});  // [-2, 2), bins of 0.5: [1, 1.5) is the seventh
  EXPECT_THAT(bins_of(histogram), ElementsAre(0, 0, 0, 0, 0, 0, 1, 0));
}

TEST(Histogram, DoesNotDependOnTheOrderOfItsValues) {
  Random random(7);
  std::vector<float> values;
  for (int i = 0; i < 1000; ++i) values.push_back(static_cast<float>(random.normal() * std::exp(3 * random.normal())));
  Histogram forward(64);
  for (const float value : values) forward.add({&value, 1});
  std::ranges::reverse(values);
  Histogram backward(64);
  backward.add(values);
  EXPECT_EQ(bins_of(forward), bins_of(backward));
  EXPECT_EQ(forward.edge(0), backward.edge(0));
  const auto all = bins_of(forward);
  EXPECT_EQ(std::accumulate(all.begin(), all.end(), std::uint64_t{0}) + forward.zeros(), 1000);
}

TEST(Histogram, CountsWhatIsNoNumberApart) {
  Histogram histogram(8);
  histogram.add(std::vector<float>{std::numeric_limits<float>::quiet_NaN(), 1, -std::numeric_limits<float>::infinity()});
  EXPECT_EQ(histogram.not_finite(), 2);
  EXPECT_EQ(histogram.count(), 1);
  EXPECT_EQ(histogram.highest(), 1);
}

TEST(Histogram, HoldsNothingButZeros) {
  Histogram histogram(8);
  histogram.add(std::vector<float>{0, 0});
  EXPECT_EQ(histogram.zeros(), 2);
  EXPECT_EQ(histogram.width(), 0);
}

}  // namespace
}  // namespace mosaic::quantize

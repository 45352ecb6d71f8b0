#include "mosaic/integers/calibrate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mosaic/integers/upper_quantile.h"
#include "mosaic/network/forward.h"
#include "tests/networks.h"
#include "tests/support.h"

namespace mosaic::integers {
namespace {

// Of 1 to 10 the smallest number that 90 % do not exceed is 9, and 91 % 10.
TEST(UpperQuantile, IsTheNumberThatTheFractionDoesNotExceed) {
  for (const auto& [fraction, expected] :
       {std::pair(0.9, 9.0F), std::pair(0.91, 10.0F), std::pair(1.0, 10.0F), std::pair(0.5, 5.0F), std::pair(0.0, 1.0F)}) {
    UpperQuantile quantile(fraction, 10);
    for (const float value : {3.0F, 1.0F, 4.0F, 10.0F, 5.0F, 9.0F, 2.0F, 6.0F, 8.0F, 7.0F}) quantile.add(value);
    EXPECT_EQ(quantile.value(), expected) << fraction;
  }
}

TEST(UpperQuantile, IsExactForManyNumbers) {
  Random random(3);
  for (const double fraction : {0.9995, 0.99, 0.2}) {
    std::vector<float> all;
    UpperQuantile quantile(fraction, 50'000);
    for (int i = 0; i < 50'000; ++i) {
      all.push_back(static_cast<float>(std::floor(random.uniform(0, 5000))));  // many are equal
      quantile.add(all.back());
    }
    std::ranges::sort(all);
    EXPECT_EQ(quantile.value(), all[static_cast<std::size_t>(std::ceil(fraction * 50'000)) - 1]);
  }
}

// Magnitudes of both images' numbers are 1 to 6: 5 is the smallest that 80 % (4.8 of 6) do not exceed. The sum doubles them, its ReLU lets 2, 0, 6,
// 0, 10, 0 through: of 0 0 0 2 6 10 the fifth is 6.
TEST(Calibrate, TakesQuantilesOverAllImages) {
  test::NetworkMaker net(1, {.channels = 3, .height = 1, .width = 1});
  net.add({0, 0});
  const std::vector<std::vector<float>> images{{1, -2, 3}, {-4, 5, -6}};
  const auto ranges = test::expect(calibrate(net.take(), images, {.quantile = 0.8}));
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges[0], (Range{.magnitude = 5, .negative = true}));
  EXPECT_EQ(ranges[1], (Range{.magnitude = 6, .negative = false}));
}

TEST(Calibrate, RefusesWhatCannotBeCalibrated) {
  test::NetworkMaker maker(1, {.channels = 3, .height = 1, .width = 1});
  maker.add({0, 0});
  const network::Network net = maker.take();
  const std::vector<std::vector<float>> none;
  EXPECT_EQ(test::error_of(calibrate(net, none)), "no images to calibrate with: a few hundred would do");
  const std::vector<std::vector<float>> small{{1, 2}};
  EXPECT_EQ(test::error_of(calibrate(net, small)), "calibration image 0 has 2 numbers, net1 takes 3");
  const std::vector<std::vector<float>> odd{{1, 2, std::numeric_limits<float>::quiet_NaN()}};
  EXPECT_EQ(test::error_of(calibrate(net, odd)), "'input' gives numbers that are not finite on calibration image 0");
  EXPECT_EQ(test::error_of(calibrate(net, small, {.quantile = 1.5})), "quantile 1.5 lies outside (0, 1]");
}

}  // namespace
}  // namespace mosaic::integers

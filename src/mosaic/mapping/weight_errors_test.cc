#include "mosaic/mapping/weight_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/network_reference.h"
#include "tests/support.h"

namespace mosaic::mapping {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

/// A layer of two channels of four weights, which 8 bits hold exactly.
network::Network two_channels(std::vector<float> weights) {
  test::NetworkDrawing net({.channels = 1, .height = 2, .width = 2});
  net.conv(0, {.out = 2, .window = {.kernel = {2, 2}}});
  net.network().nodes[1].filters.weights = std::move(weights);
  return net.network();
}

TEST(WeightErrors, AreSharesOfTheLayersSquares) {
  // Ternary weights hold the first channel exactly. Of the second, (4, 2, 0, 0), they keep both at the mean, 3, which is 1 + 1 off, or the larger
  // alone, which is 2^2 off: 2 of 4 * 1 + 16 + 4 = 24.
  const auto errors = test::expect(weight_errors(two_channels({1, -1, 1, -1, 4, 2, 0, 0})));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0], ElementsAre(DoubleNear(0, 1e-12), DoubleNear(2.0 / 24, 1e-9)));
}

TEST(WeightErrors, DoNotHangOnTheScaleOfALayer) {
  const auto errors = test::expect(weight_errors(two_channels({1, 3, 5, -7, 4, 2, 0, 0})));
  const auto larger = test::expect(weight_errors(two_channels({8, 24, 40, -56, 32, 16, 0, 0})));
  for (std::size_t c = 0; c < 2; ++c) EXPECT_DOUBLE_EQ(errors[0][c], larger[0][c]);
}

TEST(WeightErrors, AreZeroWhereNothingCanBeTernary) {
  test::NetworkDrawing net({.channels = 2, .height = 2, .width = 2});
  net.conv(0, {.out = 2, .window = {.kernel = {2, 2}}, .groups = 2});
  EXPECT_THAT(test::expect(weight_errors(net.network())), ElementsAre(ElementsAre(0, 0)));
  EXPECT_THAT(test::expect(weight_errors(two_channels(std::vector<float>(8, 0)))), ElementsAre(ElementsAre(0, 0)));
}

}  // namespace
}  // namespace mosaic::mapping

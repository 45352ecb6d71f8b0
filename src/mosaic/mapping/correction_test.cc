#include "mosaic/mapping/correction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mosaic/mapping/quantizers.h"
#include "tests/mappings.h"
#include "tests/support.h"

namespace mosaic::mapping {
namespace {

using network::Network;
using test::error_of;
using test::expect;
using test::image_of;
using test::NetworkDrawing;
using test::random_images;
using test::random_mapping;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(QuantizedLayer, EachChannelAsItsUnitHasIt) {
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 2});
  net.network().nodes[1].filters.weights = {96, -16, 4, -1};  // 127 >= 96: exponent 0; (4, -1): 4^2 > 5^2 / 2, so one is kept
  const Mapping mapping = with_counts(net.network(), std::vector<std::int64_t>{1});
  const auto layers = quantize(net.network(), mapping);
  EXPECT_THAT(layers[0].values, ElementsAre(96, -16, 1, 0));
  EXPECT_THAT(layers[0].scales, ElementsAre(1, 4));
  EXPECT_EQ(layers[0].bias, net.network().nodes[1].filters.bias);
  EXPECT_THAT(with_layers(net.network(), layers).nodes[1].filters.weights, ElementsAre(96, -16, 4, 0));
}

TEST(QuantizedLayer, TheScaleIsThatOfTheDigitalChannels) {
  NetworkDrawing net({.channels = 1});
  net.conv(0, {.out = 2});
  net.network().nodes[1].filters.weights = {1, 1000};
  const auto layers = quantize(net.network(), with_counts(net.network(), std::vector<std::int64_t>{1}));
  EXPECT_THAT(layers[0].values, ElementsAre(64, 1));  // 1 = 64 * 2^-6
  EXPECT_THAT(layers[0].scales, ElementsAre(1.0F / 64, 1000));
}

TEST(ChannelMoments, ByHand) {
  // y = 2 x + 1 on two images of two pixels: 1, 3, 5, 11: mean 5, squared deviations 16 + 4 + 0 + 36 = 56, a quarter of which is 14.
  NetworkDrawing net({.channels = 1, .height = 1, .width = 2});
  net.conv(0, {.out = 1, .activation = network::Activation::kRelu});
  net.network().nodes[1].filters.weights = {2};
  net.network().nodes[1].filters.bias = {1};
  const std::vector<Tensor> images{image_of({1, 1, 1, 2}, {0, 1}), image_of({1, 1, 1, 2}, {2, 5})};
  const auto moments = expect(channel_moments(net.network(), images));
  EXPECT_NEAR(moments[0].mean[0], 5, 1e-6);
  EXPECT_NEAR(moments[0].deviation[0], std::sqrt(14), 1e-6);
}

TEST(ChannelMoments, SmallDeviationsSurviveLargeMeans) {
  NetworkDrawing net({.channels = 1, .height = 1, .width = 2});
  net.conv(0, {.out = 1});
  net.network().nodes[1].filters.weights = {1};
  net.network().nodes[1].filters.bias = {4096};
  const auto moments = expect(channel_moments(net.network(), std::vector{image_of({1, 1, 1, 2}, {0, 0.125F})}));
  EXPECT_NEAR(moments[0].deviation[0], 0.0625, 1e-6);
}

TEST(Correction, ByHand) {
  // Weights (4, 2): ternary 3 and 3. Images (1, 0) and (3, 2): float 4 + 1 and 16 + 1, mean 11, deviation 6; ternary 3 + 1 and 15 + 1: mean 10,
  // deviation 6.
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 1});
  net.network().nodes[1].filters.weights = {4, 2};
  net.network().nodes[1].filters.bias = {1};
  const Mapping mapping = all_ternary(net.network());
  std::vector<Tensor> images{image_of({1, 2, 1, 1}, {1, 0}), image_of({1, 2, 1, 1}, {3, 2})};
  auto layers = expect(corrected(net.network(), quantize(net.network(), mapping), mapping, expect(channel_moments(net.network(), images)), images));
  EXPECT_FLOAT_EQ(layers[0].scales[0], 3);
  EXPECT_FLOAT_EQ(layers[0].bias[0], 2);
  // (1, 0) and (3, 0): float 5 and 13, mean 9, deviation 4; ternary 4 and 10, mean 7, deviation 3. Scale 3 * 4/3, bias 9 - 4/3 * 6 = 1: the weight
  // itself.
  images[1] = image_of({1, 2, 1, 1}, {3, 0});
  layers = expect(corrected(net.network(), quantize(net.network(), mapping), mapping, expect(channel_moments(net.network(), images)), images));
  EXPECT_FLOAT_EQ(layers[0].scales[0], 4);
  EXPECT_FLOAT_EQ(layers[0].bias[0], 1);
}

TEST(Correction, RestoresMomentsThroughTheWholeNetwork) {
  std::size_t restored = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    const Network network = test::random_network(seed);
    const Mapping mapping = random_mapping(network, seed);
    const std::vector<Tensor> images = random_images(network, 6, 1000);
    const auto wanted = expect(channel_moments(network, images));
    const auto plain = quantize(network, mapping);
    const auto layers = expect(corrected(network, plain, mapping, wanted, images));
    const auto there = expect(channel_moments(with_layers(network, layers), images));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      for (std::size_t c = 0; c < layers[l].scales.size(); ++c) {
        const double tolerance = 1e-4 * (1 + std::fabs(wanted[l].mean[c]) + wanted[l].deviation[c]);
        ASSERT_NEAR(there[l].mean[c], wanted[l].mean[c], tolerance);
        if (mapping.layers[l].channels[c] == Unit::kDigital) {
          ASSERT_EQ(layers[l].scales[c], plain[l].scales[c]);
        } else {
          const float gain = layers[l].scales[c] / plain[l].scales[c];
          ASSERT_GE(gain, 0.2499F);
          ASSERT_LE(gain, 4.001F);
          if (gain == 1 || gain < 0.2501F || gain > 3.999F) continue;
          ASSERT_NEAR(there[l].deviation[c], wanted[l].deviation[c], tolerance);
          ++restored;
        }
      }
    }
  }
  EXPECT_GT(restored, 50U);
}

TEST(Correction, AChannelThatNeverMovesKeepsItsScale) {
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 1});
  net.network().nodes[1].filters.weights = {4, 1};  // ternary: 4 and 0
  const Mapping mapping = all_ternary(net.network());
  const std::vector<Tensor> images{image_of({1, 2, 1, 1}, {1, 0}), image_of({1, 2, 1, 1}, {1, 2})};
  const auto layers =
      expect(corrected(net.network(), quantize(net.network(), mapping), mapping, expect(channel_moments(net.network(), images)), images));
  EXPECT_EQ(layers[0].scales[0], 4);
  EXPECT_NEAR(layers[0].bias[0], net.network().nodes[1].filters.bias[0] + 1, 1e-6);  // the mean of 0 and 2 times the weight that is gone
}

TEST(Correction, NamesTheImageThatDoesNotFit) {
  const Network network = test::random_network(2);
  std::vector<Tensor> images = random_images(network, 2, 1000);
  images[1].as<float>()[0] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(error_of(channel_moments(network, images)), HasSubstr("image 1: channel "));
  images[1] = Tensor(ElementType::kFloat32, {1, 1, 1, 1});
  EXPECT_THAT(error_of(channel_moments(network, images)), HasSubstr("image 1: the image is float32 1x1x1x1"));
}

}  // namespace
}  // namespace mosaic::mapping

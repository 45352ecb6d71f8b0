#include "mosaic/mapping/compensated.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mosaic/mapping/correction.h"
#include "tests/mappings.h"
#include "tests/support.h"

namespace mosaic::mapping {
namespace {

using network::Network;
using test::error_of;
using test::expect;
using test::NetworkDrawing;
using test::random_images;
using test::random_mapping;
using testing::HasSubstr;

/// Of the last node's values, over images.
double squared_distance(const Network& a, const Network& b, std::span<const Tensor> images) {
  double sum = 0;
  for (const Tensor& image : images) {
    const auto left = test::reference_values(a, image).raw.back();
    const auto right = test::reference_values(b, image).raw.back();
    for (std::size_t i = 0; i < left.size(); ++i) sum += (left[i] - right[i]) * (left[i] - right[i]);
  }
  return sum;
}

/// A network whose inputs are correlated: channels of 12 made from an image of 2, then three layers of ternary weights.
Network chain(std::uint64_t seed) {
  NetworkDrawing net({.channels = 2, .height = 6, .width = 6}, seed);
  std::size_t last = 0;
  for (int layer = 0; layer < 3; ++layer)
    last = net.conv(last, {.out = 12, .window = {.kernel = {3, 3}, .padding = {1, 1, 1, 1}}, .activation = network::Activation::kRelu});
  net.conv(net.global_pool(last), {.out = 3});
  return net.network();
}

TEST(Compensated, IsNearerToTheFloatNetworkThanRounding) {
  std::size_t nearer = 0;
  double ratios = 0;
  constexpr std::uint64_t kNetworks = 8;
  for (std::uint64_t seed = 1; seed <= kNetworks; ++seed) {
    const Network network = chain(seed);
    const Mapping mapping = all_ternary(network);
    const std::vector<Tensor> images = random_images(network, 48, 3000);
    const std::span<const Tensor> seen = std::span(images).first(32);
    const std::span<const Tensor> held_out = std::span(images).subspan(32);
    const auto rounded = expect(corrected(network, quantize(network, mapping), mapping, expect(channel_moments(network, seen)), seen));
    const auto layers = expect(compensated(network, mapping, seen));
    const double before = squared_distance(network, with_layers(network, rounded), held_out);
    const double after = squared_distance(network, with_layers(network, layers), held_out);
    nearer += after < before ? 1 : 0;
    ratios += std::log(after / before);
  }
  EXPECT_GE(nearer, 6U);
  EXPECT_LT(std::exp(ratios / static_cast<double>(kNetworks)), 0.6);
}

TEST(Compensated, WeightsAreThoseOfTheirUnitsAndMeansAreRestored) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    const Network network = test::random_network(seed);
    const Mapping mapping = random_mapping(network, seed);
    const std::vector<Tensor> images = random_images(network, 6, 3000);
    const auto layers = expect(compensated(network, mapping, images));
    const auto wanted = expect(channel_moments(network, images));
    const auto there = expect(channel_moments(with_layers(network, layers), images));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const std::size_t size = layers[l].values.size() / layers[l].scales.size();
      for (std::size_t c = 0; c < layers[l].scales.size(); ++c) {
        ASSERT_NEAR(there[l].mean[c], wanted[l].mean[c], 1e-3 * (1 + std::fabs(wanted[l].mean[c]) + wanted[l].deviation[c]));
        int exponent = 0;
        if (mapping.layers[l].channels[c] == Unit::kDigital) {
          ASSERT_EQ(std::frexp(layers[l].scales[c], &exponent), 0.5F);
          continue;
        }
        ASSERT_GT(layers[l].scales[c], 0);
        for (std::size_t w = c * size; w < (c + 1) * size; ++w) ASSERT_LE(std::abs(layers[l].values[w]), 1);
      }
    }
  }
}

TEST(Compensated, LayersThatAreTooWideAreRoundedAndCorrected) {
  const Network network = chain(3);
  const Mapping mapping = random_mapping(network, 3);
  const std::vector<Tensor> images = random_images(network, 4, 3000);
  const auto rounded = expect(corrected(network, quantize(network, mapping), mapping, expect(channel_moments(network, images)), images));
  const auto layers = expect(compensated(network, mapping, images, {.most_inputs = 1}));
  for (std::size_t l = 0; l < layers.size(); ++l) {
    EXPECT_EQ(layers[l].values, rounded[l].values);
    EXPECT_EQ(layers[l].scales, rounded[l].scales);
    EXPECT_EQ(layers[l].bias, rounded[l].bias);
  }
  const auto narrow = expect(compensated(network, mapping, images, {.most_inputs = 20}));  // the first layer has 2 * 9 inputs, the others 12 * 9
  EXPECT_EQ(narrow[1].values, rounded[1].values);
  const auto changes = expect(compensated_changes(network, images, {.most_inputs = 1}));
  EXPECT_EQ(changes[1].weights, expect(corrected_changes(network, images))[1].weights);
}

TEST(Compensated, TheSameEveryTime) {
  const Network network = chain(4);
  const std::vector<Tensor> images = random_images(network, 4, 3000);
  const auto once = expect(compensated(network, all_ternary(network), images));
  const auto again = expect(compensated(network, all_ternary(network), images));
  for (std::size_t l = 0; l < once.size(); ++l) {
    EXPECT_EQ(once[l].values, again[l].values);
    EXPECT_EQ(once[l].scales, again[l].scales);
  }
}

TEST(Compensated, ChangesByHand) {
  // Inputs that are never but the same: (1, 1) and (3, 3). Weights (0.75, 0.75) give 1.5 and 4.5, mean 3; 8-bit weights are exact. Ternary ones are
  // (1, 1) times 0.75, which is exact, too: nothing changes, neither in the sum of weights nor in the bias.
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 2});
  net.network().nodes[1].filters.weights = {0.75, 0.75, 1, 0};
  std::vector<Tensor> images;
  for (const float value : {1.0F, 3.0F}) {
    images.emplace_back(ElementType::kFloat32, Shape{1, 2, 1, 1});
    std::ranges::fill(images.back().as<float>(), value);
  }
  const auto changes = expect(compensated_changes(net.network(), images, {.damping = 1e-4}));
  EXPECT_NEAR(changes[0].weights[0] + changes[0].weights[1], 0, 1e-3);
  EXPECT_NEAR(changes[0].bias[0], 0, 3e-3);
}

TEST(Compensated, LayersOfSeveralGroupsNeverChange) {
  NetworkDrawing net({.channels = 4, .height = 5, .width = 5});
  net.conv(net.conv(0, {.out = 4, .window = {.kernel = {3, 3}}, .groups = 4}), {.out = 2});
  const auto changes = expect(compensated_changes(net.network(), random_images(net.network(), 3, 3000)));
  EXPECT_TRUE(changes[0].weights.empty());
  EXPECT_TRUE(changes[0].bias.empty());
  EXPECT_EQ(changes[1].weights.size(), 8U);
}

TEST(Compensated, NamesTheImageThatDoesNotFit) {
  const Network network = test::random_network(2);
  std::vector<Tensor> images = random_images(network, 2, 3000);
  images[1] = Tensor(ElementType::kFloat32, {1, 1, 1, 1});
  EXPECT_THAT(error_of(compensated(network, all_digital(network), images)), HasSubstr("image 1: the image is float32 1x1x1x1"));
  EXPECT_THAT(error_of(compensated_changes(network, images)), HasSubstr("image 1: the image is float32 1x1x1x1"));
}

}  // namespace
}  // namespace mosaic::mapping

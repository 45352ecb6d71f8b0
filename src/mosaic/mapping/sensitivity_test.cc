#include "mosaic/mapping/sensitivity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/network_reference.h"
#include "tests/support.h"

namespace mosaic::mapping {
namespace {

using network::Network;
using test::error_of;
using test::expect;
using test::NetworkDrawing;
using testing::Each;
using testing::HasSubstr;

TEST(Sensitivity, OfOneLayerByHand) {
  // Weights (1, 0.25) and (0.5, 0.5). Ternary: kept 1 of (1, 0.25) lowers the error by 1, both by 1.25^2 / 2 = 0.78, so (1, 0); (0.5, 0.5) stays as
  // it is. int8 is exact here. The first channel's change is (0, -0.25), so with x = (1, 2) its output changes by -0.5, the second's not at all.
  // Logits 1 + 0.5 = 1.5 and 0.5 + 1 = 1.5: dL/dy is (p - target) = (-0.5, 0.5) for class 0. (-0.5 * -0.5)^2 = 0.0625.
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 2});
  net.network().nodes[1].filters.weights = {1, 0.25F, 0.5F, 0.5F};
  net.network().nodes[1].filters.bias = {0, 0};
  Tensor image(ElementType::kFloat32, {1, 2, 1, 1});
  image.as<float>()[0] = 1;
  image.as<float>()[1] = 2;
  auto meter = expect(SensitivityMeter::create(net.network(), Labels::kGiven, expect(plain_changes(net.network()))));
  expect(meter.add(image, 0));
  EXPECT_NEAR(meter.sensitivities()[0][0], 0.0625, 1e-7);
  EXPECT_EQ(meter.sensitivities()[0][1], 0);
  // An image of zeros changes nothing and halves the mean.
  expect(meter.add(Tensor(ElementType::kFloat32, {1, 2, 1, 1}), 0));
  EXPECT_EQ(meter.images(), 2U);
  EXPECT_NEAR(meter.sensitivities()[0][0], 0.03125, 1e-7);
}

TEST(Sensitivity, IsTheSquaredSumOfGradientTimesChange) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    const Network network = test::random_network(seed);
    auto changes = expect(plain_changes(network));
    for (LayerChange& change : changes) {
      for (float& bias : change.bias) bias = 0.25F;
    }
    auto meter = expect(SensitivityMeter::create(network, Labels::kGiven, changes));
    auto gradients = expect(Gradients::create(network, Labels::kGiven));
    const auto layers = network::convolutions(network);
    Sensitivities expected;
    for (const std::size_t layer : layers) expected.emplace_back(network.nodes[layer].filters.out, 0.0);
    for (std::uint64_t i = 0; i < 3; ++i) {
      const Tensor image = test::random_image(network, 100 * seed + i);
      expect(meter.add(image, i));
      const auto sample = expect(gradients.at(image, i));
      const auto values = test::reference_values(network, image);
      for (std::size_t l = 0; l < layers.size(); ++l) {
        if (changes[l].weights.empty()) continue;
        const network::Node& node = network.nodes[layers[l]];
        const auto change = test::reference_convolution(node, network.nodes[node.inputs[0]].extent, values.out[node.inputs[0]], changes[l].weights);
        const auto gradient = sample.layers[l].to_doubles();
        const std::size_t area = change.size() / expected[l].size();
        for (std::size_t c = 0; c < expected[l].size(); ++c) {
          double sum = 0;
          for (std::size_t p = c * area; p < (c + 1) * area; ++p) sum += (change[p] + 0.25) * gradient[p];
          expected[l][c] += sum * sum / 3;
        }
      }
    }
    const Sensitivities measured = meter.sensitivities();
    ASSERT_EQ(measured.size(), expected.size());
    for (std::size_t l = 0; l < expected.size(); ++l) {
      for (std::size_t c = 0; c < expected[l].size(); ++c) ASSERT_NEAR(measured[l][c], expected[l][c], 1e-3 * expected[l][c] + 1e-9);
    }
  }
}

TEST(Sensitivity, LayersOfSeveralGroupsAreLeftAlone) {
  NetworkDrawing net({.channels = 4, .height = 3, .width = 3});
  const std::size_t depthwise = net.conv(0, {.out = 4, .groups = 4});
  const std::size_t grouped = net.conv(depthwise, {.out = 4, .groups = 2});
  net.conv(net.flatten(grouped), {.out = 3});
  EXPECT_TRUE(expect(plain_changes(net.network()))[0].weights.empty());
  auto meter = expect(SensitivityMeter::create(net.network(), Labels::kOwn, expect(plain_changes(net.network()))));
  expect(meter.add(test::random_image(net.network(), 1)));
  const Sensitivities measured = meter.sensitivities();
  EXPECT_THAT(measured[0], Each(0));
  EXPECT_THAT(measured[1], Each(0));
  EXPECT_GT(measured[2][0], 0);
}

TEST(Sensitivity, RefusesNumbersThatAreNotFinite) {
  Network network = test::random_network(3);
  const Tensor fine = test::random_image(network, 5);
  Tensor broken = fine;
  broken.as<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  auto meter = expect(SensitivityMeter::create(network, Labels::kOwn, expect(plain_changes(network))));
  EXPECT_THAT(error_of(meter.add(broken)), HasSubstr("not finite"));
  EXPECT_EQ(meter.images(), 0U);
  auto changes = expect(plain_changes(network));
  changes.back().weights[0] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(error_of(SensitivityMeter::create(network, Labels::kOwn, changes)), HasSubstr("has weights that are not finite"));
}

TEST(Sensitivity, NeedsALayerThatMayBeTernary) {
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 2, .groups = 2});
  EXPECT_THAT(error_of(SensitivityMeter::create(net.network(), Labels::kOwn, expect(plain_changes(net.network())))),
              HasSubstr("nothing to be ternary"));
}

}  // namespace
}  // namespace mosaic::mapping

#include "mosaic/mapping/gradients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "tests/network_reference.h"
#include "tests/support.h"

namespace mosaic::mapping {
namespace {

using network::Activation;
using network::Kind;
using network::Network;
using network::Window;
using test::error_of;
using test::expect;
using test::NetworkDrawing;
using testing::HasSubstr;

struct Compared {
  std::size_t points = 0;
  std::size_t kinks = 0;  ///< points where the loss has no derivative
};

/// Compares gradients with differences of the loss to both sides, in double precision, at `stride`-th elements of every convolution.
void compare_with_differences(const Network& network, const Tensor& image, std::size_t label, const Gradients::Sample& sample, Compared& compared) {
  constexpr double kStep = 1e-6;
  const auto loss = [&](const test::Nudge& nudge) { return test::reference_loss(test::reference_values(network, image, nudge).out.back(), label); };
  const double here = loss({});
  const auto layers = network::convolutions(network);
  ASSERT_EQ(layers.size(), sample.layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const auto gradient = sample.layers[l].as<float>();
    ASSERT_EQ(std::ssize(gradient), network.nodes[layers[l]].extent.size());
    const std::size_t stride = std::max<std::size_t>(1, gradient.size() / 24);
    for (std::size_t i = 0; i < gradient.size(); i += stride) {
      const double ahead = (loss({.node = layers[l], .element = i, .by = kStep}) - here) / kStep;
      const double behind = (here - loss({.node = layers[l], .element = i, .by = -kStep})) / kStep;
      ++compared.points;
      if (std::fabs(ahead - behind) > 1e-4) {
        ++compared.kinks;
        continue;
      }
      ASSERT_NEAR(gradient[i], (ahead + behind) / 2, 2e-5) << network.nodes[layers[l]].name << " element " << i;
    }
  }
}

TEST(Gradients, OfOneLayerByHand) {
  // Two inputs, two classes: logits 1 * 1 + 0 * 2 = 1 and 0 * 1 + 0.5 * 2 = 1, so both have probability 1/2, and the gradient is p - target.
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 2});
  net.network().nodes[1].filters.weights = {1, 0, 0, 0.5F};
  net.network().nodes[1].filters.bias = {0, 0};
  Tensor image(ElementType::kFloat32, {1, 2, 1, 1});
  image.as<float>()[0] = 1;
  image.as<float>()[1] = 2;
  auto gradients = expect(Gradients::create(net.network(), Labels::kGiven));
  const auto sample = expect(gradients.at(image, 1));
  EXPECT_FLOAT_EQ(sample.logits.as<float>()[0], 1);
  EXPECT_FLOAT_EQ(sample.layers[0].as<float>()[0], 0.5F);
  EXPECT_FLOAT_EQ(sample.layers[0].as<float>()[1], -0.5F);
}

TEST(Gradients, AgreeWithDifferencesOnEveryKindOfNode) {
  std::set<Kind> kinds;
  Compared compared;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const Network network = test::random_network(seed);
    for (const auto& node : network.nodes) kinds.insert(node.kind);
    const Tensor image = test::random_image(network, seed);
    auto gradients = expect(Gradients::create(network, Labels::kGiven));
    const std::size_t label = seed % 3;
    const auto sample = expect(gradients.at(image, label));
    const auto logits = test::reference_values(network, image).out.back();
    for (std::size_t c = 0; c < 3; ++c) ASSERT_NEAR(sample.logits.as<float>()[c], logits[c], 1e-4);
    ASSERT_NO_FATAL_FAILURE(compare_with_differences(network, image, label, sample, compared));
  }
  EXPECT_EQ(kinds.size(), 9U);
  EXPECT_GT(compared.points, 3000U);
  EXPECT_LT(compared.kinks * 50, compared.points);
}

/// conv -> max pool of 3 x 3 windows one pixel apart -> mean -> conv
TEST(Gradients, AddUpWhereMaximaOfSeveralWindowsAreOnePixel) {
  NetworkDrawing net({.channels = 1, .height = 5, .width = 5});
  const std::size_t first = net.conv(0, {.out = 1});
  const std::size_t pool = net.pool(Kind::kMaxPool, first, {.kernel = {3, 3}});
  net.conv(net.global_pool(pool), {.out = 2});
  net.network().nodes[first].filters = {.in = 1, .out = 1, .groups = 1, .weights = {1}, .bias = {0}};
  net.network().nodes.back().filters = {.in = 1, .out = 2, .groups = 1, .weights = {1, -1}, .bias = {0, 0}};
  Tensor image(ElementType::kFloat32, {1, 1, 5, 5});
  image.as<float>()[12] = 3;  // the middle: the maximum of all nine windows
  auto gradients = expect(Gradients::create(net.network(), Labels::kGiven));
  const auto sample = expect(gradients.at(image, 0));
  // Logits 3 and -3: p0 - 1 = -1 / (1 + e^6), and the second class the opposite, with weight -1: twice that for the mean, all of it in the middle.
  const double expected = -2 / (1 + std::exp(6));
  for (std::size_t i = 0; i < 25; ++i) EXPECT_NEAR(sample.layers[0].as<float>()[i], i == 12 ? expected : 0, 1e-7);
}

TEST(Gradients, TakeTheNetworksOwnClassWhereThereAreNoLabels) {
  const Network network = test::random_network(3);
  const Tensor image = test::random_image(network, 5);
  auto own = expect(Gradients::create(network, Labels::kOwn));
  auto given = expect(Gradients::create(network, Labels::kGiven));
  const auto sample = expect(own.at(image));
  const auto logits = sample.logits.as<float>();
  const auto best = static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
  const auto expected = expect(given.at(image, best));
  for (std::size_t l = 0; l < expected.layers.size(); ++l) EXPECT_TRUE(compare(expected.layers[l], sample.layers[l]).equal_bits);
}

TEST(Gradients, RefuseWhatDoesNotFit) {
  const Network network = test::random_network(3);
  const Tensor image = test::random_image(network, 5);
  auto given = expect(Gradients::create(network, Labels::kGiven));
  EXPECT_THAT(error_of(given.at(image)), HasSubstr("a label is needed"));
  EXPECT_THAT(error_of(given.at(image, 3)), HasSubstr("label 3 is out of range: the network has 3 classes"));
  EXPECT_THAT(error_of(given.at(Tensor(ElementType::kFloat32, {1, 1, 2, 2}), 0)), HasSubstr("1x1x2x2"));
  auto own = expect(Gradients::create(network, Labels::kOwn));
  EXPECT_THAT(error_of(own.at(image, 0)), HasSubstr("not asked for"));
}

TEST(Gradients, RefuseNetworksWithoutClasses) {
  NetworkDrawing net({.channels = 1, .height = 4, .width = 4});
  net.conv(0, {.out = 2});
  EXPECT_THAT(error_of(Gradients::create(net.network(), Labels::kOwn)), HasSubstr("2 channels of 4 x 4 pixels"));
}

TEST(Gradients, RefuseConvolutionsThatDoNotReachTheOutput) {
  NetworkDrawing net({.channels = 1});
  net.conv(0, {.out = 2});
  net.conv(0, {.out = 2});
  EXPECT_THAT(error_of(Gradients::create(net.network(), Labels::kOwn)), HasSubstr("'node1' of network 'drawing' does not reach the output"));
}

}  // namespace
}  // namespace mosaic::mapping

#include "mosaic/mapping/equalise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mosaic/network/forward.h"
#include "tests/network_reference.h"
#include "tests/support.h"

namespace mosaic::mapping {
namespace {

using network::Activation;
using network::Network;
using test::error_of;
using test::expect;
using test::NetworkDrawing;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::vector<float>> random_images(const Network& network, std::size_t count) {
  std::vector<std::vector<float>> images;
  for (std::size_t i = 0; i < count; ++i) {
    const Tensor image = test::random_image(network, 4000 + i);
    images.emplace_back(image.as<float>().begin(), image.as<float>().end());
  }
  return images;
}

/// An image of one pixel, two channels made of it, and one made of these.
Network two_channels(Activation activation, const std::vector<float>& before, const std::vector<float>& behind) {
  NetworkDrawing net({.channels = 1});
  net.conv(net.conv(0, {.out = 2, .activation = activation}), {.out = 1});
  net.network().nodes[1].filters.weights = before;
  net.network().nodes[1].filters.bias = {0, 0};
  net.network().nodes[2].filters.weights = behind;
  return net.network();
}

TEST(Equalised, ByHand) {
  // On the image 1 the channels are 8 and 1. Factors are the cube roots of 8 * 8 / 1 = 64 and 1 * 1 / 1, 4 and 1, by their geometric mean 2: 2 and
  // 1/2. That gives (4, 2), read with (2, 1/2). Then 4 * 4 / 2 = 8 and 2 * 2 / (1/2) = 8 are equal, and all stays.
  const Network network = two_channels(Activation::kRelu, {8, 1}, {1, 1});
  const Network equal = expect(equalised(network, std::vector<std::vector<float>>{{1}}));
  EXPECT_NEAR(equal.nodes[1].filters.weights[0], 4, 1e-5);
  EXPECT_NEAR(equal.nodes[1].filters.weights[1], 2, 1e-5);
  EXPECT_NEAR(equal.nodes[2].filters.weights[0], 2, 1e-5);
  EXPECT_NEAR(equal.nodes[2].filters.weights[1], 0.5, 1e-5);
}

TEST(Equalised, NothingIsBroughtAboveTheCeilingAndWhatReachesItStays) {
  // The first channel reaches 6 and more; the second, 0.5, may be multiplied by 12 at most.
  const Network network = two_channels(Activation::kRelu6, {8, 0.5}, {1, 1000});
  const Network equal = expect(equalised(network, std::vector<std::vector<float>>{{1}}));
  EXPECT_EQ(equal.nodes[1].filters.weights[0], 8);
  EXPECT_EQ(equal.nodes[2].filters.weights[0], 1);
  EXPECT_NEAR(equal.nodes[1].filters.weights[1], 6, 1e-4);
  EXPECT_NEAR(equal.nodes[2].filters.weights[1], 1000.0 / 12, 1e-2);
}

TEST(Equalised, KeepsTheFunction) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE(seed);
    const Network network = test::random_network(seed, 8);
    const auto images = random_images(network, 4);
    const Network equal = expect(equalised(network, images));
    for (const std::vector<float>& image : images) {
      const std::vector<float> wanted = network::forward(network, image).back();
      const std::vector<float> there = network::forward(equal, image).back();
      for (std::size_t i = 0; i < wanted.size(); ++i) ASSERT_NEAR(there[i], wanted[i], 1e-4F * (1 + std::fabs(wanted[i])));
    }
  }
}

TEST(Equalised, ThroughPoolsAndDepthwiseLayersButNotPastASecondReader) {
  NetworkDrawing net({.channels = 2, .height = 8, .width = 8});
  const std::size_t first = net.conv(0, {.out = 4, .window = {.kernel = {3, 3}}, .activation = Activation::kRelu});
  const std::size_t pool = net.pool(network::Kind::kMaxPool, first, {.kernel = {2, 2}, .stride = {2, 2}});
  const std::size_t depthwise = net.conv(pool, {.out = 4, .window = {.kernel = {3, 3}}, .groups = 4, .activation = Activation::kRelu});
  const std::size_t last = net.conv(depthwise, {.out = 4});
  net.add({last, depthwise});
  for (std::size_t w = 0; w < 18; ++w) net.network().nodes[first].filters.weights[w] *= 100;
  const Network equal = expect(equalised(net.network(), random_images(net.network(), 3)));
  const auto largest = [](const network::Filters& filters, std::size_t channel) {
    const std::size_t size = filters.weights.size() / static_cast<std::size_t>(filters.out);
    float most = 0;
    for (std::size_t w = channel * size; w < (channel + 1) * size; ++w) most = std::max(most, std::fabs(filters.weights[w]));
    return most;
  };
  EXPECT_LT(largest(equal.nodes[first].filters, 0) / largest(equal.nodes[first].filters, 1), 20);
  EXPECT_GT(largest(equal.nodes[depthwise].filters, 0), 2 * largest(net.network().nodes[depthwise].filters, 0));  // it reads what was divided
  EXPECT_EQ(equal.nodes[last].filters.weights, net.network().nodes[last].filters.weights);  // the depthwise layer has two readers
}

TEST(Equalised, AChannelThatIsSwitchedOffStays) {
  const Network network = two_channels(Activation::kRelu, {8, 0}, {1, 1});
  const Network equal = expect(equalised(network, std::vector<std::vector<float>>{{1}}));
  EXPECT_THAT(equal.nodes[1].filters.weights, ElementsAre(8, 0));
  EXPECT_THAT(equal.nodes[2].filters.weights, ElementsAre(1, 1));
}

TEST(Equalised, NeedsImagesThatFit) {
  const Network network = two_channels(Activation::kRelu, {8, 1}, {1, 1});
  EXPECT_THAT(error_of(equalised(network, {})), HasSubstr("no images"));
  EXPECT_THAT(error_of(equalised(network, std::vector<std::vector<float>>{{1}, {1, 2}})), HasSubstr("image 1 has 2 numbers"));
}

}  // namespace
}  // namespace mosaic::mapping

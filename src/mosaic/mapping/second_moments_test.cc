#include "mosaic/mapping/second_moments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

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
using testing::ElementsAre;
using testing::HasSubstr;

TEST(SecondMoments, ByHand) {
  // Inputs (1, 0) and (3, 2): means 2 and 1, variances 1 and 1, product 1. y = 2 a - b + 1: 3 and 5: mean 4, variance 1, products with both 1.
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 1});
  net.network().nodes[1].filters.weights = {2, -1};
  net.network().nodes[1].filters.bias = {1};
  const auto moments =
      expect(second_moments(net.network(), net.network(), 1, std::vector{image_of({1, 2, 1, 1}, {1, 0}), image_of({1, 2, 1, 1}, {3, 2})}));
  ASSERT_EQ(moments.size(), 1U);
  EXPECT_EQ(moments[0].inputs, 2U);
  EXPECT_EQ(moments[0].outputs(), 1U);
  EXPECT_THAT(moments[0].input_mean, ElementsAre(2, 1));
  EXPECT_THAT(moments[0].covariance, ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(moments[0].wanted_mean, ElementsAre(4));
  EXPECT_THAT(moments[0].cross, ElementsAre(1, 1));
  EXPECT_THAT(moments[0].wanted_variance, ElementsAre(1));
}

TEST(SecondMoments, OfTheInputsThatAreThereAndTheOutputsThatAreWanted) {
  // x = 1, 2; wanted: 3 x, then 1 * that: 3, 6. There the first weight is 2: inputs 2, 4, mean 3, variance 1; product with 3, 6: 1.5.
  NetworkDrawing net({.channels = 1, .height = 1, .width = 2});
  net.conv(net.conv(0, {.out = 1}), {.out = 1});
  Network wanted = net.network();
  for (const std::size_t node : {1, 2}) wanted.nodes[node].filters.bias = {0};
  wanted.nodes[1].filters.weights = {3};
  wanted.nodes[2].filters.weights = {1};
  Network there = wanted;
  there.nodes[1].filters.weights = {2};
  there.nodes[2].filters.weights = {100};  // what it gives there matters to nobody
  const auto moments = expect(second_moments(wanted, there, 2, std::vector{image_of({1, 1, 1, 2}, {1, 2})}));
  EXPECT_THAT(moments[0].input_mean, ElementsAre(3));
  EXPECT_THAT(moments[0].covariance, ElementsAre(1));
  EXPECT_THAT(moments[0].wanted_mean, ElementsAre(4.5));
  EXPECT_THAT(moments[0].cross, ElementsAre(1.5));
  EXPECT_THAT(moments[0].wanted_variance, ElementsAre(2.25));
}

/// What the taps of each output pixel see, group by group, in the plainest way.
std::vector<double> seen(const network::Node& node, const network::Extent& in, const std::vector<double>& x, std::size_t group, std::int64_t y,
                         std::int64_t column) {
  const auto area = static_cast<std::size_t>(node.window.kernel[0] * node.window.kernel[1]);
  std::vector<double> result(inputs_of_group(node));
  for (std::size_t c = 0; c < result.size() / area; ++c) {
    const std::size_t image = (group * (result.size() / area) + c) * static_cast<std::size_t>(in.height * in.width);
    test::for_window(node.window, in, y, column, [&](std::int64_t pixel, std::int64_t tap) {
      result[c * area + static_cast<std::size_t>(tap)] = x[image + static_cast<std::size_t>(pixel)];
    });
  }
  return result;
}

TEST(SecondMoments, AreThoseOfTheSamplesOneByOne) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    const Network wanted = test::random_network(seed);
    Network there = wanted;
    Random random(seed);
    for (network::Node& node : there.nodes) {
      for (float& weight : node.filters.weights) weight += static_cast<float>(0.2 * random.normal());
    }
    const std::vector<Tensor> images = random_images(wanted, 3, 2000);
    for (const std::size_t index : network::convolutions(wanted)) {
      const network::Node& node = wanted.nodes[index];
      const auto moments = expect(second_moments(wanted, there, index, images));
      ASSERT_EQ(moments.size(), static_cast<std::size_t>(node.filters.groups));
      for (std::size_t g = 0; g < moments.size(); ++g) {
        const std::size_t inputs = moments[g].inputs;
        const std::size_t outputs = moments[g].outputs();
        std::vector<std::vector<double>> samples;  // inputs, then outputs
        for (const Tensor& image : images) {
          const auto values = test::reference_values(there, image);
          const auto output = test::reference_values(wanted, image).raw[index];
          for (std::int64_t y = 0; y < node.extent.height; ++y) {
            for (std::int64_t x = 0; x < node.extent.width; ++x) {
              samples.push_back(seen(node, wanted.nodes[node.inputs[0]].extent, values.out[node.inputs[0]], g, y, x));
              for (std::size_t o = 0; o < outputs; ++o) {
                const auto pixel = static_cast<std::size_t>(y * node.extent.width + x);
                samples.back().push_back(output[(g * outputs + o) * static_cast<std::size_t>(node.extent.height * node.extent.width) + pixel]);
              }
            }
          }
        }
        const auto mean = [&](std::size_t i) {
          double sum = 0;
          for (const auto& each : samples) sum += each[i];
          return sum / static_cast<double>(samples.size());
        };
        const auto product = [&](std::size_t i, std::size_t j) {
          double sum = 0;
          for (const auto& each : samples) sum += (each[i] - mean(i)) * (each[j] - mean(j));
          return sum / static_cast<double>(samples.size());
        };
        for (std::size_t i = 0; i < inputs; ++i) {
          ASSERT_NEAR(moments[g].input_mean[i], mean(i), 1e-4);
          for (std::size_t j = 0; j <= i; ++j) ASSERT_NEAR(moments[g].covariance[i * inputs + j], product(i, j), 1e-3);
          for (std::size_t o = 0; o < outputs; ++o) ASSERT_NEAR(moments[g].cross[o * inputs + i], product(inputs + o, i), 1e-3);
        }
        for (std::size_t o = 0; o < outputs; ++o) {
          ASSERT_NEAR(moments[g].wanted_mean[o], mean(inputs + o), 1e-4);
          ASSERT_NEAR(moments[g].wanted_variance[o], product(inputs + o, inputs + o), 1e-3);
        }
      }
    }
  }
}

TEST(SecondMoments, NamesTheImageThatDoesNotFit) {
  const Network network = test::random_network(2);
  std::vector<Tensor> images = random_images(network, 2, 2000);
  images[1].as<float>()[0] = std::numeric_limits<float>::infinity();
  const std::size_t first = network::convolutions(network)[0];
  EXPECT_THAT(error_of(second_moments(network, network, first, images)), HasSubstr("image 1: what '" + network.nodes[first].name + "' reads"));
  images[1] = Tensor(ElementType::kFloat32, {1, 1, 1, 1});
  EXPECT_THAT(error_of(second_moments(network, network, first, images)), HasSubstr("image 1: the image is float32 1x1x1x1"));
}

}  // namespace
}  // namespace mosaic::mapping

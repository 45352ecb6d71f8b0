#include "mosaic/mapping/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mosaic/mapping/correction.h"
#include "tests/network_reference.h"
#include "tests/support.h"

namespace mosaic::mapping {
namespace {

using test::error_of;
using test::expect;
using test::NetworkDrawing;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

TEST(Changes, PlainOnesAreTernaryMinusInt8) {
  // int8: 4 and 1 are exact. Ternary: 4 and 0, since 4^2 > 5^2 / 2; of (2, 1): 2^2 < 3^2 / 2, so 1.5 and 1.5.
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 2});
  net.network().nodes[1].filters.weights = {4, 1, 2, 1};
  const auto changes = expect(plain_changes(net.network()));
  EXPECT_THAT(changes[0].weights, ElementsAre(0, -1, -0.5F, 0.5F));
  EXPECT_THAT(changes[0].bias, ElementsAre(0, 0));
}

TEST(Changes, RefuseWeightsThatAreNotFinite) {
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 1});
  net.network().nodes[1].filters.weights[1] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(error_of(plain_changes(net.network())), HasSubstr("convolution 'node1' of network 'drawing' has weights that are not finite"));
  EXPECT_THAT(error_of(corrected_changes(net.network(), {})), HasSubstr("not finite"));
}

TEST(Changes, CorrectedOnesHaveTheDeviationAndNoMean) {
  // Images (1, 0) and (3, 0): with weights (4, 2) the layer gives 4 and 12, mean 8, deviation 4; ternary (3, 3): 3 and 9, mean 6, deviation 3.
  // Scale 3 * 4/3 = 4: the change of weights is (0, 2), that of the mean 8 - 4/3 * 6 = 0.
  NetworkDrawing net({.channels = 2});
  net.conv(0, {.out = 1});
  net.network().nodes[1].filters.weights = {4, 2};
  std::vector<Tensor> images(2, Tensor(ElementType::kFloat32, {1, 2, 1, 1}));
  images[0].as<float>()[0] = 1;
  images[1].as<float>()[0] = 3;
  auto changes = expect(corrected_changes(net.network(), images));
  EXPECT_THAT(changes[0].weights, ElementsAre(FloatNear(0, 1e-5F), FloatNear(2, 1e-5F)));
  EXPECT_NEAR(changes[0].bias[0], 0, 1e-5);
  // (1, 1) and (3, 1): 6 and 14, mean 10; 6 and 12, mean 9, deviation 3. The mean's change, 10 - 4/3 * 9 = -2, goes to the bias.
  images[0].as<float>()[1] = images[1].as<float>()[1] = 1;
  changes = expect(corrected_changes(net.network(), images));
  EXPECT_THAT(changes[0].weights, ElementsAre(FloatNear(0, 1e-5F), FloatNear(2, 1e-5F)));
  EXPECT_NEAR(changes[0].bias[0], -2, 1e-5);
}

TEST(Changes, CorrectedOnesLeaveMeansAsTheyAre) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    const network::Network network = test::random_network(seed);
    std::vector<Tensor> images;
    for (std::size_t i = 0; i < 4; ++i) images.push_back(test::random_image(network, i));
    const auto changes = expect(corrected_changes(network, images));
    const auto layers = network::convolutions(network);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const network::Node& node = network.nodes[layers[l]];
      ASSERT_EQ(changes[l].weights.empty(), node.filters.groups > 1);
      if (changes[l].weights.empty()) continue;
      std::vector<double> sums(changes[l].bias.size(), 0.0);
      double largest = 1;
      for (const Tensor& image : images) {
        const auto values = test::reference_values(network, image);
        const auto added = test::reference_convolution(node, network.nodes[node.inputs[0]].extent, values.out[node.inputs[0]], changes[l].weights);
        const std::size_t area = added.size() / sums.size();
        for (std::size_t i = 0; i < added.size(); ++i) {
          sums[i / area] += (added[i] + static_cast<double>(changes[l].bias[i / area])) / static_cast<double>(area * images.size());
          largest = std::max(largest, std::fabs(added[i]));
        }
      }
      for (const double sum : sums) ASSERT_NEAR(sum, 0, 1e-5 * largest);
    }
  }
}

}  // namespace
}  // namespace mosaic::mapping

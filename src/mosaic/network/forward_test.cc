#include "mosaic/network/forward.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mosaic/network/window.h"
#include "tests/networks.h"

namespace mosaic::network {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

/// A network of one node behind an input of [channels, 2, 3] that counts from 1.
std::vector<float> one_node(Node node, std::int64_t channels = 1) {
  Network net{.name = "one", .nodes = {{.name = "input", .extent = {.channels = channels, .height = 2, .width = 3}}}};
  node.inputs = {0};
  net.nodes.push_back(std::move(node));
  std::vector<float> image;
  for (std::int64_t i = 1; i <= channels * 6; ++i) image.push_back(static_cast<float>(i));
  return forward(net, image).back();
}

// The image, with zeros around it for a window of 3 x 3:
//   1 2 3
//   4 5 6
// Sums over the window: 1+2+4+5 = 12, 21, 16 in both rows.
TEST(Forward, ConvolvesWithZerosAroundTheImage) {
  const Node node{.name = "conv",
                  .kind = Kind::kConvolution,
                  .extent = {.channels = 1, .height = 2, .width = 3},
                  .window = {.kernel = {3, 3}, .padding = {1, 1, 1, 1}},
                  .filters = {.in = 1, .out = 1, .weights = std::vector<float>(9, 1.0F), .bias = {0.5F}}};
  EXPECT_THAT(one_node(node), ElementsAre(12.5, 21.5, 16.5, 12.5, 21.5, 16.5));
}

// Two channels that count 1..6 and 7..12, each by its own factor: 1 and -1; ReLU6 holds [0, 6].
TEST(Forward, GroupsSeeTheirOwnChannels) {
  const Node node{.name = "conv",
                  .kind = Kind::kConvolution,
                  .extent = {.channels = 2, .height = 2, .width = 3},
                  .activation = Activation::kRelu6,
                  .filters = {.in = 2, .out = 2, .groups = 2, .weights = {1, -1}, .bias = {3, 9}}};
  EXPECT_THAT(one_node(node, 2), ElementsAre(4, 5, 6, 6, 6, 6, 2, 1, 0, 0, 0, 0));
}

// Stride 2 with a pixel of padding before: windows of 2 x 2 hold {1} and {2, 3}; averages leave padding out.
TEST(Forward, PoolsLeavePaddingOut) {
  Node node{.name = "pool",
            .kind = Kind::kAveragePool,
            .extent = {.height = 1, .width = 2},
            .window = {.kernel = {2, 2}, .stride = {2, 2}, .padding = {1, 1, 0, 0}}};
  EXPECT_THAT(one_node(node), ElementsAre(1, 2.5));
  node.kind = Kind::kMaxPool;
  EXPECT_THAT(one_node(node), ElementsAre(1, 3));
}

TEST(Forward, SubsamplesAndAddsChannelsOfZeros) {
  const Node node{.name = "sub",
                  .kind = Kind::kSubsample,
                  .extent = {.channels = 4, .height = 1, .width = 2},
                  .window = {.stride = {2, 2}},
                  .zero_channels = {1, 2}};
  EXPECT_THAT(one_node(node), ElementsAre(0, 0, 1, 3, 0, 0, 0, 0));
}

TEST(Forward, MeansOfChannels) {
  EXPECT_THAT(one_node({.name = "mean", .kind = Kind::kGlobalPool, .extent = {.channels = 2}}, 2), ElementsAre(3.5, 9.5));
}

TEST(Forward, AddsAndJoins) {
  test::NetworkMaker net(1, {.channels = 1, .height = 1, .width = 2});
  const std::size_t sum = net.add({0, 0}, Activation::kRelu);
  net.concat({0, sum});
  EXPECT_THAT(forward(net.take(), std::vector<float>{-1, 3}).back(), ElementsAre(-1, 3, 0, 6));
}

/// One output of a convolution or pool by its definition, in double.
double by_definition(const Network& net, const Node& node, const std::vector<float>& in, std::int64_t o, std::int64_t y, std::int64_t x) {
  const Extent& from = net.nodes[node.inputs[0]].extent;
  const bool conv = node.kind == Kind::kConvolution;
  const std::int64_t per_group = conv ? node.filters.in / node.filters.groups : 1;
  const std::int64_t first = conv ? o / (node.filters.out / node.filters.groups) * per_group : o;
  double sum = 0;
  double most = -1e30;
  double count = 0;
  for (std::int64_t c = 0; c < per_group; ++c) {
    for (std::int64_t ky = 0; ky < node.window.kernel[0]; ++ky) {
      for (std::int64_t kx = 0; kx < node.window.kernel[1]; ++kx) {
        const std::int64_t iy = y * node.window.stride[0] + ky - node.window.padding[0];
        const std::int64_t ix = x * node.window.stride[1] + kx - node.window.padding[1];
        if (iy < 0 || ix < 0 || iy >= from.height || ix >= from.width) continue;
        const double pixel = in[static_cast<std::size_t>(((first + c) * from.height + iy) * from.width + ix)];
        const std::int64_t weight = ((o * per_group + c) * node.window.kernel[0] + ky) * node.window.kernel[1] + kx;
        sum += conv ? pixel * node.filters.weights[static_cast<std::size_t>(weight)] : pixel;
        most = std::max(most, pixel);
        count += 1;
      }
    }
  }
  if (node.kind == Kind::kMaxPool) return most;
  if (node.kind == Kind::kAveragePool) return sum / count;
  const double value = sum + static_cast<double>(node.filters.bias[static_cast<std::size_t>(o)]);
  if (node.activation == Activation::kNone) return value;
  return std::clamp(value, 0.0, node.activation == Activation::kRelu6 ? 6.0 : 1e30);
}

TEST(Forward, GivesWhatTheDefinitionsSay) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Network net = test::random_network(seed);
    const auto values = forward(net, test::seeded_image(net, seed));
    for (std::size_t i = 0; i < net.nodes.size(); ++i) {
      const Node& node = net.nodes[i];
      if (node.kind != Kind::kConvolution && node.kind != Kind::kMaxPool && node.kind != Kind::kAveragePool) continue;
      std::size_t at = 0;
      for (std::int64_t o = 0; o < node.extent.channels; ++o) {
        for (std::int64_t y = 0; y < node.extent.height; ++y) {
          for (std::int64_t x = 0; x < node.extent.width; ++x, ++at) {
            const double expected = by_definition(net, node, values[node.inputs[0]], o, y, x);
            ASSERT_NEAR(values[i][at], expected, 1e-4 * (1 + std::abs(expected))) << seed << " " << node.name;
          }
        }
      }
    }
  }
}

TEST(Window, FindsOutputsWhoseTapIsInside) {
  for (std::int64_t stride = 1; stride <= 3; ++stride) {
    for (std::int64_t offset = -5; offset <= 5; ++offset) {
      for (std::int64_t size = 1; size <= 6; ++size) {
        std::vector<std::int64_t> expected;
        for (std::int64_t o = 0; o < 4; ++o) {
          if (o * stride + offset >= 0 && o * stride + offset < size) expected.push_back(o);
        }
        const Outputs found = outputs_inside(4, stride, offset, size);
        std::vector<std::int64_t> all;
        for (std::int64_t o = found.begin; o < found.end; ++o) all.push_back(o);
        EXPECT_THAT(all, ElementsAreArray(expected)) << stride << " " << offset << " " << size;
      }
    }
  }
}

}  // namespace
}  // namespace mosaic::network

#include "mosaic/integers/permute.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "mosaic/integers/modelled_cost.h"
#include "mosaic/integers/simulate.h"
#include "tests/integer_networks.h"

namespace mosaic::integers {
namespace {

using network::Activation;
using network::Kind;
using testing::ElementsAre;

/// Weights whose channels are digital where the text of the layer has a 'd'.
QuantizedNetwork split(const network::Network& net, const std::vector<std::string>& accelerators) {
  std::vector<LayerWeights> layers;
  for (const network::Node& node : net.nodes) {
    if (node.kind != Kind::kConvolution) continue;
    std::vector<bool> digital;
    for (const char each : accelerators.at(layers.size())) digital.push_back(each == 'd');
    layers.push_back(test::quantized_weights(node.filters, std::move(digital)));
  }
  const auto ranges = test::expect(calibrate(net, test::seeded_images(net, 4, 50)));
  return test::expect(quantize(net, layers, ranges));
}

void expect_same_outputs(const QuantizedNetwork& before, const QuantizedNetwork& after, std::uint64_t seed) {
  const Simulator first(before);
  const Simulator second(after);
  const std::size_t pixels = static_cast<std::size_t>(before.input().size());
  Random random(seed);
  for (int i = 0; i < 3; ++i) {
    std::vector<float> image(pixels);
    for (float& value : image) value = static_cast<float>(random.normal());
    EXPECT_EQ(test::expect(first.run(image)), test::expect(second.run(image))) << before.name;
  }
}

std::vector<std::int64_t> channels(const Convolution& convolution) {
  std::vector<std::int64_t> result;
  for (const Row& row : convolution.rows) result.push_back(row.channel);
  return result;
}

std::int64_t gathers(const QuantizedNetwork& net) {
  return std::ranges::count_if(net.nodes, [](const QuantizedNode& node) { return !node.convolution.ordered(); });
}

TEST(Permute, ChangesNoOutput) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const QuantizedNetwork before = test::quantized_network(test::random_network(seed), seed);
    const QuantizedNetwork after = permute(before);
    for (const QuantizedNode& node : after.nodes) EXPECT_TRUE(node.convolution.contiguous()) << seed << " " << node.name;
    expect_same_outputs(before, after, seed);
    EXPECT_EQ(modelled_cost(after).cycles, modelled_cost(before).cycles);
  }
}

TEST(Permute, ChangesNoOutputOfResNets) {
  const QuantizedNetwork before = test::quantized_network(test::cifar_resnet(1, 3, 16), 3);
  expect_same_outputs(before, permute(before), 4);
}

// input -> a (a d a d) -> b (d a): a's rows become 1 3 | 0 2 and lie in the new order of channels; b reads the digital ones first. b is the output,
// whose order stays.
TEST(Permute, FoldsTheOrderIntoTheNextLayer) {
  test::NetworkMaker maker(1, {.channels = 2, .height = 3, .width = 3});
  const std::size_t a = maker.convolution(0, {.out = 4});
  const std::size_t b = maker.convolution(a, {.out = 2, .kernel = 1});
  const QuantizedNetwork before = split(maker.take(), {"adad", "da"});
  const QuantizedNetwork after = permute(before);
  const Convolution& first = after.nodes[a].convolution;
  EXPECT_THAT(channels(first), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(first.rows[0].bias, before.nodes[a].convolution.rows[1].bias);
  EXPECT_EQ(first.rows[3].bias, before.nodes[a].convolution.rows[2].bias);
  const std::vector<std::int8_t>& old = before.nodes[b].convolution.weights;
  EXPECT_THAT(after.nodes[b].convolution.weights, ElementsAre(old[1], old[3], old[0], old[2], old[5], old[7], old[4], old[6]));
  EXPECT_EQ(gathers(after), 0);
  expect_same_outputs(before, after, 1);
}

// The output keeps its order: "ad" cannot lie in blocks of that order.
TEST(Permute, PutsTheOutputsChannelsBackInOrder) {
  test::NetworkMaker maker(1, {.channels = 2, .height = 3, .width = 3});
  const std::size_t a = maker.convolution(0, {.out = 2});
  const QuantizedNetwork before = split(maker.take(), {"ad"});
  const QuantizedNetwork after = permute(before);
  EXPECT_THAT(channels(after.nodes[a].convolution), ElementsAre(1, 0));
  expect_same_outputs(before, after, 2);
}

/// a and b meet in a sum that c reads.
QuantizedNetwork sum_of(const std::string& a, const std::string& b) {
  test::NetworkMaker maker(1, {.channels = 2, .height = 3, .width = 3});
  const std::size_t left = maker.convolution(0, {.out = static_cast<std::int64_t>(a.size())});
  const std::size_t right = maker.convolution(0, {.out = static_cast<std::int64_t>(a.size()), .activation = Activation::kNone});
  maker.convolution(maker.add({left, right}), {.out = 2});
  return split(maker.take(), {a, b, "dd"});
}

// Nested parts fit in one order: channels 1 and 3 first (both digital), then 0 (b only), then 2.
TEST(Permute, OneOrderServesNestedSplits) {
  const QuantizedNetwork before = sum_of("adad", "ddad");
  const QuantizedNetwork after = permute(before);
  EXPECT_EQ(gathers(after), 0);
  expect_same_outputs(before, after, 3);
}

// Where parts cross, the most even split has its way (a: 2 and 2) and the other's results (b: 1 and 3, its digital channel is analog in a) are put in
// order behind it.
TEST(Permute, TheMostEvenSplitChoosesTheOrderOfASum) {
  const QuantizedNetwork before = sum_of("adad", "aada");
  const QuantizedNetwork after = permute(before);
  EXPECT_TRUE(after.nodes[1].convolution.ordered());
  EXPECT_FALSE(after.nodes[2].convolution.ordered());
  EXPECT_TRUE(after.nodes[2].convolution.contiguous());
  expect_same_outputs(before, after, 4);
}

// A depthwise convolution and a pool hand the order on; a concat joins two.
TEST(Permute, OrdersPassThroughWhatKeepsChannelsApart) {
  test::NetworkMaker maker(1, {.channels = 2, .height = 4, .width = 4});
  const std::size_t a = maker.convolution(0, {.out = 4});
  const std::size_t depthwise = maker.convolution(a, {.out = 4, .groups = 4});
  const std::size_t b = maker.convolution(depthwise, {.out = 2});
  const std::size_t joined = maker.concat({maker.pool(Kind::kMaxPool, depthwise, 2, 1, 1), maker.pool(Kind::kAveragePool, b, 2, 1, 1)});
  maker.convolution(maker.flatten(maker.pool(Kind::kMaxPool, joined, 2, 2, 0)), {.out = 3, .kernel = 1});
  const QuantizedNetwork before = split(maker.take(), {"aadd", "dddd", "ad", "daa"});
  const QuantizedNetwork after = permute(before);
  EXPECT_EQ(gathers(after), 0);
  expect_same_outputs(before, after, 5);
}

TEST(Permute, LeavesWhatIsInBlocksAlone) {
  const QuantizedNetwork before = sum_of("ddaa", "ddaa");
  const QuantizedNetwork after = permute(before);
  for (std::size_t i = 0; i < before.nodes.size(); ++i) EXPECT_EQ(after.nodes[i].convolution.weights, before.nodes[i].convolution.weights);
}

TEST(Permute, TwiceIsOnce) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const QuantizedNetwork once = permute(test::quantized_network(test::random_network(seed), seed));
    const QuantizedNetwork twice = permute(once);
    for (std::size_t i = 0; i < once.nodes.size(); ++i) {
      EXPECT_EQ(twice.nodes[i].convolution.weights, once.nodes[i].convolution.weights);
      EXPECT_EQ(twice.nodes[i].convolution.rows, once.nodes[i].convolution.rows);
    }
  }
}

}  // namespace
}  // namespace mosaic::integers

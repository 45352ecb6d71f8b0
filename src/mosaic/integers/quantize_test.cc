#include "mosaic/integers/quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mosaic/integers/simulate.h"
#include "tests/integer_networks.h"

namespace mosaic::integers {
namespace {

using network::Activation;
using network::Kind;

/// image [1, 1, 2] -> "a" of one channel and one weight -> "b", likewise.
network::Network two_layers(Activation activation = Activation::kRelu) {
  test::NetworkMaker maker(1, {.channels = 1, .height = 1, .width = 2});
  maker.convolution(maker.convolution(0, {.out = 1, .kernel = 1, .activation = activation}),
                    {.out = 1, .kernel = 1, .activation = Activation::kNone});
  network::Network net = maker.take();
  net.nodes[1].filters.bias = {0.25F};
  net.nodes[2].filters.bias = {0};
  return net;
}

std::vector<LayerWeights> ones(float first = 0.5F) {
  return {{.values = {64}, .scales = {first}, .digital = {true}}, {.values = {1}, .scales = {0.3F}, .digital = {false}}};
}

const std::vector<Range> kRanges{{.magnitude = 6.3F, .negative = true}, {.magnitude = 12.7F}, {.magnitude = 4, .negative = true}};

Result<QuantizedNetwork> quantized(const std::vector<LayerWeights>& layers, const std::vector<Range>& ranges = kRanges,
                                   Activation activation = Activation::kRelu) {
  return quantize(two_layers(activation), layers, ranges);
}

// The image has a sign: 6.3 / 63 = 0.1. Behind a ReLU: 12.7 / 127 = 0.1. The output's scale is the power of two at or below 4 / 2^15.
TEST(Quantize, ChoosesFormats) {
  const QuantizedNetwork net = test::expect(quantized(ones()));
  EXPECT_NEAR(net.nodes[0].format.scale, 0.1, 1e-7);
  EXPECT_EQ(net.nodes[0].format.low, -64);
  EXPECT_EQ(net.nodes[0].format.high, 63);
  EXPECT_NEAR(net.nodes[1].format.scale, 0.1, 1e-7);
  EXPECT_EQ(net.nodes[1].format.low, 0);
  EXPECT_EQ(net.nodes[1].format.high, 127);
  EXPECT_EQ(net.nodes[2].format.scale, 0x1p-13);
  EXPECT_EQ(net.nodes[2].format.low, -(1 << 23));
}

TEST(Quantize, OtherBitsGiveOtherFormats) {
  const QuantizedNetwork net = test::expect(quantize(two_layers(), ones(), kRanges, {.activation_bits = 8}));
  EXPECT_EQ(net.nodes[0].format.high, 127);
  EXPECT_EQ(net.nodes[1].format.high, 255);
}

// Sums count in steps of 0.5 * 0.1: a bias of 0.25 is 5 of them. The multiplier is 0.05 / 0.1; the second layer's 0.3 * 0.1 / 2^-13 = 245.76.
TEST(Quantize, BiasesAndMultipliersFollowFromScales) {
  const QuantizedNetwork net = test::expect(quantized(ones()));
  EXPECT_EQ(net.nodes[1].convolution.rows[0].bias, 5);
  EXPECT_EQ(net.nodes[1].convolution.rows[0].bias_shift, 0);
  EXPECT_NEAR(value_of(net.nodes[1].convolution.rows[0].multiplier), 0.5, 1e-6);
  EXPECT_NEAR(value_of(net.nodes[2].convolution.rows[0].multiplier), 245.76, 1e-3);
}

// Steps of 2^-20 * 0.1: 0.25 is 2621440 of them, 22 bits; 2621440 / 2^7 = 20480 fits into 16.
TEST(Quantize, ALargeBiasIsShifted) {
  const Row row = test::expect(quantized(ones(0x1p-20F))).nodes[1].convolution.rows[0];
  EXPECT_EQ(row.bias, 20480);
  EXPECT_EQ(row.bias_shift, 7);
}

// Steps of 2^-40 * 0.1: the bias would need 42 bits. The channel becomes its bias: 0.25 / 0.1 = 2.5 -> 2, and 256 * 2.5 in steps of 0.1 / 256.
TEST(Quantize, AChannelThatIsSwitchedOffKeepsItsBias) {
  const QuantizedNetwork net = test::expect(quantized(ones(0x1p-40F)));
  EXPECT_EQ(net.nodes[1].convolution.weights, std::vector<std::int8_t>{0});
  EXPECT_EQ(net.nodes[1].convolution.rows[0].bias, 640);
  EXPECT_EQ(test::expect(Simulator(net).run_all(std::vector<float>{1, -1}))[1], (std::vector<std::int32_t>{2, 2}));
}

TEST(Quantize, Relu6EndsAtSix) {
  std::vector<Range> ranges = kRanges;
  EXPECT_NEAR(test::expect(quantized(ones(), ranges, Activation::kRelu6)).nodes[1].format.scale, 6.0 / 127, 1e-9);
  ranges[1].magnitude = 3;
  EXPECT_NEAR(test::expect(quantized(ones(), ranges, Activation::kRelu6)).nodes[1].format.scale, 3.0 / 127, 1e-9);
}

// What only a concat reads has its format, so that joining copies; what a sum reads too keeps its own.
TEST(Quantize, WhatIsJoinedSharesAFormat) {
  test::NetworkMaker maker(1, {.channels = 1, .height = 2, .width = 2});
  const std::size_t a = maker.convolution(0, {.out = 2});
  const std::size_t b = maker.convolution(0, {.out = 3});
  const std::size_t c = maker.convolution(0, {.out = 3});
  const std::size_t joined = maker.concat({a, b, c});
  maker.concat({maker.convolution(joined, {.out = 2}), maker.add({c, c})});
  network::Network real = maker.take();
  for (float& weight : real.nodes[a].filters.weights) weight *= 10;  // the concat's range is a's
  const QuantizedNetwork net = test::quantized_network(real, 1);
  EXPECT_EQ(net.nodes[a].format, net.nodes[joined].format);
  EXPECT_EQ(net.nodes[b].format, net.nodes[joined].format);
  EXPECT_NE(net.nodes[c].format, net.nodes[joined].format);
  EXPECT_EQ(net.nodes[joined].multipliers[0], (Multiplier{.mantissa = 1, .shift = 0}));
  EXPECT_EQ(net.nodes[joined].multipliers[2], multiplier_of(net.nodes[c].format.scale / net.nodes[joined].format.scale));
}

TEST(Quantize, InputsOfASumShareAShift) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    for (const QuantizedNode& node : test::quantized_network(test::random_network(seed), seed).nodes) {
      if (node.kind != Kind::kAdd) continue;
      std::int32_t most = 0;
      for (const Multiplier& each : node.multipliers) {
        EXPECT_EQ(each.shift, node.multipliers[0].shift);
        most = std::max(most, each.mantissa);
      }
      EXPECT_LT(most, 1 << kMantissaBits);
      EXPECT_GE(most, 1 << (kMantissaBits - 2));
    }
  }
}

TEST(Quantize, RefusesWhatDoesNotFit) {
  std::vector<LayerWeights> layers = ones();
  layers.pop_back();
  EXPECT_EQ(test::error_of(quantized(layers)), "net1 has 2 convolutions and 3 nodes, but weights of 1 and ranges of 3 are given");
  layers = ones();
  layers[0].scales = {0.3F};
  EXPECT_EQ(test::error_of(quantized(layers)), "channel 0 of 'node/1' is digital but its scale 0.3 is no power of two");
  layers = ones();
  layers[1].values = {2};
  EXPECT_EQ(test::error_of(quantized(layers)), "channel 0 of 'node/2' is analog but has weights other than -1, 0 and 1");
  layers = ones();
  layers[0].values = {1, 2};
  EXPECT_EQ(test::error_of(quantized(layers)), "'node/1' has 1 weights and 1 channels, but 2 integers, 1 scales and 1 accelerators are given");
  layers = ones(std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(test::error_of(quantized(layers)), "channel 0 of 'node/1' has scale nan and bias 0.25: both must be finite");
  std::vector<Range> ranges = kRanges;
  ranges[1].magnitude = std::numeric_limits<float>::infinity();
  EXPECT_EQ(test::error_of(quantized(ones(), ranges)), "the range of 'node/1' is inf");
  EXPECT_EQ(test::error_of(quantize(two_layers(), ones(), kRanges, {.activation_bits = 9})), "activations of 9 bits: 2 to 8 are supported");
}

TEST(Quantize, RefusesAnalogChannelsWithGroups) {
  test::NetworkMaker maker(1, {.channels = 2, .height = 2, .width = 2});
  maker.convolution(0, {.out = 2, .groups = 2});
  const network::Network net = maker.take();
  const std::vector<LayerWeights> layers{test::quantized_weights(net.nodes[1].filters, {true, false})};
  const std::vector<Range> ranges(2, {.magnitude = 1});
  EXPECT_EQ(test::error_of(quantize(net, layers, ranges)), "'node/1' has 2 groups: the analog array computes none of its channels");
}

// 140,000 products of 127 * 127 are 2.26 * 10^9, more than 2^31 - 1.
TEST(Quantize, RefusesSumsBeyond32Bits) {
  test::NetworkMaker maker(1, {.channels = 140'000, .height = 1, .width = 1});
  maker.convolution(0, {.out = 1, .kernel = 1});
  network::Network net = maker.take();
  net.nodes[1].filters.bias = {0};
  const std::vector<LayerWeights> layers{{.values = std::vector<std::int8_t>(140'000, 127), .scales = {1}, .digital = {true}}};
  const std::vector<Range> ranges(2, {.magnitude = 1});
  EXPECT_EQ(test::error_of(quantize(net, layers, ranges)), "sums of channel 0 of 'node/1' may reach 2258060000, more than 32 bits hold");
}

}  // namespace
}  // namespace mosaic::integers

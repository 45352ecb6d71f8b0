#include "mosaic/quantize/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tests/support.h"

namespace mosaic::quantize {
namespace {

using test::expect;
using testing::ElementsAre;

Tensor floats(const Shape& shape, const std::vector<float>& values) { return expect(from_floats(ElementType::kFloat32, shape, values)); }

std::vector<int> integers(const Tensor& tensor) { return {tensor.as<std::int8_t>().begin(), tensor.as<std::int8_t>().end()}; }

// Channel 0: 1.27 / 127 = 0.01, so 0.5 is 50 and -1.27 is -127. Channel 1: 254 / 127 = 2, so 254 is 127 and 3 is 1.5, to the even 2.
TEST(QuantizeWeights, GivesEachChannelItsScale) {
  const QuantizedWeights weights = quantize_weights(floats({2, 2}, {0.5F, -1.27F, 254, 3}), 0, 8, {}, 1);
  EXPECT_THAT(integers(weights.values), ElementsAre(50, -127, 127, 2));
  EXPECT_THAT(weights.scales, ElementsAre(0.01F, 2.0F));
}

// The same with the channels along the second axis: they alternate.
TEST(QuantizeWeights, FindsChannelsAlongAnyAxis) {
  const QuantizedWeights weights = quantize_weights(floats({2, 2}, {0.5F, 254, -1.27F, 3}), 1, 8, {}, 1);
  EXPECT_THAT(integers(weights.values), ElementsAre(50, 127, -127, 2));
  EXPECT_THAT(weights.scales, ElementsAre(0.01F, 2.0F));
}

// 7 bits: 6.4 / 64 = 0.1.
TEST(QuantizeWeights, KeepsToSevenBits) {
  const QuantizedWeights weights = quantize_weights(floats({1, 2}, {6.4F, -3.2F}), 0, 7, {}, 1);
  EXPECT_THAT(integers(weights.values), ElementsAre(64, -32));
}

// Two products of the largest uint8 and weight fit the 16 bits of vpmaddubsw with 64, and not with 65.
TEST(LargestWeight, OfSevenBitsDoesNotSaturateSixteenBits) {
  EXPECT_LE(2 * 255 * largest_weight(7), 32'767);
  EXPECT_GT(2 * 255 * (largest_weight(7) + 1), 32'767);
  EXPECT_EQ(largest_weight(8), 127);
}

// A dead channel: weights of 1e-9 have a scale of 1e-9 / 127; in it and input scale 1 the bias 5 would be 6.35e11. With 5 / 2^30 it is 2^30.
TEST(QuantizeWeights, WidensTheScaleOfAChannelWhoseBiasWouldNotFit) {
  const std::vector<float> bias{5};
  const QuantizedWeights weights = quantize_weights(floats({1, 1}, {1e-9F}), 0, 8, bias, 1);
  EXPECT_FLOAT_EQ(weights.scales[0], 5.0F / (1 << 30));
  EXPECT_THAT(integers(weights.values), ElementsAre(0));
  EXPECT_EQ(quantize_bias(bias, bias_scales(1, weights.scales)).as<std::int32_t>()[0], 1 << 30);
}

TEST(QuantizeWeights, LeavesAChannelOfZerosAtZero) {
  const QuantizedWeights weights = quantize_weights(floats({1, 2}, {0, 0}), 0, 8, {}, 1);
  EXPECT_THAT(integers(weights.values), ElementsAre(0, 0));
  EXPECT_EQ(weights.scales[0], 1);
}

TEST(QuantizeWeights, IsOffByHalfAStepAtMost) {
  Tensor weights(ElementType::kFloat32, {4, 3, 3, 3});
  fill_random(weights, 5);
  const QuantizedWeights quantised = quantize_weights(weights, 0, 8, {}, 1);
  const Tensor real = quantised.real();
  for (std::size_t i = 0; i < 4 * 27; ++i) {
    EXPECT_LE(std::abs(real.as<float>()[i] - weights.as<float>()[i]), 0.5001F * quantised.scales[i / 27]);
  }
}

// Scale 0.5 * 0.01 = 0.005: a bias of 1 is 200, one of -0.0126 is -2.52, to the nearest -3.
TEST(QuantizeBias, HasTheScaleOfTheSumsThatItIsAddedTo) {
  const std::vector<float> weight_scales{0.01F, 0.01F};
  const std::vector<float> bias{1, -0.0126F};
  const std::vector<float> scales = bias_scales(0.5F, weight_scales);
  EXPECT_THAT(scales, ElementsAre(0.5F * 0.01F, 0.5F * 0.01F));
  const Tensor integers = quantize_bias(bias, scales);
  EXPECT_EQ(integers.type(), ElementType::kInt32);
  EXPECT_EQ(integers.as<std::int32_t>()[0], 200);
  EXPECT_EQ(integers.as<std::int32_t>()[1], -3);
}

TEST(ExactWeightBits, AreEightOnlyWhereProductsAreAddedExactly) {
  const auto bits = [](const std::vector<std::string>& features) { return exact_weight_bits(features); };
  EXPECT_EQ(bits({"avx2", "avx512f", "avx512bw"}), 7);
  EXPECT_EQ(bits({}), 7);
  EXPECT_EQ(bits({"avx2", "avx512_vnni"}), 8);
  EXPECT_EQ(bits({"avx2", "avx_vnni"}), 8);
  EXPECT_EQ(bits({"fp", "asimd"}), 8);
}

}  // namespace
}  // namespace mosaic::quantize

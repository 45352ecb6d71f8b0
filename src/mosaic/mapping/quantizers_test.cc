#include "mosaic/mapping/quantizers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mosaic/base/random.h"

namespace mosaic::mapping {
namespace {

using testing::Each;
using testing::ElementsAre;

double squared_distance(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
  return sum;
}

std::vector<float> random_weights(Random& random, std::size_t count) {
  std::vector<float> weights(count);
  for (float& weight : weights) weight = static_cast<float>(random.normal());
  return weights;
}

TEST(Int8, ScaleIsThePowerOfTwoThatHoldsTheLargest) {
  // 1.5 / 127 = 0.0118 lies between 2^-7 = 0.0078 and 2^-6 = 0.0156; at 2^-7 it would saturate at 0.992. 1.5 * 64 = 96, -0.25 * 64 = -16.
  const Int8Weights quantized = quantize_int8(std::vector{1.5F, -0.25F});
  EXPECT_EQ(quantized.exponent, -6);
  EXPECT_THAT(quantized.values, ElementsAre(96, -16));
  EXPECT_THAT(to_floats(quantized), ElementsAre(1.5F, -0.25F));
}

TEST(Int8, ExactlyTheLargestValueFits) {
  EXPECT_EQ(quantize_int8(std::vector{127.0F}).exponent, 0);
  EXPECT_EQ(quantize_int8(std::vector{-127.0F}).exponent, 0);
  EXPECT_EQ(quantize_int8(std::vector{128.0F}).exponent, 1);
}

TEST(Int8, RoundsTiesToEven) {
  // 2^0 holds 127; 0.5 and 2.5 lie half way, 1.5 too. At 2^-1 the error would be 127 - 63.5.
  EXPECT_THAT(quantize_int8(std::vector{127.0F, 0.5F, 1.5F, -2.5F}).values, ElementsAre(127, 0, 2, -2));
}

TEST(Int8, SaturatesWhereThatIsTheLesserError) {
  // 1.0 needs 2^-6. At 2^-7 it becomes 127/128, an error of 0.0078 once; but 500 weights of 1/128 are then exact, each 0.0078 off at 2^-6 (a tie: to
  // 0).
  std::vector<float> weights(500, 1.0F / 128);
  weights.push_back(1);
  const Int8Weights quantized = quantize_int8(weights);
  EXPECT_EQ(quantized.exponent, -7);
  EXPECT_EQ(quantized.values.back(), 127);
  EXPECT_EQ(quantized.values.front(), 1);
}

TEST(Int8, ZerosStayZeros) {
  const Int8Weights quantized = quantize_int8(std::vector{0.0F, 0.0F});
  EXPECT_EQ(quantized.exponent, 0);
  EXPECT_THAT(quantized.values, Each(0));
  EXPECT_TRUE(quantize_int8({}).values.empty());
}

TEST(Int8, TiniestAndLargestFloats) {
  for (const float weight : {std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::min(), std::numeric_limits<float>::max()}) {
    const Int8Weights quantized = quantize_int8(std::vector{weight});
    EXPECT_NEAR(std::ldexp(quantized.values[0], quantized.exponent) / static_cast<double>(weight), 1, 0.01);
  }
}

TEST(Int8, NoPowerOfTwoHasLessError) {
  Random random(7);
  for (int trial = 0; trial < 200; ++trial) {
    const std::vector<float> weights = random_weights(random, 1 + random.below(60));
    const Int8Weights quantized = quantize_int8(weights);
    const double error = squared_distance(weights, to_floats(quantized));
    for (int exponent = -14; exponent <= 4; ++exponent) {
      std::vector<float> other;
      for (const float weight : weights)
        other.push_back(std::ldexp(std::clamp(std::nearbyint(std::ldexp(weight, -exponent)), -127.0F, 127.0F), exponent));
      ASSERT_LE(error, squared_distance(weights, other) + 1e-12);
    }
  }
}

TEST(Ternary, KeepsWhatLowersTheErrorMost) {
  // Sorted: 4, 3, 1. Kept 1: 16; kept 2: 49 / 2 = 24.5; kept 3: 64 / 3 = 21.3. So two, at their mean 3.5.
  const TernaryChannel ternary = quantize_ternary(std::vector{1.0F, -4.0F, 3.0F});
  EXPECT_THAT(ternary.values, ElementsAre(0, -1, 1));
  EXPECT_EQ(ternary.scale, 3.5F);
  EXPECT_THAT(to_floats(ternary), ElementsAre(0, -3.5F, 3.5F));
}

TEST(Ternary, EqualMagnitudesStayTogetherAndTiesKeepMore) {
  const TernaryChannel ternary = quantize_ternary(std::vector{0.5F, -0.5F, 0.0F, 0.5F});
  EXPECT_THAT(ternary.values, ElementsAre(1, -1, 0, 1));
  EXPECT_EQ(ternary.scale, 0.5F);
  // Kept 1: 9; kept 4 of 3, 1, 1, 1: 36 / 4 = 9 as well.
  EXPECT_THAT(quantize_ternary(std::vector{1.0F, 1.0F, 3.0F, 1.0F}).values, ElementsAre(1, 1, 1, 1));
}

TEST(Ternary, ZerosHaveScaleOne) {
  const TernaryChannel ternary = quantize_ternary(std::vector{0.0F, -0.0F});
  EXPECT_THAT(ternary.values, Each(0));
  EXPECT_EQ(ternary.scale, 1);
}

TEST(Ternary, NoOtherChoiceHasLessError) {
  Random random(11);
  for (int trial = 0; trial < 100; ++trial) {
    const std::vector<float> weights = random_weights(random, 1 + random.below(8));
    const TernaryChannel ternary = quantize_ternary(weights);
    const double error = squared_distance(weights, to_floats(ternary));
    std::size_t choices = 1;
    for (std::size_t i = 0; i < weights.size(); ++i) choices *= 3;
    for (std::size_t choice = 0; choice < choices; ++choice) {  // all values, each with its best scale
      std::vector<double> values;
      double dot = 0;
      double norm = 0;
      for (std::size_t i = 0, rest = choice; i < weights.size(); ++i, rest /= 3) {
        values.push_back(static_cast<double>(rest % 3) - 1);
        dot += values[i] * static_cast<double>(weights[i]);
        norm += values[i] * values[i];
      }
      double other = 0;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const double off = static_cast<double>(weights[i]) - (norm > 0 ? dot / norm : 0) * values[i];
        other += off * off;
      }
      ASSERT_LE(error, other + 1e-6);
    }
  }
}

TEST(Ternary, IsNoWorseThanTheThresholdOfLiAndLiu) {
  Random random(13);
  for (int trial = 0; trial < 50; ++trial) {
    const std::vector<float> weights = random_weights(random, 144);
    double mean = 0;
    for (const float weight : weights) mean += std::fabs(static_cast<double>(weight)) / 144;
    std::vector<float> other(weights.size(), 0);
    double sum = 0;
    int kept = 0;
    for (const float weight : weights) {
      if (std::fabs(weight) <= 0.7 * mean) continue;
      sum += std::fabs(static_cast<double>(weight));
      ++kept;
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (std::fabs(weights[i]) > 0.7 * mean) other[i] = std::copysign(static_cast<float>(sum / kept), weights[i]);
    }
    ASSERT_LE(squared_distance(weights, to_floats(quantize_ternary(weights))), squared_distance(weights, other) + 1e-6);
  }
}

}  // namespace
}  // namespace mosaic::mapping

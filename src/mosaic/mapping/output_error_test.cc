#include "mosaic/mapping/output_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mosaic/base/random.h"

namespace mosaic::mapping {
namespace {

using testing::ElementsAre;

/// Inputs of this covariance; one channel that should give what `weights` make of them.
GroupMoments moments_of(std::vector<double> covariance, const std::vector<float>& weights) {
  GroupMoments moments{.inputs = weights.size(),
                       .covariance = std::move(covariance),
                       .cross = {},
                       .input_mean = std::vector<double>(weights.size()),
                       .wanted_mean = {0},
                       .wanted_variance = {1}};
  for (std::size_t i = 0; i < weights.size(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < weights.size(); ++j) sum += moments.covariance[i * weights.size() + j] * static_cast<double>(weights[j]);
    moments.cross.push_back(sum);
  }
  return moments;
}

struct Drawn {
  std::vector<float> weights;
  GroupMoments moments;
};

/// Inputs that are mixed from fewer than their number of sources, so that they are correlated.
Drawn draw(Random& random, std::size_t size) {
  Drawn drawn;
  for (std::size_t i = 0; i < size; ++i) drawn.weights.push_back(static_cast<float>(random.normal()));
  std::vector<double> mix(size * size);
  for (double& each : mix) each = random.normal();
  std::vector<double> covariance(size * size);
  const std::size_t sources = 1 + random.below(size);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      for (std::size_t k = 0; k < sources; ++k) covariance[i * size + j] += mix[i * size + k] * mix[j * size + k];
    }
  }
  drawn.moments = moments_of(std::move(covariance), drawn.weights);
  return drawn;
}

std::vector<double> doubles(const std::vector<float>& values) { return {values.begin(), values.end()}; }

double error_of(const OutputError& error, const std::vector<double>& v, const std::vector<std::int8_t>& values, double scale) {
  std::vector<double> difference = v;
  for (std::size_t i = 0; i < v.size(); ++i) difference[i] -= scale * static_cast<double>(values[i]);
  return error.of(difference);
}

/// With the scale of least error, found from three points of the parabola; the error at 0 where that is negative.
double least_error(const OutputError& error, const std::vector<double>& v, const std::vector<std::int8_t>& values) {
  const double at0 = error_of(error, v, values, 0);
  const double at1 = error_of(error, v, values, 1);
  const double at2 = error_of(error, v, values, 2);
  const double square = (at2 - 2 * at1 + at0) / 2;
  const double scale = square > 0 ? -(at1 - at0 - square) / (2 * square) : 0;
  return scale > 0 ? error_of(error, v, values, scale) : at0;
}

TEST(OutputError, OneWeightMakesGoodWhatAnotherLoses) {
  // Two inputs that are the same, weights 0.6 and 0.6: their sum is 1.2. To the nearest, units of 1 give 1 + 1 = 2; one after the other they give 1
  // and 0.2 that is left over, so 0.
  const std::vector<float> weights{0.6F, 0.6F};
  const OutputError error(moments_of({1, 1, 1, 1}, weights), 1e-6);
  const std::vector<std::int8_t> values = error.int8(doubles(weights), 0);
  EXPECT_EQ(values[0] + values[1], 1);
}

TEST(OutputError, OfADifferenceByHand) {
  // (1 -1) (2 1; 1 3) (1 -1)' = 2 - 1 - 1 + 3; damping by a tenth of the mean variance, 2.5: 0.25 * 2 more.
  EXPECT_DOUBLE_EQ(OutputError(moments_of({2, 1, 1, 3}, {1, 1}), 0.1).of(std::vector<double>{1, -1}), 3.5);
}

TEST(OutputError, UncorrelatedInputsGiveWhatRoundingGives) {
  Random random(5);
  for (std::size_t size = 1; size <= 12; ++size) {
    std::vector<float> weights;
    for (std::size_t i = 0; i < size; ++i) weights.push_back(static_cast<float>(random.normal()));
    std::vector<double> covariance(size * size);
    for (std::size_t i = 0; i < size; ++i) covariance[i * size + i] = 2;
    const OutputError error(moments_of(covariance, weights), 0.01);
    const TernaryChannel plain = quantize_ternary(weights);
    const TernaryChannel channel = error.ternary(doubles(weights));
    EXPECT_EQ(channel.values, plain.values);
    EXPECT_NEAR(channel.scale, plain.scale, 1e-6F * plain.scale);
    EXPECT_EQ(error.int8(doubles(weights), quantize_int8(weights).exponent), quantize_int8(weights).values);
  }
}

TEST(OutputError, TernaryLiesBetweenTheBestOfAllAndRounding) {
  Random random(7);
  std::size_t better = 0;
  std::size_t best_found = 0;
  for (int trial = 0; trial < 60; ++trial) {
    SCOPED_TRACE(trial);
    const std::size_t size = 1 + random.below(6);
    const Drawn drawn = draw(random, size);
    const OutputError error(drawn.moments, 0.01);
    const std::vector<double> v = doubles(drawn.weights);
    double least = std::numeric_limits<double>::infinity();
    std::vector<std::int8_t> values(size, -1);
    for (std::size_t next = 0; next < size;) {  // counts through all of them
      least = std::min(least, least_error(error, v, values));
      for (next = 0; next < size && values[next] == 1; ++next) values[next] = -1;
      if (next < size) ++values[next];
    }
    const TernaryChannel channel = error.ternary(v);
    const double found = error_of(error, v, channel.values, static_cast<double>(channel.scale));
    const double rounded = least_error(error, v, quantize_ternary(drawn.weights).values);
    ASSERT_GE(found, least * (1 - 1e-6) - 1e-9);
    ASSERT_LE(found, rounded * (1 + 1e-6) + 1e-9);
    better += found < 0.99 * rounded ? 1 : 0;
    best_found += found < 1.001 * least + 1e-9 ? 1 : 0;
  }
  EXPECT_GE(better, 20U);
  EXPECT_GE(best_found, 30U);
}

TEST(OutputError, Int8IsNeverWorseThanRounding) {
  Random random(11);
  std::size_t better = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const Drawn drawn = draw(random, 2 + random.below(20));
    const OutputError error(drawn.moments, 0.01);
    const std::vector<double> v = doubles(drawn.weights);
    const Int8Weights plain = quantize_int8(drawn.weights);
    const double scale = std::ldexp(1.0, plain.exponent);
    const double rounded = error_of(error, v, plain.values, scale);
    const double found = error_of(error, v, error.int8(v, plain.exponent), scale);
    ASSERT_LE(found, rounded * (1 + 1e-9));
    better += found < 0.9 * rounded ? 1 : 0;
  }
  EXPECT_GE(better, 30U);
}

TEST(OutputError, BestWeightsAreTheTrainedOnesWhereNothingHasChanged) {
  Random random(13);
  for (int trial = 0; trial < 20; ++trial) {
    const Drawn drawn = draw(random, 1 + random.below(10));
    const std::vector<double> v = OutputError(drawn.moments, 0.01).best_weights(drawn.weights, 0);
    for (std::size_t i = 0; i < v.size(); ++i) ASSERT_NEAR(v[i], static_cast<double>(drawn.weights[i]), 1e-6);
  }
}

TEST(OutputError, BestWeightsMakeGoodWhatInputsHaveLost) {
  // The input is half of what it was: of variance 1 now, product with the wanted output 3 * 2 = 6. Undamped, the weight would be 6 instead of 3; with
  // a damping of 1 it is (6 + 3) / 2.
  const GroupMoments moments{.inputs = 1, .covariance = {1}, .cross = {6}, .input_mean = {0}, .wanted_mean = {0}, .wanted_variance = {36}};
  EXPECT_DOUBLE_EQ(OutputError(moments, 1).best_weights(std::vector<float>{3}, 0)[0], 4.5);
  EXPECT_NEAR(OutputError(moments, 1e-9).best_weights(std::vector<float>{3}, 0)[0], 6, 1e-6);
}

TEST(OutputError, ZerosStayZeros) {
  const OutputError error(moments_of({1, 0.5, 0.5, 1}, {0, 0}), 0.01);
  EXPECT_THAT(error.ternary(std::vector<double>{0, 0}).values, ElementsAre(0, 0));
  EXPECT_EQ(error.ternary(std::vector<double>{0, 0}).scale, 1);
  EXPECT_THAT(error.int8(std::vector<double>{0, 0}, 0), ElementsAre(0, 0));
}

}  // namespace
}  // namespace mosaic::mapping

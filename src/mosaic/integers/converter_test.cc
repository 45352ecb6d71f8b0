#include "mosaic/integers/converter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/integer_networks.h"

namespace mosaic::integers {
namespace {

// Codes of 6 bits are -32 to 31. With steps of 10: 44 -> 4.4 -> 40; 45 -> 4.5 -> 40 (even); 55 -> 5.5 -> 60; 1000 -> 310; -1000 -> -320.
TEST(Converter, RoundsAndSaturates) {
  const Converter converter = test::expect(make_converter({.steps = {1, 10}}));
  EXPECT_EQ(converter(1, 44), 40);
  EXPECT_EQ(converter(1, 45), 40);
  EXPECT_EQ(converter(1, 55), 60);
  EXPECT_EQ(converter(1, 1000), 310);
  EXPECT_EQ(converter(1, -1000), -320);
  EXPECT_EQ(converter(0, -7), -7);
}

TEST(Converter, RefusesWhatNoConverterHas) {
  EXPECT_EQ(test::error_of(make_converter({.bits = 1, .steps = {1}})), "a converter of 1 bits: 2 to 31 are supported");
  EXPECT_EQ(test::error_of(make_converter({.steps = {4, 0}})), "the converter's step for node 1 is 0: 1 is the smallest");
  EXPECT_EQ(test::error_of(make_converter({.steps = {4}, .noise = -1})), "noise of -1 codes: it must be 0 or more");
}

// Noise of 2 codes of 10 on a sum of 0: mean 0, deviation 20 (and 10 / sqrt(12) for the rounding: 20.2), over 20,000 draws with a standard error of
// 0.14.
TEST(Converter, NoiseHasItsDeviation) {
  const Converter converter = test::expect(make_converter({.bits = 10, .steps = {10}, .noise = 2, .seed = 5}));
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double value = converter(0, 0);
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / 20'000, 0, 0.6);
  EXPECT_NEAR(std::sqrt(squares / 20'000), 20.2, 0.5);
}

TEST(Converter, WideAndWithoutNoiseChangesNothing) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const network::Network net = test::random_network(seed);
    const Simulator simulator(test::quantized_network(net, seed));
    const Converter wide = test::expect(make_converter({.bits = 24, .steps = std::vector(net.nodes.size(), 1)}));
    const std::vector<float> image = test::seeded_image(net, seed);
    EXPECT_EQ(test::expect(simulator.run_all(image, wide)), test::expect(simulator.run_all(image)));
  }
}

/// 300 channels of 3 x 3: partial sums of 128, 128 and 44 channels, whose rows are 1152, 1152 and 396.
QuantizedNetwork three_partial_sums(double share) {
  test::NetworkMaker maker(3, {.channels = 300, .height = 2, .width = 2});
  maker.convolution(0, {.out = 4, .activation = network::Activation::kNone});
  return test::quantized_network(maker.take(), 3, share);
}

TEST(Converter, SeesPartialSumsOfWholeChannels) {
  const Simulator simulator(three_partial_sums(0));
  const std::vector<float> image(1200, 1.0F);
  std::vector<std::int32_t> sums;
  test::expect(simulator.run(image, [&](std::size_t node, std::int32_t sum) {
    EXPECT_EQ(node, 1U);
    sums.push_back(sum);
    return sum;
  }));
  ASSERT_EQ(sums.size(), 3U * 4 * 4);
  // The first pixel sees four taps of each channel, all of them the same integer: sums of the weights' signs.
  const Convolution& conv = simulator.network().nodes[1].convolution;
  const std::int32_t pixel = simulator.network().nodes[0].format.high;
  for (std::size_t part = 0; part < 3; ++part) {
    std::int32_t expected = 0;
    for (std::size_t c = 128 * part; c < std::min<std::size_t>(128 * part + 128, 300); ++c) {
      for (const std::size_t tap : {4U, 5U, 7U, 8U})
        expected +=
            conv.weights[c * 9 + tap] * std::min(pixel, static_cast<std::int32_t>(std::nearbyint(1 / simulator.network().nodes[0].format.scale)));
    }
    EXPECT_EQ(sums[part], expected);
  }
}

// 5 x 5 taps: 46 channels are 1150 rows, one more would be 1175. On 3 x 3 pixels the last output sees the first three taps of the window in each
// direction.
TEST(Converter, NeverPartsAChannel) {
  test::NetworkMaker maker(4, {.channels = 47, .height = 3, .width = 3});
  maker.convolution(0, {.out = 1, .kernel = 5});
  network::Network net = maker.take();
  std::fill_n(net.nodes[1].filters.weights.begin() + 1150, 2, 1.0F);  // they must not make up for each other
  const Simulator simulator(test::quantized_network(net, 3, 0));
  std::vector<std::int32_t> sums;
  test::expect(simulator.run(std::vector<float>(423, 1000.0F), [&](std::size_t, std::int32_t sum) {
    sums.push_back(sum);
    return sum;
  }));
  ASSERT_EQ(sums.size(), 2U * 9);
  std::int32_t last_channel = 0;
  for (const std::size_t tap : {0U, 1U, 2U, 5U, 6U, 7U, 10U, 11U, 12U})
    last_channel += 63 * simulator.network().nodes[1].convolution.weights[46 * 25 + tap];
  EXPECT_EQ(sums.back(), last_channel);
}

TEST(Converter, LeavesDigitalRowsAlone) {
  const Simulator simulator(three_partial_sums(1));
  const auto never = [](std::size_t, std::int32_t) -> std::int32_t { throw std::logic_error("a digital row was converted"); };
  EXPECT_NO_THROW(test::expect(simulator.run(std::vector<float>(1200, 1.0F), never)));
}

TEST(Converter, StepsHoldTheRangeOfPartialSums) {
  const Simulator simulator(three_partial_sums(0));
  const std::vector<std::vector<float>> images = test::seeded_images({.nodes = {{.extent = {.channels = 300, .height = 2, .width = 2}}}}, 3, 9);
  std::int32_t most = 0;
  for (const std::vector<float>& image : images) {
    test::expect(simulator.run(image, [&](std::size_t, std::int32_t sum) {
      most = std::max(most, std::abs(sum));
      return sum;
    }));
  }
  const std::vector<std::int32_t> steps = test::expect(calibrate_steps(simulator, images, 6, 1.0));
  EXPECT_EQ(steps[0], 1);
  EXPECT_EQ(steps[1], (most + 30) / 31);  // 31 codes hold the largest
}

TEST(Converter, OneSeedGivesOneResult) {
  const Simulator simulator(three_partial_sums(0));
  const std::vector<float> image(1200, 0.5F);
  std::set<std::vector<std::int32_t>> results;
  for (const std::uint64_t seed : {1U, 1U, 2U})
    results.insert(test::expect(simulator.run(image, test::expect(make_converter({.steps = {1, 40}, .noise = 1, .seed = seed})))));
  EXPECT_EQ(results.size(), 2U);
}

}  // namespace
}  // namespace mosaic::integers

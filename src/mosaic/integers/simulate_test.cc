#include "mosaic/integers/simulate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mosaic/integers/modelled_cost.h"
#include "mosaic/network/forward.h"
#include "tests/integer_networks.h"

namespace mosaic::integers {
namespace {

using network::Kind;
using testing::ElementsAre;

/// image [2, 1, 2] of scale 1/2 -> convolution of two channels, digital and analog.
QuantizedNetwork two_channels() {
  QuantizedNetwork net{.name = "two", .nodes = {}};
  net.nodes.push_back({.name = "input", .extent = {.channels = 2, .height = 1, .width = 2}, .format = {.scale = 0.5, .low = -64, .high = 63}});
  QuantizedNode conv{.name = "conv", .kind = Kind::kConvolution, .inputs = {0}, .extent = {.channels = 2, .height = 1, .width = 2}};
  conv.convolution = {
      .in = 2,
      .out = 2,
      .rows = {{.channel = 0, .accelerator = Accelerator::kDigital, .bias = 10, .bias_shift = 1, .multiplier = {.mantissa = 1, .shift = 2}},
               {.channel = 1, .accelerator = Accelerator::kAnalog, .bias = -3, .multiplier = {.mantissa = 3, .shift = 1}}},
      .weights = {5, -2, 1, -1}};
  net.nodes.push_back(conv);
  return net;
}

// The image in integers: 1.2 / 0.5 = 2.4 -> 2; 0.75 / 0.5 = 1.5 -> 2 (even); -50 / 0.5 = -100 -> -64; 2 / 0.5 = 4.
// Channel 0, of 5 a - 2 b + 10 * 2^1: 5 * 2 + 2 * 64 + 20 = 158, / 4 = 39.5 -> 40 (even); 5 * 2 - 2 * 4 + 20 = 22, / 4 = 5.5 -> 6.
// Channel 1, of a - b - 3: 2 + 64 - 3 = 63, * 3 / 2 = 94.5 -> 94; 2 - 4 - 3 = -5, -7.5 -> -8 -> 0.
TEST(Simulator, ComputesByHand) {
  const Simulator simulator(two_channels());
  const auto values = test::expect(simulator.run_all(std::vector<float>{1.2F, 0.75F, -50, 2}));
  EXPECT_THAT(values[0], ElementsAre(2, 2, -64, 4));
  EXPECT_THAT(values[1], ElementsAre(40, 6, 94, 0));
}

TEST(Simulator, RowsInAnyOrderGiveTheirOwnChannels) {
  QuantizedNetwork net = two_channels();
  Convolution& conv = net.nodes[1].convolution;
  std::swap(conv.rows[0], conv.rows[1]);
  conv.weights = {1, -1, 5, -2};
  EXPECT_FALSE(conv.ordered());
  EXPECT_FALSE(conv.contiguous());
  EXPECT_THAT(test::expect(Simulator(net).run(std::vector<float>{1.2F, 0.75F, -50, 2})), ElementsAre(40, 6, 94, 0));
}

TEST(Simulator, RefusesAnImageOfAnotherSize) {
  EXPECT_EQ(test::error_of(Simulator(two_channels()).run(std::vector<float>(3))), "the image has 3 numbers, two takes 4");
}

/// Rounds a real number and saturates it.
std::int32_t stored(double value, const Format& format) {
  return static_cast<std::int32_t>(std::clamp(std::nearbyint(value), double(format.low), double(format.high)));
}

/// One integer by the definitions of quantized_network.h, with sums in 64 bits and the requantisation in double, which is exact.
std::int32_t by_definition(const QuantizedNetwork& net, const QuantizedNode& node, const std::vector<std::vector<std::int32_t>>& values,
                           std::int64_t o, std::int64_t y, std::int64_t x) {
  const network::Extent& from = net.nodes[node.inputs[0]].extent;
  const auto place = static_cast<std::size_t>((o * node.extent.height + y) * node.extent.width + x);
  const auto pixel = [&](std::int64_t c, std::int64_t py, std::int64_t px) -> std::int64_t {
    if (py < 0 || px < 0 || py >= from.height || px >= from.width) return 0;
    return values[node.inputs[0]][static_cast<std::size_t>((c * from.height + py) * from.width + px)];
  };
  const Convolution& conv = node.convolution;
  const bool filter = node.kind == Kind::kConvolution;
  const auto row = filter ? static_cast<std::size_t>(std::ranges::find(conv.rows, o, &Row::channel) - conv.rows.begin()) : 0;
  const std::int64_t channels = filter ? conv.in / conv.groups : 1;
  const std::int64_t first = filter ? o / (conv.out / conv.groups) * channels : o;
  std::int64_t sum = filter ? std::int64_t{conv.rows[row].bias} << conv.rows[row].bias_shift : 0;
  std::int64_t most = -1000;
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t ky = 0; ky < node.window.kernel[0]; ++ky) {
      for (std::int64_t kx = 0; kx < node.window.kernel[1]; ++kx) {
        const std::int64_t iy = y * node.window.stride[0] + ky - node.window.padding[0];
        const std::int64_t ix = x * node.window.stride[1] + kx - node.window.padding[1];
        const std::int64_t tap = ((static_cast<std::int64_t>(row) * channels + c) * node.window.kernel[0] + ky) * node.window.kernel[1] + kx;
        sum += pixel(first + c, iy, ix) * (filter ? conv.weights[static_cast<std::size_t>(tap)] : 1);
        if (iy >= 0 && ix >= 0 && iy < from.height && ix < from.width) most = std::max(most, pixel(first + c, iy, ix));
      }
    }
  }
  if (filter) return stored(static_cast<double>(sum) * value_of(conv.rows[row].multiplier), node.format);
  if (node.kind == Kind::kMaxPool) return static_cast<std::int32_t>(most);
  if (node.kind == Kind::kAveragePool)
    return stored(static_cast<double>(sum) * value_of(node.multipliers[place % node.multipliers.size()]), node.format);
  double total = 0;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) total += values[node.inputs[i]][place] * value_of(node.multipliers[i]);
  return stored(total, node.format);
}

TEST(Simulator, GivesWhatTheDefinitionsSay) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const network::Network net = test::random_network(seed);
    const Simulator simulator(test::quantized_network(net, seed));
    const auto values = test::expect(simulator.run_all(test::seeded_image(net, seed)));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const QuantizedNode& node = simulator.network().nodes[i];
      if (node.kind != Kind::kConvolution && node.kind != Kind::kAdd && node.kind != Kind::kMaxPool && node.kind != Kind::kAveragePool) continue;
      std::size_t at = 0;
      for (std::int64_t o = 0; o < node.extent.channels; ++o) {
        for (std::int64_t y = 0; y < node.extent.height; ++y) {
          for (std::int64_t x = 0; x < node.extent.width; ++x, ++at)
            ASSERT_EQ(values[i][at], by_definition(simulator.network(), node, values, o, y, x)) << seed << " " << node.name;
        }
      }
    }
  }
}

// All digital: weights within half of 2^e, activations within half an integer of 127. Errors add up over layers, but the correlation stays.
TEST(Simulator, ComesCloseToTheFloatNetwork) {
  const network::Network net = test::cifar_resnet(1, 5, 16);
  const Simulator simulator(test::quantized_network(net, 5, 1));
  double products = 0;
  double squares = 0;
  double expected = 0;
  for (const std::vector<float>& image : test::seeded_images(net, 5, 77)) {
    const std::vector<float> real = network::forward(net, image).back();
    const std::vector<float> integers = simulator.outputs(test::expect(simulator.run(image)));
    for (std::size_t i = 0; i < real.size(); ++i) {
      products += static_cast<double>(real[i] * integers[i]);
      squares += static_cast<double>(integers[i] * integers[i]);
      expected += static_cast<double>(real[i] * real[i]);
    }
  }
  EXPECT_GT(products / std::sqrt(squares * expected), 0.995);
}

TEST(Simulator, RefusesWhatIsNoNumber) {
  const network::Network net = test::cifar_resnet(1, 5, 16);
  const Simulator simulator(test::quantized_network(net, 5, 1));
  for (const float wrong : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> image = test::seeded_image(net, 1);
    image[7] = wrong;
    EXPECT_THAT(test::error_of(simulator.run(image)), testing::HasSubstr("number 7 of the image is"));
  }
}

// A unit vector of DIANA's cost functions: (16, 16, 3 x 3, 32 x 32) takes 13312 cycles on the digital and 5811.2 on the analog array with all
// channels on one of them.
TEST(ModelledCost, IsThePublishedCostOfEachLayer) {
  test::NetworkMaker maker(1, {.channels = 16, .height = 32, .width = 32});
  maker.convolution(0, {.out = 16});
  const network::Network net = maker.take();
  const std::vector<ModelledLayer> digital = modelled_layers(test::quantized_network(net, 1, 1));
  ASSERT_EQ(digital.size(), 1U);
  EXPECT_EQ(digital[0].digital, 16);
  EXPECT_EQ(digital[0].cost.cycles(), 13312);
  const QuantizedNetwork analog = test::quantized_network(net, 1, 0);
  EXPECT_EQ(modelled_layers(analog)[0].analog, 16);
  EXPECT_NEAR(modelled_cost(analog).cycles, 5811.2, 1e-6);
}

}  // namespace
}  // namespace mosaic::integers

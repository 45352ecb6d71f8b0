#include "mosaic/integers/quantized_file.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "mosaic/integers/permute.h"
#include "mosaic/integers/simulate.h"
#include "mosaic/integers/validate.h"
#include "tests/integer_networks.h"

namespace mosaic::integers {
namespace {

using network::Kind;

TEST(QuantizedFile, GivesBackWhatWasWritten) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const network::Network real = test::random_network(seed);
    const QuantizedNetwork before = permute(test::quantized_network(real, seed));
    const std::string text = format_quantized(before);
    const QuantizedNetwork after = test::expect(parse_quantized(text));
    EXPECT_EQ(format_quantized(after), text);
    const std::vector<float> image = test::seeded_image(real, seed);
    EXPECT_EQ(test::expect(Simulator(after).run_all(image)), test::expect(Simulator(before).run_all(image)));
  }
}

TEST(QuantizedFile, IsReadFromADisk) {
  const test::TemporaryFolder folder;
  const QuantizedNetwork net = test::quantized_network(test::random_network(1), 1);
  test::expect(write_quantized(net, folder / "net.json"));
  EXPECT_EQ(format_quantized(test::expect(read_quantized(folder / "net.json"))), format_quantized(net));
}

/// image [2, 4, 4] -> conv -> sum with itself -> pool -> subsample -> conv.
QuantizedNetwork small_network() {
  test::NetworkMaker maker(1, {.channels = 2, .height = 4, .width = 4});
  const std::size_t a = maker.convolution(0, {.out = 4});
  const std::size_t pool = maker.pool(Kind::kAveragePool, maker.add({a, a}), 3, 2, 1);
  maker.convolution(maker.subsample(pool, 2, 1, 0), {.out = 3, .kernel = 1});
  return test::quantized_network(maker.take(), 1, 0);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t place = text.find(from);
  EXPECT_NE(place, std::string::npos) << from;
  return text.replace(place, from.size(), to);
}

TEST(QuantizedFile, SaysWhatIsWrongWithIt) {
  const std::string text = format_quantized(small_network());
  const auto error = [&](const std::string& from, const std::string& to) { return test::error_of(parse_quantized(replaced(text, from, to))); };
  EXPECT_EQ(error("\"kind\": \"add\"", "\"kind\": \"mul\""), "quantised network: node 2: key 'kind': 'mul' is not known");
  EXPECT_EQ(error("\"inputs\": [1, 1]", "\"inputs\": [1, 2]"), "quantised network: node 2: its input 2 does not come before it");
  EXPECT_EQ(error("\"bits\": [2, 2, 2, 2]", "\"bits\": [2, 2, 3, 2]"),
            "quantised network: node 1: key 'convolution': key 'bits': 3; 8 (digital) or 2 (analog, ternary)");
  EXPECT_EQ(error("\"bits\": [2, 2, 2, 2]", "\"bits\": [2, 2, 2]"),
            "quantised network: node 1: key 'convolution': key 'bits' has 3 numbers, 4 are right");
  EXPECT_EQ(error("\"channels\": [0, 1, 2, 3]", "\"channels\": [0, 1, 1, 3]"),
            "quantised network: node 1 ('node/1'): row 2 gives channel 1, of 4 that have one row each");
  EXPECT_EQ(error("\"range\": [-64, 63]", "\"range\": [-64, 5000000000]"), "quantised network: node 0: key 'range': 5000000000 is too large");
  EXPECT_TRUE(error("\"groups\": 1", "\"groups\": 1, \"color\": 2").contains("unknown key 'color'"));
  EXPECT_FALSE(parse_quantized("").has_value());
  EXPECT_FALSE(parse_quantized(text.substr(0, text.size() / 2)).has_value());
}

/// The message about a network that was valid before.
std::string spoilt(const std::function<void(std::vector<QuantizedNode>&)>& spoil) {
  QuantizedNetwork net = small_network();
  test::expect(validate(net));
  spoil(net.nodes);
  return test::error_of(validate(net));
}

TEST(Validate, SaysWhichNodeIsWrongAndHow) {
  EXPECT_EQ(spoilt([](auto& nodes) { nodes.clear(); }), "the network has no nodes");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[2].name = "node/1"; }), "node 2 ('node/1'): its name is empty or another node's too");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[2].inputs = {1, 3}; }), "node 2 ('node/2'): its input 3 does not come before it");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[2].inputs = {0, 1}; }), "node 2 ('node/2'): its extent is 4x4x4, its inputs make 2x4x4");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[3].inputs = {1, 1}; }), "node 3 ('node/3'): it has 2 inputs, one is right");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[1].kind = Kind::kInput; }), "node 1 ('node/1'): the first node is the input, and no other");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[1].format.scale = 0; }), "node 1 ('node/1'): its scale is 0");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[4].format.scale *= 2; }), "node 4 ('node/4'): its format is not that of its input");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[1].format.high = 1000; }), "node 2 ('node/2'): its input 1 has integers from 0 to 1000, more than 8 bits");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[4].zero_channels = {3, 0}; }), "node 4 ('node/4'): its extent is 5x1x1, its inputs make 7x1x1");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[0].extent.width = 1 << 25; }),
            "node 0 ('input'): its extent is 2x4x33554432: at least 1 each, and 16777216 in all at most");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[3].window.padding = {3, 1, 1, 1}; }),
            "node 3 ('node/3'): a window of 3 with stride 2 and padding 3 and 1");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[3].extent.height = 4; }),
            "node 3 ('node/3'): 4 outputs of a window of 3 with stride 2 and padding 1 go beyond 4 pixels");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[2].multipliers[1].shift += 1; }), "node 2 ('node/2'): the multipliers of a sum have one shift");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[3].multipliers.pop_back(); }), "node 3 ('node/3'): it has 3 multipliers, 4 are right");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[1].convolution.rows[0].multiplier.mantissa = 1 << 22; }).substr(0, 42),
            "node 1 ('node/1'): a multiplier of 4194304");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[1].convolution.weights.pop_back(); }), "node 1 ('node/1'): 4 rows and 71 weights, 4 and 72 are right");
  EXPECT_EQ(spoilt([](auto& nodes) { nodes[1].convolution.weights[0] = 2; }),
            "node 1 ('node/1'): channel 0 is analog with 1 groups and weights up to 2: one group, -1, 0 and 1 are right");
  EXPECT_TRUE(spoilt([](auto& nodes) { nodes[1].convolution.rows[0].bias_shift = 31; }).contains("a bias shifted by 31"));
  EXPECT_TRUE(spoilt([](auto& nodes) { nodes[1].convolution.rows[0] = {.bias = 32767, .bias_shift = 17}; }).contains("more than 32 bits hold"));
}

}  // namespace
}  // namespace mosaic::integers

#include "mosaic/quantize/quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/onnx/opset.h"
#include "mosaic/onnx/rewrite.h"
#include "tests/quantize_networks.h"

namespace mosaic::quantize {
namespace {

using onnx::NodeValue;
using test::count_of;
using test::error_of;
using test::expect;
using test::kImage;
using testing::HasSubstr;

Result<Quantized> quantised(const onnx::PreparedModel& model, const Options& options = {}, const Shape& shape = kImage) {
  return quantize(model, test::random_examples(shape, 4), open_on_engine(1), options);
}

std::map<std::string, NodeValue> by_result(const onnx::Model& model) {
  std::map<std::string, NodeValue> nodes;
  for (const NodeValue& node : onnx::node_values(model)) nodes[node.outputs[0]] = node;
  return nodes;
}

TEST(Quantize, PutsEveryLinearNodeBetweenConversions) {
  const onnx::Model model = expect(quantised(test::prepared(test::mixed_network()))).model;
  const auto nodes = by_result(model);
  std::map<std::string, std::vector<std::string>> users;
  for (const auto& [result, node] : nodes) {
    for (const std::string& input : node.inputs) users[input].push_back(node.op);
  }
  for (const auto& [result, node] : nodes) {
    if (node.op != "Conv" && node.op != "Gemm") continue;
    for (const std::string& input : node.inputs) EXPECT_EQ(nodes.at(input).op, "DequantizeLinear") << input;
    EXPECT_THAT(users[result], testing::ElementsAre("QuantizeLinear"));
  }
  EXPECT_EQ(count_of(model, "Relu"), 0);
  EXPECT_EQ(count_of(model, "BatchNormalization"), 0);
  EXPECT_EQ(onnx::output_names(model), onnx::output_names(test::mixed_network()));
}

TEST(Quantize, GivesBiasesTheScaleOfTheirSums) {
  const onnx::Model model = expect(quantised(test::prepared(test::mixed_network()))).model;
  const auto nodes = by_result(model);
  std::size_t checked = 0;
  for (const auto& [result, node] : nodes) {
    if (node.op != "Conv" && node.op != "Gemm") continue;
    const auto scales = [&](std::size_t input) { return onnx::constant(model, nodes.at(node.inputs[input]).inputs[1])->to_doubles(); };
    const std::vector<double> weights = scales(1);
    const std::vector<double> biases = scales(2);
    ASSERT_EQ(weights.size(), biases.size());
    for (std::size_t c = 0; c < biases.size(); ++c) EXPECT_FLOAT_EQ(static_cast<float>(biases[c]), static_cast<float>(scales(0)[0] * weights[c]));
    ++checked;
  }
  EXPECT_EQ(checked, 5);
}

// 8 bits leave about 40 dB a layer; five layers deep a hundredth of the output's range is what can be asked for.
TEST(Quantize, ComputesNearlyTheSame) {
  const onnx::PreparedModel model = test::prepared(test::mixed_network());
  const onnx::Model quantised_model = expect(quantised(model, {.ranges = {.method = RangeMethod::kMinMax}})).model;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Difference difference = compare(test::outputs_of(model.model, kImage, seed)[0], test::outputs_of(quantised_model, kImage, seed)[0]);
    EXPECT_LT(difference.relative, 0.06) << seed;
    EXPECT_FALSE(difference.equal_bits);
  }
}

TEST(Quantize, GivesTheSameBytesAgain) {
  const onnx::PreparedModel model = test::prepared(test::mixed_network());
  EXPECT_EQ(serialize_model(expect(quantised(model)).model), serialize_model(expect(quantised(model)).model));
}

TEST(Quantize, LeavesEachKeptNodeAsItWas) {
  const onnx::PreparedModel model = test::prepared(test::mixed_network());
  const NodeValue first = onnx::node_values(model.model)[0];
  ASSERT_EQ(first.op, "Conv");
  const Quantized made = expect(quantised(model, {.keep = {first.name}}));
  EXPECT_EQ(made.scheme.linear(), 4);
  ASSERT_FALSE(made.scheme.left.empty());
  EXPECT_EQ(made.scheme.left[0].name, first.name);
  EXPECT_EQ(made.scheme.left[0].reason, "kept on request");
  const std::vector<NodeValue> nodes = onnx::node_values(made.model);
  const auto kept = std::ranges::find(nodes, first.name, &NodeValue::name);
  ASSERT_NE(kept, nodes.end());
  EXPECT_EQ(kept->inputs[0], "x");  // the model's own input, not 8 bits of it
  EXPECT_THAT(error_of(quantised(model, {.keep = {first.name + "x"}})), HasSubstr("did you mean '" + first.name + "'?"));
}

// Every set of kept nodes that the first linear nodes can be: all ranges that are needed have been watched once.
TEST(Quantize, NeedsOneCalibrationForAnySetOfKeptNodes) {
  const onnx::PreparedModel model = test::prepared(test::mixed_network());
  const Examples examples = test::random_examples(kImage, 2);
  const Calibration calibration = expect(calibrate_all(model, examples, open_on_engine(1)));
  const std::vector<NodeValue> nodes = onnx::node_values(model.model);
  for (unsigned set = 0; set < 256; ++set) {
    Options options{.correct_bias = false};
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      if ((set * 2654435761U >> n & 1U) != 0) options.keep.push_back(nodes[n].name);
    }
    const auto made = quantize_calibrated(model, calibration, examples, open_on_engine(1), options);
    if (!made) {
      EXPECT_THAT(made.error().message, HasSubstr("nothing to quantise"));
      continue;
    }
    const Difference difference = compare(test::outputs_of(model.model, kImage)[0], test::outputs_of(made->model, kImage)[0]);
    EXPECT_LT(difference.relative, 0.1) << set;
  }
}

// One pass for the biases gives, with nothing kept, the model that the other way gives; with another node kept, those of the rest are the same.
TEST(Quantize, FindsBiasesOnceForAnySetOfKeptNodes) {
  const onnx::PreparedModel model = test::prepared(test::mixed_network());
  const Examples examples = test::random_examples(kImage, 3);
  const Calibration calibration = expect(calibrate_all(model, examples, open_on_engine(1)));
  const Biases biases = expect(corrected_biases(model, calibration, examples, open_on_engine(1), {}));
  EXPECT_EQ(biases.size(), 5);
  EXPECT_EQ(serialize_model(expect(quantize_corrected(model, calibration, biases, {})).model),
            serialize_model(expect(quantize_calibrated(model, calibration, examples, open_on_engine(1), {})).model));
  const std::string first = onnx::node_values(model.model)[0].name;
  EXPECT_EQ(serialize_model(expect(quantize_corrected(model, calibration, biases, {.keep = {first}})).model),
            serialize_model(expect(quantize_calibrated(model, calibration, examples, open_on_engine(1), {.keep = {first}})).model));
  EXPECT_TRUE(expect(corrected_biases(model, calibration, examples, open_on_engine(1), {.correct_bias = false})).empty());
}

// The Concat's range has negative values from the second branch. The first one's Relu is nothing but the lower end of its range, so it must not take
// that one.
TEST(Quantize, DoesNotTieARangeThatWouldUndoAnActivation) {
  onnx::Builder net("net", 1);
  const std::string x = net.input("x", kImage);
  const std::string positive = net.relu(net.conv(x, {.in = 8, .out = 4}));
  const std::string both = net.conv(x, {.in = 8, .out = 4});
  const std::string joined = net.concat({positive, both});
  net.output(joined, kImage);
  const onnx::PreparedModel model = test::prepared(net.build());
  const onnx::Model made = expect(quantised(model)).model;
  const auto zero_point = [&](const std::string& value) { return onnx::constant(made, by_result(made).at(value).inputs[2])->to_doubles()[0]; };
  EXPECT_EQ(zero_point(positive), 0);
  EXPECT_GT(zero_point(joined), 0);
  EXPECT_EQ(zero_point(both), zero_point(joined));
  EXPECT_LT(compare(test::outputs_of(model.model, kImage)[0], test::outputs_of(made, kImage)[0]).relative, 0.03);
}

// Two products of rows; the first one's Relu is in its range.
TEST(Quantize, TakesMatrixProducts) {
  onnx::Builder net("net", 1);
  const std::string hidden = net.relu(net.node("MatMul", {net.input("x", {4, 16}), net.weights("a", {16, 8}, 0.4)}));
  net.output(net.node("MatMul", {hidden, net.weights("b", {8, 6}, 0.4)}), {4, 6});
  const onnx::PreparedModel model = test::prepared(net.build());
  const Quantized made = expect(quantised(model, {}, {4, 16}));
  EXPECT_EQ(made.scheme.linear(), 2);
  EXPECT_EQ(count_of(made.model, "Relu"), 0);
  EXPECT_LT(compare(test::outputs_of(model.model, {4, 16})[0], test::outputs_of(made.model, {4, 16})[0]).relative, 0.03);
}

TEST(Quantize, WritesDownHowItWasDone) {
  const auto pairs = onnx::metadata(
      expect(quantised(test::prepared(test::mixed_network()), {.ranges = {.method = RangeMethod::kPercentile}, .weight_bits = 7, .version = "1.2"}))
          .model);
  EXPECT_EQ(pairs.at("mosaic.quantization.ranges"), "percentile 99.99");
  EXPECT_EQ(pairs.at("mosaic.quantization.weight_bits"), "7");
  EXPECT_EQ(pairs.at("mosaic.quantization.calibration_images"), "4");
  EXPECT_EQ(pairs.at("mosaic.quantization.version"), "1.2");
  EXPECT_EQ(pairs.at("mosaic.quantization.calibration_set").size(), 32);
}

// Each example twice, the second time by another name: nothing weighs more for it.
TEST(Quantize, CountsAnExampleOnce) {
  const onnx::PreparedModel model = test::prepared(test::conv_chain(2));
  const Examples once = test::random_examples({1, 8, 8, 8}, 3);
  const Examples twice{.about = 6, .visit = [&](const Examples::Visit& visitor) -> Result<void> {
                         MOSAIC_RETURN_IF_ERROR(once.visit(visitor));
                         return once.visit([&](const Example& each) { return visitor({.name = "copy", .inputs = each.inputs, .label = {}}); });
                       }};
  const Quantized made = expect(quantize(model, twice, open_on_engine(1), {}));
  EXPECT_EQ(made.examples, 3);
  EXPECT_EQ(made.members.size(), 3);
  EXPECT_EQ(serialize_model(made.model), serialize_model(expect(quantize(model, once, open_on_engine(1), {})).model));
}

TEST(Quantize, TellsCalibrationSetsApartByContentAndOrder) {
  const onnx::PreparedModel model = test::prepared(test::conv_chain(1));
  const auto set_of = [&](std::size_t count, std::uint64_t seed) {
    return expect(quantize(model, test::random_examples({1, 8, 8, 8}, count, seed), open_on_engine(1), {})).set;
  };
  EXPECT_EQ(set_of(2, 1), set_of(2, 1));
  EXPECT_NE(set_of(2, 1), set_of(2, 2));
  EXPECT_NE(set_of(2, 1), set_of(3, 1));
}

/// x -> conv of one pixel, one channel -> y, with weights of two channels.
onnx::Model one_weight(float small, float large) {
  onnx::Builder net("one", 1);
  const std::string weights = net.constant("w", expect(from_floats(ElementType::kFloat32, {1, 2, 1, 1}, std::vector<float>{small, large})));
  const std::string bias = net.constant("b", expect(from_floats(ElementType::kFloat32, {1}, std::vector<float>{0})));
  net.output(net.node("Conv", {net.input("x", {1, 2, 2, 2}), weights, bias}), {1, 1, 2, 2});
  return net.build();
}

// Weights 1.5 and 127: the scale is 1, so that 1.5 becomes 2. Both channels of x are 2 on average, so the result is too large by 2 * 0.5 = 1, and
// that is what the bias takes off, to half a step of 5 / 255 * 1.
TEST(Quantize, CorrectsTheMeanErrorInTheBias) {
  const onnx::PreparedModel model = test::prepared(one_weight(1.5F, 127));
  const Examples examples{.about = 1, .visit = [](const Examples::Visit& visit) -> Result<void> {
                            Example example{.name = "x", .inputs = {Tensor(ElementType::kFloat32, {1, 2, 2, 2})}, .label = {}};
                            for (std::size_t i = 0; i < 8; ++i) example.inputs[0].as<float>()[i] = i % 4 == 0 ? 5 : 1;  // mean 2
                            return visit(example);
                          }};
  const Options exact{.ranges = {.method = RangeMethod::kMinMax}};
  const onnx::Model corrected = expect(quantize(model, examples, open_on_engine(1), exact)).model;
  const auto nodes = by_result(corrected);
  for (const auto& [result, node] : nodes) {
    if (node.op != "Conv") continue;
    const NodeValue& bias = nodes.at(node.inputs[2]);
    const double steps = onnx::constant(corrected, bias.inputs[0])->to_doubles()[0];
    const double scale = onnx::constant(corrected, bias.inputs[1])->to_doubles()[0];
    EXPECT_NEAR(steps * scale, -1, 0.01);
  }
}

TEST(Quantize, RefusesWhatIsQuantisedAlready) {
  const onnx::PreparedModel again = test::prepared(expect(quantised(test::prepared(test::mixed_network()))).model.copy());
  EXPECT_THAT(error_of(quantised(again)), HasSubstr("quantised already"));
}

TEST(Quantize, NamesTheValueThatIsNoNumber) {
  onnx::Builder net("net", 1);
  const std::string zero = net.constant("zero", 0.0F);
  const std::string x = net.node("Div", {net.input("x", kImage), zero});
  net.output(net.conv(x, {.in = 8, .out = 8}), kImage);
  const std::string said = error_of(quantised(test::prepared(net.build())));
  EXPECT_THAT(said, HasSubstr(x));
  EXPECT_THAT(said, HasSubstr("NaN or infinite"));
}

TEST(Quantize, RefusesAnEmptySet) {
  const onnx::PreparedModel model = test::prepared(test::conv_chain(1));
  EXPECT_THAT(error_of(quantize(model, test::random_examples({1, 8, 8, 8}, 0), open_on_engine(1), {})), HasSubstr("no image"));
}

TEST(Quantize, EndsWhenItIsStopped) {
  std::stop_source source;
  source.request_stop();
  const auto stopped =
      quantize(test::prepared(test::conv_chain(1)), test::random_examples({1, 8, 8, 8}, 2), open_on_engine(1), {}, {.stop = source.get_token()});
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace mosaic::quantize

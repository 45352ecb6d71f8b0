#include "mosaic/onnx/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "mosaic/onnx/structure.h"
#include "mosaic/onnx/zoo.h"
#include "tests/running.h"

namespace mosaic::onnx {
namespace {

using network::Activation;
using network::Kind;
using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

Result<network::Network> read(Model model) { return read_network(test::import_network(std::move(model)).prepared, "net"); }

Tensor tensor(Shape shape, const std::vector<float>& values) {
  Tensor made(ElementType::kFloat32, std::move(shape));
  std::ranges::copy(values, made.as<float>().begin());
  return made;
}

std::vector<double> softmax(std::vector<double> values) {
  const double most = std::ranges::max(values);
  double sum = 0;
  for (double& value : values) sum += (value = std::exp(value - most));
  for (double& value : values) value /= sum;
  return values;
}

/// Reads the model, writes what was read, and compares what the two compute.
void expect_same_function(const test::Network& original) {
  const network::Network read = expect(read_network(original.prepared, "net"));
  const test::Network written = test::import_network(to_model(read));
  const auto inputs = test::seeded_inputs(original.graph, 7);
  const auto expected = test::reference_outputs(original, inputs).at(0).to_doubles();
  auto actual = test::reference_outputs(written, inputs).at(0).to_doubles();
  if (structure(original.prepared.model).nodes.back().op == "Softmax") actual = softmax(actual);
  ASSERT_EQ(actual.size(), expected.size());
  const double range = std::ranges::max(expected) - std::ranges::min(expected);
  for (std::size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 1e-4 * range) << "value " << i;
}

TEST(ReadNetwork, FoldsBatchNormalisationAndSumsIntoTheConvolution) {
  Builder builder("net", 0);
  const auto x = builder.input("x", {1, 1, 2, 2});
  const auto convolved = builder.node("Conv", {x, builder.constant("w", tensor({2, 1, 1, 1}, {3, 5})), builder.constant("b", tensor({2}, {1, 2}))});
  const auto normalised = builder.node("BatchNormalization",
                                       {convolved, builder.constant("scale", tensor({2}, {2, 4})), builder.constant("shift", tensor({2}, {10, 20})),
                                        builder.constant("mean", tensor({2}, {1, 4})), builder.constant("variance", tensor({2}, {4, 16}))},
                                       {{"epsilon", 0.0F}});
  const auto moved = builder.add(normalised, builder.constant("more", tensor({2, 1, 1}, {100, 200})));
  builder.output(builder.relu(moved), {1, 2, 2, 2});

  const network::Network network = expect(read(builder.build()));

  ASSERT_EQ(network.nodes.size(), 2U);
  const network::Node& node = network.nodes[1];
  // Factors 2 / sqrt(4) = 1 and 4 / sqrt(16) = 1; biases (1 - 1) + 10 + 100 and (2 - 4) + 20 + 200.
  EXPECT_THAT(node.filters.weights, ElementsAre(FloatEq(3), FloatEq(5)));
  EXPECT_THAT(node.filters.bias, ElementsAre(FloatEq(110), FloatEq(218)));
  EXPECT_EQ(node.activation, Activation::kRelu);
}

TEST(ReadNetwork, TakesANormalisationByItselfAndAMeanOverTheImage) {
  Builder builder("net", 0);
  const auto x = builder.input("x", {1, 2, 3, 3});
  const auto normalised =
      builder.node("BatchNormalization",
                   {builder.relu(x), builder.constant("scale", tensor({2}, {2, 4})), builder.constant("shift", tensor({2}, {10, 20})),
                    builder.constant("mean", tensor({2}, {1, 4})), builder.constant("variance", tensor({2}, {4, 16}))},
                   {{"epsilon", 0.0F}});
  builder.output(builder.node("ReduceMean", {normalised}, {{"axes", std::vector<std::int64_t>{2, 3}}}), {1, 2, 1, 1});

  const network::Network network = expect(read(builder.build()));

  ASSERT_EQ(network.nodes.size(), 4U);
  const network::Node& node = network.nodes[2];
  EXPECT_TRUE(node.filters.depthwise());
  EXPECT_THAT(node.filters.weights, ElementsAre(FloatEq(1), FloatEq(1)));  // 2 / sqrt(4), 4 / sqrt(16)
  EXPECT_THAT(node.filters.bias, ElementsAre(FloatEq(9), FloatEq(16)));    // 10 - 1, 20 - 4
  EXPECT_EQ(network.nodes[3].kind, Kind::kGlobalPool);
}

TEST(ReadNetwork, TakesAMatrixAsAConvolutionOfOnePixel) {
  Builder builder("net", 0);
  const auto x = builder.input("x", {1, 2, 1, 1});
  builder.output(builder.node("MatMul", {builder.flatten(x), builder.constant("w", tensor({2, 3}, {1, 2, 3, 4, 5, 6}))}), {1, 3});

  const network::Network network = expect(read(builder.build()));

  ASSERT_EQ(network.nodes.size(), 2U);  // a vector is an image of one pixel
  EXPECT_THAT(network.nodes[1].filters.weights, ElementsAre(1, 4, 2, 5, 3, 6));
  EXPECT_THAT(network.nodes[1].filters.bias, ElementsAre(0, 0, 0));
}

TEST(ReadNetwork, KeepsAnActivationApartWhereOthersReadWhatIsBeforeIt) {
  Builder builder("net", 0);
  const auto x = builder.conv(builder.input("x", {1, 2, 4, 4}), {.in = 2, .out = 2});
  builder.output(builder.add(builder.relu(x), x), {1, 2, 4, 4});
  const test::Network original = test::import_network(builder.build());

  const network::Network network = expect(read_network(original.prepared, "net"));

  ASSERT_EQ(network.nodes.size(), 4U);
  EXPECT_EQ(network.nodes[1].activation, Activation::kNone);
  EXPECT_EQ(network.nodes[2].kind, Kind::kAdd);
  EXPECT_THAT(network.nodes[2].inputs, ElementsAre(1));
  EXPECT_EQ(network.nodes[2].activation, Activation::kRelu);
  expect_same_function(original);
}

// Flattening a vector gives the vector under another name.
TEST(ReadNetwork, KeepsAnActivationApartWhereOthersReadWhatIsBeforeItUnderAnotherName) {
  Builder builder("net", 0);
  const auto x = builder.conv(builder.input("x", {1, 4, 1, 1}), {.in = 4, .out = 4, .kernel = {1, 1}});
  builder.output(builder.add(builder.relu(builder.flatten(x)), builder.flatten(x)), {1, 4});
  const test::Network original = test::import_network(builder.build());
  EXPECT_EQ(expect(read_network(original.prepared, "net")).nodes[1].activation, Activation::kNone);
  expect_same_function(original);
}

TEST(ReadNetwork, AttachesActivationsToConvolutionsAndSumsAlone) {
  Builder builder("net", 0);
  const auto x = builder.input("x", {1, 2, 4, 4});
  const auto joined = builder.relu(builder.concat({builder.relu(builder.max_pool(builder.conv(x, {.in = 2, .out = 3}), 2, 2)),
                                                   builder.relu6(builder.average_pool(builder.conv(x, {.in = 2, .out = 3}), 2, 2))}));
  builder.output(builder.relu(builder.flatten(builder.relu(builder.global_average_pool(joined)))), {1, 6});
  const test::Network original = test::import_network(builder.build());
  std::size_t activations = 0;
  for (const network::Node& node : expect(read_network(original.prepared, "net")).nodes) {
    if (node.activation == Activation::kNone) continue;
    ++activations;
    EXPECT_TRUE(node.kind == Kind::kConvolution || node.kind == Kind::kAdd) << node.name;
  }
  EXPECT_EQ(activations, 5);
  expect_same_function(original);
}

TEST(ReadNetwork, ReadsEveryKind) {
  Builder builder("net", 3);
  const auto x = builder.conv_bn(builder.input("x", {1, 3, 13, 11}), {.in = 3, .out = 8, .stride = 2}, "Relu6");
  const auto pooled = builder.concat({builder.max_pool(x, 3, 2), builder.average_pool(builder.max_pool(x, 3, 2), 3, 1)});
  const auto strided = builder.node(
      "Slice", {pooled, builder.constant("starts", std::vector<std::int64_t>{0, 0}), builder.constant("ends", std::vector<std::int64_t>{99, 99}),
                builder.constant("axes", std::vector<std::int64_t>{2, 3}), builder.constant("steps", std::vector<std::int64_t>{2, 2})});
  const auto shortcut = builder.node("Pad", {strided, builder.constant("pads", std::vector<std::int64_t>{0, 4, 0, 0, 0, 4, 0, 0})});
  const auto path = builder.conv(pooled, {.in = 16, .out = 24, .stride = 2, .auto_pad = "SAME_LOWER"});
  const auto sum = builder.relu(builder.add(path, shortcut));
  builder.output(builder.softmax(builder.dense(sum, 24 * 2 * 1, 5)), {1, 5});
  const test::Network original = test::import_network(builder.build());

  std::vector<Kind> kinds;
  for (const network::Node& node : expect(read_network(original.prepared, "net")).nodes) kinds.push_back(node.kind);

  EXPECT_THAT(kinds, ElementsAre(Kind::kInput, Kind::kConvolution, Kind::kMaxPool, Kind::kMaxPool, Kind::kAveragePool, Kind::kConcat,
                                 Kind::kSubsample, Kind::kSubsample, Kind::kConvolution, Kind::kAdd, Kind::kFlatten, Kind::kConvolution));
  expect_same_function(original);
}

TEST(ReadNetwork, ComputesWhatNetworksOfTheZooCompute) {
  for (const char* name : {"mobilenet_v2_0.1", "squeezenet_1.1"}) {
    SCOPED_TRACE(name);
    expect_same_function(test::import_network(expect(build_zoo_model(name, 1))));
  }
}

TEST(ReadNetwork, ComputesWhatTrainedModelsCompute) {
  for (const char* name : {"resnet8_cifar10", "resnet20_cifar10", "mobilenet_v1_0.25_vww", "squeezenet1.1", "mnist", "dscnn_kws"}) {
    SCOPED_TRACE(name);
    MOSAIC_NEEDS_SHARED(path, std::string("models/") + name + ".onnx");
    expect_same_function(test::import_network(expect(load_model(path))));
  }
}

// Shapes are aligned at their ends: of 4 values, those of [4] are added along the width.
TEST(ReadNetwork, TakesAConstantAsABiasOnlyAlongTheChannels) {
  const auto with = [](const Shape& shape) {
    Builder builder("net", 0);
    const auto x = builder.conv(builder.input("x", {1, 2, 4, 4}), {.in = 2, .out = 4});
    builder.output(builder.add(x, builder.constant("more", tensor(shape, {1, 2, 3, 4}))), {1, 4, 4, 4});
    return builder.build();
  };
  for (const Shape& shape : {Shape{4}, Shape{4, 1}, Shape{1, 1, 1, 4}, Shape{1, 1, 4, 1}})
    EXPECT_THAT(error_of(read(with(shape))), HasSubstr("is not one value a channel")) << to_string(shape);
  for (const Shape& shape : {Shape{4, 1, 1}, Shape{1, 4, 1, 1}}) expect_same_function(test::import_network(with(shape)));

  Builder vector("net", 0);
  vector.output(vector.add(vector.dense(vector.input("x", {1, 4, 1, 1}), 4, 4), vector.constant("more", tensor({4}, {1, 2, 3, 4}))), {1, 4});
  expect_same_function(test::import_network(vector.build()));

  Builder wider("net", 0);
  const auto one = wider.conv(wider.input("x", {1, 2, 1, 1}), {.in = 2, .out = 1, .kernel = {1, 1}});
  wider.output(wider.add(one, wider.constant("more", tensor({1, 1, 1}, {1}))), {1, 1, 1, 1});
  expect_same_function(test::import_network(wider.build()));
}

TEST(ReadNetwork, NamesWhatDoesNotFit) {
  Builder sigmoid("net", 0);
  sigmoid.output(sigmoid.node("Sigmoid", {sigmoid.input("x", {1, 2, 4, 4})}), {1, 2, 4, 4});
  EXPECT_THAT(error_of(read(sigmoid.build())), HasSubstr("Sigmoid"));

  Builder two("net", 0);
  two.output(two.add(two.input("x", {1, 2, 4, 4}), two.input("y", {1, 2, 4, 4})), {1, 2, 4, 4});
  EXPECT_THAT(error_of(read(two.build())), HasSubstr("2 inputs and 1 outputs"));

  Builder batch("net", 0);
  batch.output(batch.relu(batch.input("x", {8, 2, 4, 4})), {8, 2, 4, 4});
  EXPECT_THAT(error_of(read(batch.build())), HasSubstr("'x' is 8x2x4x4"));

  Builder dilated("net", 0);
  const auto x = dilated.input("x", {1, 1, 9, 9});
  dilated.output(dilated.node("Conv", {x, dilated.weights("w", {1, 1, 3, 3}, 1)}, {{"dilations", std::vector<std::int64_t>{2, 2}}}), {1, 1, 5, 5});
  EXPECT_THAT(error_of(read(dilated.build())), HasSubstr("dilated"));
}

}  // namespace
}  // namespace mosaic::onnx

#include "mosaic/onnx/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/backend/ort/ort_backend.h"
#include "mosaic/backend/ort/reference.h"
#include "mosaic/onnx/proto.h"
#include "mosaic/onnx/structure.h"
#include "tests/support.h"

namespace mosaic::onnx {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

Result<PreparedModel> try_prepare(Model model, const InputShapes& shapes = {}) {
  const auto evaluator = expect(ort::make_evaluator());
  return prepare(std::move(model), shapes, *evaluator);
}

std::vector<std::string> operators(const Model& model) {
  std::vector<std::string> ops;
  for (const auto& node : structure(model).nodes) ops.push_back(node.op);
  return ops;
}

/// What plain ONNX Runtime computes for a seeded input.
Tensor output_of(const Model& model, const Shape& input_shape, std::uint64_t seed = 1) {
  const test::TemporaryFolder folder;
  expect(save_model(model, folder / "net.onnx"));
  const auto reference = expect(ort::Reference::open(folder / "net.onnx", {.threads = 1, .spin = false}));
  Tensor input(ElementType::kFloat32, input_shape);
  fill_random(input, seed);
  expect(reference->bind({&input}));
  expect(reference->run());
  return expect(reference->results())[0];
}

/// x of these extents (-1: symbolic) -> Relu -> y
Model relu_net(const Shape& shape) {
  Builder net("relu", 1);
  net.output(net.relu(net.input("x", shape)), shape);
  return net.build();
}

TEST(Prepare, KnowsEveryValuesType) {
  const PreparedModel model = expect(try_prepare(test::diamond()));
  EXPECT_EQ(model.types.at("x").shape, (Shape{1, 8, 8, 8}));
  for (const auto& node : structure(model.model).nodes) {
    for (const std::string& name : node.outputs) {
      EXPECT_EQ(model.types.at(name).element, ElementType::kFloat32) << name;
      EXPECT_EQ(model.types.at(name).shape, (Shape{1, 8, 8, 8})) << name;
    }
  }
}

TEST(Prepare, AsksForSymbolicExtents) {
  EXPECT_EQ(error_of(try_prepare(relu_net({-1, 3, -1}))), "input 'x' has the symbolic shape N0x3xN2: give one, for example --shape x=1x3x1");
  EXPECT_EQ(expect(try_prepare(relu_net({-1, 3, -1}), {{"x", {2, 3, 4}}})).types.at("Relu_0").shape, (Shape{2, 3, 4}));
}

TEST(Prepare, AsksForTheShapeOfAnInputThatHasNone) {
  const auto net = [] {
    Model model = relu_net({4});
    auto& graph = *proto_of(model).mutable_graph();
    graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
    graph.mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
    return model;
  };
  EXPECT_THAT(error_of(try_prepare(net())), HasSubstr("input 'x' says nothing of its shape"));
  EXPECT_EQ(expect(try_prepare(net(), {{"x", {5, 6}}})).types.at("Relu_0").shape, (Shape{5, 6}));
}

TEST(Prepare, RefusesShapesThatDoNotFit) {
  struct Case {
    Shape declared;
    InputShapes given;
    const char* why;
  };
  const std::vector<Case> cases{
      {{-1, 3}, {{"x", {2, 4}}}, "input 'x' is fixed to N0x3, it cannot be 2x4"},
      {{-1, 3}, {{"x", {2, 3, 1}}}, "input 'x' has 2 extents (N0x3), the shape given for it 3 (2x3x1)"},
      {{-1, 3}, {{"x", {-2, 3}}}, "the shape given for input 'x' has a negative extent (-2x3)"},
      {{-1, 3}, {{"y", {2, 3}}}, "a shape is given for 'y', but the model's inputs are x"},
      {{}, {{"x", {2}}}, "input 'x' has 0 extents"},
  };
  for (const Case& each : cases) {
    const auto result = try_prepare(relu_net(each.declared), each.given);
    EXPECT_THAT(error_of(result), HasSubstr(each.why));
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidInput);
  }
}

TEST(Prepare, DropsInputsThatOnlyGiveADefault) {
  Model model = test::conv_chain(1);
  auto& graph = *proto_of(model).mutable_graph();
  auto& input = *graph.add_input();
  input.set_name(graph.initializer(0).name());
  const Shape shape = shape_of(graph.initializer(0));
  set_type(input, ElementType::kFloat32, &shape);
  proto_of(model).set_ir_version(3);
  const PreparedModel result = expect(try_prepare(std::move(model)));
  EXPECT_EQ(proto_of(result.model).graph().input_size(), 1);
  EXPECT_EQ(proto_of(result.model).ir_version(), 4);
}

TEST(Prepare, DropsWhatReachesNoOutput) {
  Builder net("unused", 1);
  const std::string x = net.input("x", {1, 8, 4, 4});
  net.conv(x, {.in = 8, .out = 8});  // nobody uses it
  net.output(net.relu(x), {1, 8, 4, 4});
  const PreparedModel result = expect(try_prepare(net.build()));
  EXPECT_THAT(operators(result.model), ElementsAre("Relu"));
  EXPECT_EQ(proto_of(result.model).graph().initializer_size(), 0);
}

TEST(Prepare, SortsNodesTopologically) {
  Model model = test::conv_chain(2);
  auto& nodes = *proto_of(model).mutable_graph()->mutable_node();
  nodes.SwapElements(0, 3);
  const PreparedModel result = expect(try_prepare(std::move(model)));
  EXPECT_THAT(operators(result.model), ElementsAre("Conv", "Relu", "Conv", "Relu"));
  EXPECT_TRUE(compare(output_of(test::conv_chain(2), {1, 8, 8, 8}), output_of(result.model, {1, 8, 8, 8})).equal_bits);
}

TEST(Prepare, RefusesCyclesAndDoubles) {
  Model cycle = test::conv_chain(2);
  proto_of(cycle).mutable_graph()->mutable_node(0)->set_input(0, "Relu_1");
  EXPECT_EQ(error_of(try_prepare(std::move(cycle))), "the model's nodes form a cycle");
  Model twice = test::conv_chain(2);
  proto_of(twice).mutable_graph()->mutable_node(2)->set_output(0, "Conv_0");
  EXPECT_EQ(error_of(try_prepare(std::move(twice))), "value 'Conv_0' is made by two nodes");
  Model unknown = test::conv_chain(1);
  proto_of(unknown).mutable_graph()->mutable_node(1)->set_op_type("NoSuchOperator");
  EXPECT_THAT(error_of(try_prepare(std::move(unknown))), HasSubstr("NoSuchOperator"));
}

TEST(Prepare, EvaluatesWhatDependsOnNoInput) {
  // y = x + relu(a * b): Mul and Relu vanish, the sum stays.
  Builder net("constants", 3);
  const std::string x = net.input("x", {4});
  const std::string product = net.node("Mul", {net.weights("a", {4}, 1), net.weights("b", {4}, 1)});
  net.output(net.add(x, net.relu(product)), {4});
  Model model = net.build();
  const Tensor expected = output_of(model, {4});
  const PreparedModel result = expect(try_prepare(std::move(model)));
  EXPECT_THAT(operators(result.model), ElementsAre("Add"));
  EXPECT_EQ(proto_of(result.model).graph().initializer_size(), 1);
  EXPECT_TRUE(compare(expected, output_of(result.model, {4})).equal_bits);
}

TEST(Prepare, EvaluatesShapesOfStaticTensors) {
  // The usual way to flatten: Reshape(x, Concat(Slice(Shape(x)), [-1])).
  Builder net("shapes", 3);
  const std::string x = net.input("x", {-1, 3, 2});
  const std::string extents = net.node("Shape", {x});
  const std::string first =
      net.node("Slice", {extents, net.constant("begin", std::vector<std::int64_t>{0}), net.constant("end", std::vector<std::int64_t>{1})});
  const std::string wanted = net.node("Concat", {first, net.constant("rest", std::vector<std::int64_t>{-1})}, {{"axis", std::int64_t{0}}});
  net.output(net.node("Reshape", {net.relu(x), wanted}), {-1, -1});
  const PreparedModel result = expect(try_prepare(net.build(), {{"x", {5, 3, 2}}}));
  EXPECT_THAT(operators(result.model), ElementsAre("Relu", "Reshape"));
  EXPECT_EQ(result.types.at("Reshape_0").shape, (Shape{5, 6}));
}

TEST(Prepare, CutsShapesAsTheirAttributesSay) {
  struct Case {
    Attributes attributes;
    std::vector<double> expected;
  };
  for (const Case& each : std::vector<Case>{{{}, {5, 3, 2}},
                                            {{{"start", std::int64_t{1}}}, {3, 2}},
                                            {{{"start", std::int64_t{-2}}, {"end", std::int64_t{-1}}}, {3}},
                                            {{{"start", std::int64_t{2}}, {"end", std::int64_t{1}}}, {}},
                                            {{{"end", std::int64_t{99}}}, {5, 3, 2}}}) {
    Builder net("shape", 1);
    const std::string extents = net.node("Shape", {net.input("x", {5, 3, 2})}, each.attributes);
    net.output(net.node("Cast", {extents}, {{"to", std::int64_t{1}}}), {-1});
    Model model = net.build();
    const Tensor plain = output_of(model, {5, 3, 2});
    EXPECT_EQ(plain.to_doubles(), each.expected);
    EXPECT_TRUE(compare(plain, output_of(expect(try_prepare(std::move(model))).model, {5, 3, 2})).equal_bits);
  }
}

TEST(Prepare, LeavesRandomAndQuantisedNodesAlone) {
  Builder net("stay", 1);
  const std::string x = net.input("x", {2});
  const std::string noise = net.node("RandomNormal", {}, {{"shape", std::vector<std::int64_t>{2}}});
  Tensor weights(ElementType::kInt8, {2});
  const std::string dequantised = net.node("DequantizeLinear", {net.constant("w", weights), net.constant("scale", 0.5F)});
  net.output(net.add(net.add(x, noise), dequantised), {2});
  EXPECT_THAT(operators(expect(try_prepare(net.build())).model), testing::UnorderedElementsAre("RandomNormal", "Add", "DequantizeLinear", "Add"));
}

TEST(Prepare, LeavesConstantsThatGrowTooLargeAndFoldsOthers) {
  Builder net("large", 1);
  const std::string x = net.input("x", {2});
  const std::string huge = net.node("ConstantOfShape", {net.constant("extents", std::vector<std::int64_t>{30'000, 30'000})});
  const std::string small = net.node("Neg", {net.weights("w", {2}, 1)});
  net.output(net.add(net.add(x, small), net.node("ReduceMax", {huge})), {1, 2});
  EXPECT_THAT(operators(expect(try_prepare(net.build())).model), testing::UnorderedElementsAre("Add", "ConstantOfShape", "ReduceMax", "Add"));
}

TEST(Prepare, HandsOutConstantsThatAreOutputs) {
  Builder net("handed", 1);
  const std::string x = net.input("x", {2});
  const std::string w = net.weights("w", {2}, 1);
  net.output(net.add(x, w), {2});
  net.output(w, {2});
  const PreparedModel result = expect(try_prepare(net.build()));
  EXPECT_THAT(output_names(result.model), ElementsAre("Add_0", "w"));
  EXPECT_TRUE(structure(result.model).maker.contains("w"));
}

TEST(Prepare, LeavesShapesThatDependOnTheDataOpen) {
  Builder net("dynamic", 1);
  net.output(net.node("NonZero", {net.relu(net.input("x", {3, 3}))}), {2, -1}, ElementType::kInt64);
  const PreparedModel result = expect(try_prepare(net.build()));
  EXPECT_FALSE(result.types.at("NonZero_0").shape.has_value());
  EXPECT_EQ(result.types.at("NonZero_0").element, ElementType::kInt64);
}

TEST(ImportGraph, RefusesAModelWithoutOperators) {
  Builder net("empty", 1);
  net.output(net.node("Relu", {net.weights("w", {2}, 1)}), {2});
  net.input("x", {2});
  // The only operator depends on no input, but it makes an output, so it stays.
  EXPECT_TRUE(import_graph(expect(try_prepare(net.build())), "n").has_value());
  EXPECT_THAT(error_of(import_graph(PreparedModel{}, "n")), HasSubstr("no operator"));
}

TEST(ImportGraph, SignsTheStructureAndNotTheWeights) {
  const Graph one = test::import_network(test::diamond(1)).graph;
  const Graph two = test::import_network(test::diamond(2)).graph;
  EXPECT_EQ(one.fingerprint, two.fingerprint);
  EXPECT_NE(one.fingerprint, test::import_network(test::conv_chain(3)).graph.fingerprint);
  EXPECT_NE(test::import_network(test::conv_chain(2)).graph.fingerprint, test::import_network(test::conv_chain(3)).graph.fingerprint);
}

TEST(ImportGraph, CountsWhatAConvolutionHas) {
  const Graph graph = test::import_network(test::conv_chain(1)).graph;
  ASSERT_EQ(graph.layers.size(), 1U);
  EXPECT_EQ(graph.layers[0].kind, "Conv+Relu");
  EXPECT_EQ(graph.layers[0].macs, 512 * 72);       // 8 x 8 x 8 outputs of 8 x 3 x 3
  EXPECT_EQ(graph.layers[0].parameters, 576 + 8);  // weights and bias
  EXPECT_EQ(graph.layers[0].weights, Bytes{4 * 584});
  EXPECT_EQ(graph.layers[0].activations, Bytes{2 * 4 * 512});
}

}  // namespace
}  // namespace mosaic::onnx

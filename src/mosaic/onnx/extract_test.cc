#include "mosaic/onnx/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "mosaic/backend/ort/ort_backend.h"
#include "mosaic/backend/ort/reference.h"
#include "mosaic/onnx/proto.h"
#include "mosaic/onnx/structure.h"
#include "tests/support.h"

namespace mosaic::onnx {
namespace {

using test::expect;
using testing::ElementsAre;

/// Values by name, as plain ONNX Runtime computes a model's outputs.
using Values = std::map<std::string, Tensor>;

Values run(const Model& model, const Values& given) {
  const test::TemporaryFolder folder;
  expect(save_model(model, folder / "net.onnx"));
  const auto reference = expect(ort::Reference::open(folder / "net.onnx", {.threads = 1, .spin = false}));
  std::vector<const Tensor*> inputs;
  for (const std::string& name : reference->inputs()) inputs.push_back(&given.at(name));
  expect(reference->bind(inputs));
  expect(reference->run());
  std::vector<Tensor> results = expect(reference->results());
  Values values;
  for (std::size_t i = 0; i < results.size(); ++i) values[reference->outputs()[i]] = std::move(results[i]);
  return values;
}

Values seeded_input(const test::Network& network) {
  Values values;
  for (const TensorId id : network.graph.inputs) {
    const GraphTensor& tensor = network.graph.tensor(id);
    Tensor input(tensor.element, *tensor.shape);
    fill_random(input, 7);
    values[tensor.name] = std::move(input);
  }
  return values;
}

/// y = cond ? x + a : b * x, where a = relu(x) and b = -x are captured by the branches.
Model with_branches() {
  Builder net("branches", 1);
  const std::string x = net.input("x", {4});
  const std::string a = net.relu(x);
  const std::string b = net.node("Neg", {x});
  const std::string sum = net.node("ReduceSum", {x}, {{"keepdims", std::int64_t{0}}});
  const std::string condition = net.node("Greater", {sum, net.constant("zero", 0.0F)});
  const std::string y = net.node("If", {condition});
  net.output(y, {4});
  Model model = net.build();
  auto& graph = *proto_of(model).mutable_graph();
  auto& branching = *graph.mutable_node(graph.node_size() - 1);
  const auto add_branch = [&](const std::string& name, const std::string& op, const std::string& captured) {
    auto& attribute = *branching.add_attribute();
    attribute.set_name(name);
    attribute.set_type(::onnx::AttributeProto::GRAPH);
    auto& inner = *attribute.mutable_g();
    inner.set_name(name);
    auto& node = *inner.add_node();
    node.set_op_type(op);
    node.add_input(captured);
    node.add_input(x);
    node.add_output(name + "_result");
    auto& output = *inner.add_output();
    output.set_name(name + "_result");
    const Shape shape{4};
    set_type(output, ElementType::kFloat32, &shape);
  };
  add_branch("then_branch", "Add", a);
  add_branch("else_branch", "Mul", b);
  return model;
}

TEST(Structure, SaysWhoMakesAndUsesWhat) {
  const Structure made = structure(test::diamond());
  // conv relu | conv relu | conv | add relu, in the order they were built
  ASSERT_EQ(made.nodes.size(), 7U);
  EXPECT_EQ(made.nodes[5].op, "Add");
  EXPECT_EQ(made.maker.at("Add_0"), 5U);
  EXPECT_THAT(made.nodes[5].inputs, ElementsAre("Conv_2", "Relu_1"));
  EXPECT_TRUE(made.constants.contains("conv_0_weight"));
  const std::vector<std::string> left{"Relu_1"};
  EXPECT_THAT(made.ancestors(left), ElementsAre(0, 1, 2, 3));
  const std::vector<std::string> right{"Conv_2"};
  EXPECT_THAT(made.ancestors(right), ElementsAre(0, 1, 4));
  const std::vector<std::string> both{"Conv_2", "Relu_1"};
  EXPECT_THAT(made.ancestors(both), ElementsAre(0, 1, 2, 3, 4));
  const std::vector<std::string> none{"x", "conv_0_weight", "unheard"};
  EXPECT_THAT(made.ancestors(none), testing::IsEmpty());
}

TEST(Structure, SeesWhatSubGraphsCapture) {
  const Structure made = structure(with_branches());
  EXPECT_THAT(made.nodes.back().inputs, ElementsAre("Greater_0", "Neg_0", "Relu_0", "x"));
  const std::vector<std::string> result{"If_0"};
  EXPECT_THAT(made.ancestors(result), ElementsAre(0, 1, 2, 3, 4));
}

/// Runs the nodes before `border` and those after it as models of their own.
Values run_in_two(const test::Network& network, std::size_t border, const Values& given) {
  const Model& model = network.prepared.model;
  const Structure made = structure(model);
  std::vector<std::size_t> first;
  std::vector<std::size_t> second;
  for (std::size_t n = 0; n < made.nodes.size(); ++n) (n < border ? first : second).push_back(n);
  std::set<std::string> crossing;
  for (const std::size_t n : second) {
    for (const std::string& name : made.nodes[n].inputs) {
      const auto maker = made.maker.find(name);
      if (maker != made.maker.end() && maker->second < border) crossing.insert(name);
    }
  }
  const std::vector<std::string> inputs = input_names(model);
  const std::vector<std::string> handed(crossing.begin(), crossing.end());
  Values values = run(extract(model, first, inputs, handed, network.prepared.types), given);
  std::vector<std::string> wanted = handed;
  wanted.insert(wanted.end(), inputs.begin(), inputs.end());
  for (const auto& [name, value] : given) values[name] = value;
  return run(extract(model, second, wanted, output_names(model), network.prepared.types), values);
}

TEST(Extract, ComputesInTwoPartsWhatTheWholeComputes) {
  std::vector<Model> models;
  models.push_back(test::diamond());
  models.push_back(test::conv_chain(3));
  models.push_back(with_branches());
  for (Model& model : models) {
    const test::Network network = test::import_network(std::move(model));
    const Values given = seeded_input(network);
    const Values whole = run(network.prepared.model, given);
    for (std::size_t border = 1; border < network.graph.nodes.size(); ++border) {
      const Values parts = run_in_two(network, border, given);
      for (const auto& [name, value] : whole) EXPECT_LE(compare(value, parts.at(name)).relative, 1e-5) << name << " cut at " << border;
    }
  }
}

TEST(Extract, TakesOnlyTheWeightsItsNodesUse) {
  const Model model = test::conv_chain(3);
  const std::vector<std::size_t> nodes{2, 3};  // the second convolution and its activation
  const std::vector<std::string> inputs{"Relu_0"};
  const std::vector<std::string> outputs{"Relu_1"};
  const Model part = extract(model, nodes, inputs, outputs, {});
  EXPECT_THAT(structure(part).constants, ElementsAre("conv_1_bias", "conv_1_weight"));
  EXPECT_THAT(input_names(part), ElementsAre("Relu_0"));
  EXPECT_THAT(output_names(part), ElementsAre("Relu_1"));
}

TEST(WithAllOutputs, ShowsEveryValueOnce) {
  EXPECT_THAT(output_names(with_all_outputs(test::conv_chain(2))), ElementsAre("Relu_1", "Conv_0", "Relu_0", "Conv_1"));
}

TEST(WithShapesAsOutputs, GivesTheExtents) {
  const test::Network network = test::import_network(test::conv_chain(1));
  const std::vector<std::string> wanted{"Conv_0", "x"};
  const Values values = run(with_shapes_as_outputs(network.prepared.model, wanted), seeded_input(network));
  ASSERT_EQ(values.size(), 2U);
  for (const auto& [name, value] : values) EXPECT_THAT(value.to_doubles(), ElementsAre(1, 8, 8, 8)) << name;
}

}  // namespace
}  // namespace mosaic::onnx

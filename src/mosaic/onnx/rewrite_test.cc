#include "mosaic/onnx/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "mosaic/onnx/builder.h"
#include "mosaic/onnx/proto.h"
#include "tests/support.h"

namespace mosaic::onnx {
namespace {

using testing::ElementsAre;

Model small() {
  Builder net("small", 1);
  net.output(net.relu(net.conv(net.input("x", {1, 8, 4, 4}), {.in = 8, .out = 8, .stride = 2})), {1, 8, 2, 2});
  return net.build();
}

TEST(NodeValues, ShowOperatorsAndAttributes) {
  const std::vector<NodeValue> nodes = node_values(small());
  ASSERT_EQ(nodes.size(), 2);
  EXPECT_EQ(nodes[0].op, "Conv");
  EXPECT_THAT(nodes[0].integers("strides"), ElementsAre(2, 2));
  EXPECT_EQ(nodes[0].integer("no such key", 7), 7);
  EXPECT_EQ(nodes[1].inputs, nodes[0].outputs);
}

TEST(WithNodes, GivesTheSameModelForTheSameNodes) {
  const Model model = small();
  EXPECT_EQ(serialize_model(with_nodes(model, node_values(model), {})),
            serialize_model(with_nodes(with_nodes(model, node_values(model), {}), node_values(model), {})));
  EXPECT_EQ(node_values(with_nodes(model, node_values(model), {})).size(), 2);
}

TEST(WithNodes, SortsNodesAndDropsWeightsThatNobodyUses) {
  const Model model = small();
  std::vector<NodeValue> nodes = node_values(model);
  const std::string old_weights = nodes[0].inputs[1];
  nodes[0].inputs[1] = "other";
  std::swap(nodes[0], nodes[1]);
  const Model changed =
      with_nodes(model, nodes, {{"other", Tensor(ElementType::kFloat32, {8, 8, 3, 3})}, {"idle", Tensor(ElementType::kFloat32, {1})}});
  EXPECT_EQ(node_values(changed)[0].op, "Conv");
  EXPECT_FALSE(constant(changed, old_weights).has_value());
  EXPECT_FALSE(constant(changed, "idle").has_value());
  EXPECT_EQ(constant(changed, "other")->shape(), (Shape{8, 8, 3, 3}));
}

TEST(WithNodes, KeepsAttributesThatAreNotShown) {
  Model model = small();
  auto& attribute = *proto_of(model).mutable_graph()->mutable_node(1)->add_attribute();
  attribute.set_name("table");
  attribute.set_type(::onnx::AttributeProto::FLOATS);
  attribute.add_floats(1.5F);
  const Model same = with_nodes(model, node_values(model), {});
  const auto* kept = find_attribute(proto_of(same).graph().node(1), "table");
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->floats(0), 1.5F);
}

TEST(Constant, ReadsBothWaysOfStoringNumbers) {
  Model model = small();
  auto& typed = *proto_of(model).mutable_graph()->add_initializer();
  typed.set_name("typed");
  typed.set_data_type(::onnx::TensorProto::INT64);
  typed.add_dims(2);
  typed.add_int64_data(3);
  typed.add_int64_data(-4);
  EXPECT_THAT(constant(model, "typed")->to_doubles(), ElementsAre(3, -4));
  EXPECT_EQ(constant(model, node_values(model)[0].inputs[1])->shape(), (Shape{8, 8, 3, 3}));
  EXPECT_FALSE(constant(model, "none").has_value());
}

TEST(WithOutputs, ReplacesThem) {
  const Model model = small();
  const std::vector<std::string> inner{node_values(model)[0].outputs[0]};
  EXPECT_EQ(output_names(with_outputs(model, inner)), inner);
}

TEST(Metadata, ReplacesAValueOfTheSameKey) {
  Model model = small();
  set_metadata(model, "a", "1");
  set_metadata(model, "a", "2");
  EXPECT_EQ(metadata(model), (std::map<std::string, std::string>{{"a", "2"}}));
}

}  // namespace
}  // namespace mosaic::onnx

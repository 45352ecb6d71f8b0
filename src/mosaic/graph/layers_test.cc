#include "mosaic/graph/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/graphs.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::GraphDrawing;
using test::names;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Each layer's nodes by name: "a b | c".
std::string layers_of(const Graph& graph) {
  std::string text;
  for (const Layer& layer : graph.layers) {
    if (!text.empty()) text += " | ";
    for (std::size_t i = 0; i < layer.nodes.size(); ++i) text += (i == 0 ? "" : " ") + graph.node(layer.nodes[i]).name;
  }
  return text;
}

TEST(Role, KnowsOperatorsWhateverTheirDomain) {
  EXPECT_EQ(role("Conv"), Role::kAnchor);
  EXPECT_EQ(role("com.microsoft.FusedConv"), Role::kAnchor);
  EXPECT_EQ(role("never.heard.Of"), Role::kAnchor);
  EXPECT_EQ(role("Relu"), Role::kFollower);
  EXPECT_EQ(role("com.microsoft.QuickGelu"), Role::kFollower);
  EXPECT_EQ(role("Abs"), Role::kFollower);    // first and
  EXPECT_EQ(role("Where"), Role::kFollower);  // last of the list
  EXPECT_EQ(role("Pad"), Role::kLeader);
  EXPECT_EQ(role("DequantizeLinear"), Role::kLeader);
}

//   x -> conv -> bn -> relu -> pool -> y
TEST(GroupLayers, LetsFollowersJoinTheAnchorOfALinearNet) {
  GraphDrawing net;
  const TensorId conv = net.node("conv", "Conv", {net.input("x")}, {.macs = 100, .weights = 40});
  const TensorId relu = net.node("relu", "Relu", {net.node("bn", "BatchNormalization", {conv}, {.weights = 8})});
  net.output(net.node("pool", "MaxPool", {relu}, {.shape = Shape{2}}));
  const Graph graph = expect(net.group());
  EXPECT_EQ(layers_of(graph), "conv bn relu | pool");
  const Layer& first = graph.layers[0];
  EXPECT_EQ(first.name, "conv");
  EXPECT_EQ(first.kind, "Conv+BatchNormalization+Relu");
  EXPECT_EQ(first.macs, 100);
  EXPECT_EQ(first.parameters, 12);  // 40 / 4 + 8 / 4
  EXPECT_EQ(first.weights, Bytes{48});
  EXPECT_EQ(first.activations, Bytes{32});  // in and out, four floats each
  EXPECT_EQ(graph.layers[1].activations, Bytes{24});
  EXPECT_THAT(names(graph, first.inputs), ElementsAre("x"));
  EXPECT_THAT(names(graph, first.outputs), ElementsAre("relu"));
  ASSERT_EQ(graph.cuts.size(), 1U);
  EXPECT_THAT(names(graph, graph.cuts[0].tensors), ElementsAre("relu"));
  EXPECT_EQ(graph.cuts[0].bytes, Bytes{16});
}

//               .-> left --.
//   x -> stem --+          +--> add -> y
//               '-> right -'
TEST(GroupLayers, LetsASumJoinTheLaterBranchOfADiamond) {
  GraphDrawing net;
  const TensorId stem = net.node("stem", "Conv", {net.input("x")}, {.shape = Shape{8}});
  const TensorId left = net.node("left", "Conv", {stem}, {.shape = Shape{2}});
  const TensorId right = net.node("right", "Conv", {stem}, {.shape = Shape{3}});
  net.output(net.node("add", "Add", {left, right}));
  const Graph graph = expect(net.group());
  EXPECT_EQ(layers_of(graph), "stem | left | right add");
  ASSERT_EQ(graph.cuts.size(), 2U);
  EXPECT_THAT(names(graph, graph.cuts[0].tensors), ElementsAre("stem"));
  EXPECT_EQ(graph.cuts[0].bytes, Bytes{32});  // 8 floats
  EXPECT_THAT(names(graph, graph.cuts[1].tensors), ElementsAre("stem", "left"));
  EXPECT_EQ(graph.cuts[1].bytes, Bytes{40});  // 8 + 2 floats
  EXPECT_THAT(names(graph, graph.layers[2].inputs), ElementsAre("stem", "left"));
}

//   x -> a -> relu --> b -> c -> add -> y
//               '----------------^
TEST(GroupLayers, CarriesAResidualOverTheLayersItSkips) {
  GraphDrawing net;
  const TensorId relu = net.node("relu", "Relu", {net.node("a", "Conv", {net.input("x")})});
  const TensorId c = net.node("c", "Conv", {net.node("b", "Conv", {relu})});
  net.output(net.node("add", "Add", {c, relu}));
  const Graph graph = expect(net.group());
  EXPECT_EQ(layers_of(graph), "a relu | b | c add");
  EXPECT_THAT(names(graph, graph.cuts[1].tensors), ElementsAre("relu", "b"));
}

//   x -> relu -> conv -> y      without a producer a follower starts a layer
TEST(GroupLayers, StartsALayerForAFollowerOfAnInput) {
  GraphDrawing net;
  net.output(net.node("conv", "Conv", {net.node("relu", "Relu", {net.input("x")})}));
  EXPECT_EQ(layers_of(expect(net.group())), "relu | conv");
}

//   x -> a -> pad -> b -> y
TEST(GroupLayers, TakesAPadAlongWithItsConvolution) {
  GraphDrawing net;
  const TensorId a = net.node("a", "Conv", {net.input("x")});
  net.output(net.node("b", "Conv", {net.node("pad", "Pad", {a}, {.shape = Shape{6}})}));
  const Graph graph = expect(net.group());
  EXPECT_EQ(layers_of(graph), "a | pad b");
  EXPECT_THAT(names(graph, graph.cuts[0].tensors), ElementsAre("a"));
}

//   x -> q -> dq -> pad -> conv -> y   and   w -> dq2 -^      leaders of leaders, several of them
TEST(GroupLayers, TakesChainsOfLeadersAlong) {
  GraphDrawing net;
  const TensorId x = net.input("x");
  const TensorId w = net.input("w");
  const TensorId dq = net.node("dq", "DequantizeLinear", {net.node("q", "QuantizeLinear", {net.node("a", "Conv", {x})})});
  const TensorId dq2 = net.node("dq2", "DequantizeLinear", {w});
  net.output(net.node("conv", "Conv", {net.node("pad", "Pad", {dq}), dq2}));
  EXPECT_EQ(layers_of(expect(net.group())), "a q | dq dq2 pad conv");
}

//             .-> b
//   a -> pad -+              a leader of two, of a follower, or that is an output, is none
//             '-> c
TEST(GroupLayers, LeavesALeaderWithItsProducerWhereItHasNoOneAnchor) {
  GraphDrawing two;
  const TensorId pad = two.node("pad", "Pad", {two.node("a", "Conv", {two.input("x")})});
  two.output(two.node("b", "Conv", {pad}));
  two.output(two.node("c", "Conv", {pad}));
  EXPECT_EQ(layers_of(expect(two.group())), "a pad | b | c");

  GraphDrawing follower;
  follower.output(follower.node("relu", "Relu", {follower.node("pad", "Pad", {follower.node("a", "Conv", {follower.input("x")})})}));
  EXPECT_EQ(layers_of(expect(follower.group())), "a pad relu");

  GraphDrawing output;
  const TensorId seen = output.node("pad", "Pad", {output.node("a", "Conv", {output.input("x")})});
  output.output(output.node("b", "Conv", {seen}));
  output.output(seen);
  EXPECT_EQ(layers_of(expect(output.group())), "a pad | b");
}

//   x -> a -> b -> [nonzero: ?] -> c -> d        b and c cannot be parted
TEST(GroupLayers, JoinsWhereAShapeDependsOnTheData) {
  GraphDrawing net;
  const TensorId b = net.node("b", "Conv", {net.node("a", "Conv", {net.input("x")})});
  const TensorId boxes = net.node("boxes", "NonZero", {b}, {.shape = {}});
  net.output(net.node("d", "Conv", {net.node("c", "Gather", {boxes})}));
  const Graph graph = expect(net.group());
  EXPECT_EQ(layers_of(graph), "a | b | boxes c | d");
  ASSERT_EQ(graph.joins.size(), 1U);
  EXPECT_EQ(graph.joins[0].layer, LayerId(2));
  EXPECT_EQ(graph.joins[0].reason, "tensor 'boxes' has a shape that depends on the data");
}

//   x -> a [sequence] -> b -> c
//          '-----------------^           the whole stretch up to the last use is one layer
TEST(GroupLayers, JoinsWhatATensorOfNoFixedSizeSpans) {
  GraphDrawing net;
  const TensorId a = net.node("a", "SplitToSequence", {net.input("x")}, {.element = ElementType::kUndefined});
  const TensorId b = net.node("b", "Conv", {a});
  net.output(net.node("c", "ConcatFromSequence", {b, a}));
  const Graph graph = expect(net.group());
  EXPECT_EQ(layers_of(graph), "a b c");
  EXPECT_THAT(graph.cuts, IsEmpty());
  ASSERT_FALSE(graph.joins.empty());
  EXPECT_EQ(graph.joins[0].reason, "tensor 'a' is of a type that cannot be moved between devices");
}

TEST(GroupLayers, LetsDynamicValuesLeaveAtTheEnd) {
  GraphDrawing net;
  net.output(net.node("b", "NonZero", {net.node("a", "Conv", {net.input("x")})}, {.shape = {}}));
  EXPECT_EQ(layers_of(expect(net.group())), "a | b");
}

//   x -> split -+-> a -> y1
//               '-> b -> y2      and the split's third output leaves the model as it is
TEST(GroupLayers, FollowsEachOfSeveralOutputs) {
  GraphDrawing net;
  const TensorId split = net.node("split", "Split", {net.input("x")}, {.shape = Shape{2}, .outputs = 3});
  net.output(net.node("a", "Conv", {split}));
  net.output(net.node("b", "Conv", {TensorId(split.index() + 1)}));
  net.output(TensorId(split.index() + 2));
  const Graph graph = expect(net.group());
  EXPECT_EQ(layers_of(graph), "split | a | b");
  EXPECT_THAT(names(graph, graph.layers[0].outputs), ElementsAre("split", "split.1", "split.2"));
  EXPECT_THAT(names(graph, graph.cuts[0].tensors), ElementsAre("split", "split.1"));
  EXPECT_THAT(names(graph, graph.cuts[1].tensors), ElementsAre("split.1"));
}

TEST(GroupLayers, RefusesWhatIsNoGraph) {
  GraphDrawing late;
  const TensorId x = late.input("x");
  const TensorId a = late.node("a", "Conv", {x});
  late.output(late.node("b", "Conv", {a}));
  std::swap(late.ungrouped().nodes[0], late.ungrouped().nodes[1]);
  EXPECT_EQ(error_of(late.group()), "node 'b' uses 'a' before it is made");

  GraphDrawing twice;
  const TensorId y = twice.node("a", "Conv", {twice.input("x")});
  twice.node("b", "Conv", {y});
  twice.ungrouped().nodes[1].outputs = {y};
  EXPECT_EQ(error_of(twice.group()), "tensor 'a' is made twice");

  GraphDrawing never;
  never.node("a", "Conv", {never.input("x")});
  never.ungrouped().tensors.push_back({.name = "ghost", .element = ElementType::kFloat32, .shape = Shape{1}});
  never.output(TensorId(2));
  EXPECT_EQ(error_of(never.group()), "output 'ghost' is never made");
}

TEST(GroupLayers, SignsEqualLayersAlike) {
  GraphDrawing net;
  const auto block = [&](const std::string& name, TensorId x, std::int64_t macs) {
    return net.node(name + "/relu", "Relu", {net.node(name, "Conv", {x}, {.macs = macs})});
  };
  net.output(block("c", block("b", block("a", net.input("x"), 5), 5), 6));
  const Graph graph = expect(net.group());
  ASSERT_EQ(graph.layers.size(), 3U);
  EXPECT_EQ(graph.layers[0].signature, graph.layers[1].signature);
  EXPECT_NE(graph.layers[1].signature, graph.layers[2].signature);
}

TEST(GroupLayers, SaturatesWhatAModelClaims) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  GraphDrawing net;
  const TensorId a = net.node("a", "Conv", {net.input("x")}, {.macs = kHuge, .weights = kHuge});
  const TensorId relu = net.node("relu", "Relu", {a}, {.macs = kHuge, .weights = kHuge});
  net.output(net.node("b", "Conv", {relu}, {.weights = kHuge}));
  const Graph graph = expect(net.group());
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(graph.layers[0].macs, kMost);
  EXPECT_EQ(graph.layers[0].weights, Bytes{kMost});
  const std::vector<LayerId> both{LayerId(0), LayerId(1)};
  EXPECT_EQ(slice_memory(graph, both), Bytes{kMost});
}

TEST(SliceMemory, IsAllWeightsAndTheLargestLayersActivations) {
  GraphDrawing net;
  const TensorId a = net.node("a", "Conv", {net.input("x", Shape{2})}, {.shape = Shape{10}, .weights = 100});  // 8 + 40 bytes of activations
  net.output(net.node("b", "Conv", {a}, {.shape = Shape{1}, .weights = 200}));                                 // 40 + 4
  const Graph graph = expect(net.group());
  EXPECT_EQ(slice_memory(graph, std::vector{LayerId(0)}), Bytes{148});
  EXPECT_EQ(slice_memory(graph, std::vector{LayerId(0), LayerId(1)}), Bytes{348});
  EXPECT_EQ(slice_memory(graph, {}), Bytes{0});
  EXPECT_EQ(input_bytes(graph), Bytes{8});
}

}  // namespace
}  // namespace mosaic

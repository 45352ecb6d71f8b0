#include "mosaic/graph/regroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graphs.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::GraphDrawing;
using test::names;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<LayerId> ids(std::initializer_list<std::size_t> list) {
  std::vector<LayerId> out;
  for (const std::size_t each : list) out.emplace_back(each);
  return out;
}

//   x -> a -> b -> c -> d -> y, and a second way from a to d; four layers of 10, 20, 30 and 40 MACs, 4 weights each
Graph four_layers() {
  GraphDrawing net;
  const TensorId a = net.node("a", "Conv", {net.input("x")}, {.shape = Shape{2}, .macs = 10, .weights = 16});
  const TensorId b = net.node("b", "Conv", {a}, {.shape = Shape{3}, .macs = 20, .weights = 16});
  const TensorId c = net.node("c", "Conv", {b}, {.shape = Shape{5}, .macs = 30, .weights = 16});
  net.output(net.node("d", "Concat", {c, a}, {.shape = Shape{7}, .macs = 40, .weights = 16}));
  return expect(net.group());
}

TEST(MergeLayers, AddsUpWhatIsUnited) {
  const Graph graph = expect(merge_layers(four_layers(), ids({0, 1, 3})));
  ASSERT_EQ(graph.layers.size(), 3U);
  const Layer& middle = graph.layers[1];
  EXPECT_THAT(middle.nodes, ElementsAre(NodeId(1), NodeId(2)));
  EXPECT_EQ(middle.kind, "Conv+Conv");
  EXPECT_EQ(middle.name, "c");  // more MACs than b
  EXPECT_EQ(middle.macs, 50);
  EXPECT_EQ(middle.parameters, 8);
  EXPECT_EQ(middle.weights, Bytes{32});
  EXPECT_THAT(names(graph, middle.inputs), ElementsAre("a"));
  EXPECT_THAT(names(graph, middle.outputs), ElementsAre("c"));
  EXPECT_EQ(middle.activations, Bytes{28});  // a: 2 floats, c: 5; b stays inside
  ASSERT_EQ(graph.cuts.size(), 2U);
  EXPECT_THAT(names(graph, graph.cuts[0].tensors), ElementsAre("a"));
  EXPECT_THAT(names(graph, graph.cuts[1].tensors), ElementsAre("a", "c"));
  EXPECT_EQ(graph.cuts[1].bytes, Bytes{28});
}

TEST(MergeLayers, GivesEachGroupingAFingerprintOfItsOwn) {
  const Graph graph = four_layers();
  const Graph two = expect(merge_layers(graph, ids({0, 2})));
  EXPECT_NE(two.fingerprint, graph.fingerprint);
  EXPECT_NE(two.fingerprint, expect(merge_layers(graph, ids({0, 1}))).fingerprint);
  EXPECT_EQ(two.fingerprint, expect(merge_layers(expect(merge_layers(graph, ids({0, 1, 2}))), ids({0, 2}))).fingerprint);
}

TEST(MergeLayers, RefusesBordersThatAreNone) {
  const Graph graph = four_layers();
  EXPECT_THAT(error_of(merge_layers(graph, {})), HasSubstr("must begin with layer 0"));
  EXPECT_THAT(error_of(merge_layers(graph, ids({1, 2}))), HasSubstr("must begin with layer 0"));
  EXPECT_THAT(error_of(merge_layers(graph, ids({0, 2, 2}))), HasSubstr("layer 2 would begin with layer 2, not behind layer 2"));
  EXPECT_THAT(error_of(merge_layers(graph, ids({0, 4}))), HasSubstr("layer 1 would begin with layer 4, but there are 4"));
}

TEST(MergeLayers, KeepsSumsAndTheCutsAtItsBordersOnRandomGraphs) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Graph graph = expect(test::random_drawing(seed, 30, seed % 3 == 0 ? 5 : 0).group());
    Random random(seed);
    std::vector<LayerId> firsts{LayerId(0)};
    for (std::size_t l = 1; l < graph.layers.size(); ++l) {
      if (random.below(3) == 0) firsts.emplace_back(l);
    }
    const Graph merged = expect(merge_layers(graph, firsts));
    ASSERT_EQ(merged.layers.size(), firsts.size());
    for (std::size_t m = 0; m < firsts.size(); ++m) {
      const std::size_t end = m + 1 < firsts.size() ? firsts[m + 1].index() : graph.layers.size();
      std::int64_t macs = 0;
      Bytes weights;
      for (std::size_t l = firsts[m].index(); l < end; ++l) {
        macs += graph.layers[l].macs;
        weights += graph.layers[l].weights;
      }
      EXPECT_EQ(merged.layers[m].macs, macs) << seed;
      EXPECT_EQ(merged.layers[m].weights, weights) << seed;
      if (m + 1 == firsts.size()) continue;
      EXPECT_EQ(merged.cuts[m].tensors, graph.cuts[end - 1].tensors) << seed;
      EXPECT_EQ(merged.cuts[m].bytes, graph.cuts[end - 1].bytes) << seed;
    }
    for (const Join& join : merged.joins) EXPECT_LT(join.layer.index(), merged.layers.size());
  }
}

//   x -> u1/conv -> u2/relu -> u2/conv -> u2/add -> y: by the rules u2/relu joins u1/conv, and the cut is {u1/conv, u2/relu}
//             '-----------------------------^
GraphDrawing two_units() {
  GraphDrawing net;
  const TensorId conv = net.node("u1/conv", "Conv", {net.input("x")});
  const TensorId inner = net.node("u2/conv", "Conv", {net.node("u2/relu", "Relu", {conv})});
  net.output(net.node("u2/add", "Add", {conv, inner}));
  return net;
}

TEST(LayersOfBlocks, CutsWhereTheNetworkDoes) {
  const Graph graph = expect(two_units().group());
  EXPECT_EQ(graph.cuts.at(0).tensors.size(), 2U);
  const Graph blocks = expect(layers_of_blocks(graph));
  ASSERT_EQ(blocks.layers.size(), 2U);
  EXPECT_EQ(blocks.layers[0].name, "u1");
  EXPECT_EQ(blocks.layers[1].name, "u2");
  EXPECT_EQ(blocks.layers[1].kind, "Relu+Conv+Add");
  EXPECT_THAT(names(blocks, blocks.cuts[0].tensors), ElementsAre("u1/conv"));
  EXPECT_NE(blocks.fingerprint, graph.fingerprint);
}

TEST(LayersOfBlocks, SaysWhichNodeSpoilsTheBlocks) {
  GraphDrawing bare = two_units();
  bare.output(bare.node("tail", "Conv", {bare.input("z")}));
  EXPECT_THAT(error_of(layers_of_blocks(expect(bare.group()))), AllOf(HasSubstr("'tail'"), HasSubstr("no block")));
  GraphDrawing torn = two_units();
  torn.output(torn.node("u1/late", "Conv", {torn.input("z")}));
  EXPECT_THAT(error_of(layers_of_blocks(expect(torn.group()))), AllOf(HasSubstr("'u1'"), HasSubstr("'u1/late'")));
  GraphDrawing dynamic;
  const TensorId a = dynamic.node("u1/a", "Conv", {dynamic.input("x")}, {.shape = std::nullopt});
  dynamic.output(dynamic.node("u2/b", "Conv", {a}));
  EXPECT_THAT(error_of(layers_of_blocks(expect(dynamic.group()))), AllOf(HasSubstr("'u1/a'"), HasSubstr("not static")));
}

}  // namespace
}  // namespace mosaic

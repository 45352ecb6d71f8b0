// What must hold for the layers of any graph, on seeded random ones.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/graphs.h"

namespace mosaic {
namespace {

using test::expect;

constexpr std::uint64_t kGraphs = 300;

Graph random_graph(std::uint64_t seed) { return expect(test::random_drawing(seed, 4 + seed % 40, seed % 3 == 0 ? 8 : 0).group()); }

std::vector<std::size_t> layer_of_node(const Graph& graph) {
  std::vector<std::size_t> layer(graph.nodes.size(), graph.layers.size());
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {
    for (const NodeId id : graph.layers[l].nodes) layer[id.index()] = l;
  }
  return layer;
}

TEST(AnyGraph, HasEachNodeInExactlyOneLayerInOrder) {
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    const Graph graph = random_graph(seed);
    std::vector<int> times(graph.nodes.size(), 0);
    for (const Layer& layer : graph.layers) {
      EXPECT_FALSE(layer.nodes.empty());
      EXPECT_TRUE(std::ranges::is_sorted(layer.nodes)) << seed;  // the nodes' own order is topological
      for (const NodeId id : layer.nodes) ++times[id.index()];
    }
    ASSERT_THAT(times, testing::Each(1)) << seed;
  }
}

TEST(AnyGraph, HasNoLayerThatUsesALaterOne) {
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    const Graph graph = random_graph(seed);
    const auto layer = layer_of_node(graph);
    std::map<TensorId, std::size_t> made_in;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      for (const TensorId id : graph.nodes[n].outputs) made_in[id] = layer[n];
    }
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      for (const TensorId id : graph.nodes[n].inputs) {
        ASSERT_TRUE(!made_in.contains(id) || made_in[id] <= layer[n]) << seed;
      }
    }
  }
}

TEST(AnyGraph, CarriesOverACutExactlyWhatIsMadeBeforeAndUsedAfter) {
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    const Graph graph = random_graph(seed);
    const auto layer = layer_of_node(graph);
    ASSERT_EQ(graph.cuts.size() + 1, graph.layers.size());
    for (std::size_t cut = 0; cut < graph.cuts.size(); ++cut) {
      std::set<TensorId> made;
      std::set<TensorId> used;
      for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        if (layer[n] <= cut) made.insert(graph.nodes[n].outputs.begin(), graph.nodes[n].outputs.end());
        if (layer[n] > cut) used.insert(graph.nodes[n].inputs.begin(), graph.nodes[n].inputs.end());
      }
      std::vector<TensorId> expected;
      std::ranges::set_intersection(made, used, std::back_inserter(expected));
      ASSERT_EQ(graph.cuts[cut].tensors, expected) << seed;
      Bytes bytes;
      for (const TensorId id : expected) {
        ASSERT_TRUE(graph.tensor(id).bytes().has_value()) << "seed " << seed << ": '" << graph.tensor(id).name << "' is dynamic";
        bytes += *graph.tensor(id).bytes();
      }
      EXPECT_EQ(graph.cuts[cut].bytes, bytes);
    }
  }
}

TEST(AnyGraph, ListsWhatEntersAndLeavesEachLayer) {
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    const Graph graph = random_graph(seed);
    const auto layer = layer_of_node(graph);
    for (std::size_t l = 0; l < graph.layers.size(); ++l) {
      std::set<TensorId> made;
      std::set<TensorId> used;
      std::set<TensorId> wanted(graph.outputs.begin(), graph.outputs.end());
      for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        const GraphNode& node = graph.nodes[n];
        if (layer[n] == l) made.insert(node.outputs.begin(), node.outputs.end());
        (layer[n] == l ? used : wanted).insert(node.inputs.begin(), node.inputs.end());
      }
      std::vector<TensorId> inputs;
      std::vector<TensorId> outputs;
      std::ranges::set_difference(used, made, std::back_inserter(inputs));
      std::ranges::set_intersection(made, wanted, std::back_inserter(outputs));
      ASSERT_EQ(graph.layers[l].inputs, inputs) << seed;
      ASSERT_EQ(graph.layers[l].outputs, outputs) << seed;
    }
  }
}

TEST(AnyGraph, AddsUpWhatItsLayersHave) {
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    const Graph graph = random_graph(seed);
    std::int64_t difference = 0;
    for (const GraphNode& node : graph.nodes) difference += node.macs + node.weights.value;
    for (const Layer& layer : graph.layers) difference -= layer.macs + layer.weights.value;
    EXPECT_EQ(difference, 0);
  }
}

TEST(Fingerprint, IsTheSameForTheSameGraph) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(random_graph(seed).fingerprint, random_graph(seed).fingerprint);
}

TEST(Fingerprint, DiffersBetweenGraphs) {
  std::set<Fingerprint> seen;
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) EXPECT_TRUE(seen.insert(random_graph(seed).fingerprint).second) << seed;
}

TEST(Fingerprint, DependsOnEveryPartOfTheStructure) {
  const auto drawn = [](auto change) {
    test::GraphDrawing drawing = test::random_drawing(7, 12);
    change(drawing.ungrouped());
    return expect(drawing.group()).fingerprint;
  };
  const Fingerprint before = drawn([](UngroupedGraph&) {});
  EXPECT_EQ(drawn([](UngroupedGraph& graph) { graph.name = "another"; }), before);
  EXPECT_EQ(drawn([](UngroupedGraph& graph) { graph.nodes[3].name = "another"; }), before);
  EXPECT_NE(drawn([](UngroupedGraph& graph) { graph.nodes[3].signature = "another"; }), before);
  EXPECT_NE(drawn([](UngroupedGraph& graph) { graph.nodes[5].inputs = {graph.inputs[0]}; }), before);
  EXPECT_NE(drawn([](UngroupedGraph& graph) { graph.tensors[2].shape = Shape{99}; }), before);
  EXPECT_NE(drawn([](UngroupedGraph& graph) { graph.tensors[2].element = ElementType::kInt8; }), before);
  EXPECT_NE(drawn([](UngroupedGraph& graph) { graph.outputs.push_back(graph.nodes[0].outputs[0]); }), before);
  EXPECT_NE(drawn([](UngroupedGraph& graph) { graph.outputs.pop_back(); }), before);
}

}  // namespace
}  // namespace mosaic

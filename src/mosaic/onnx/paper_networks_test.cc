#include "mosaic/onnx/paper_networks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "mosaic/onnx/zoo.h"
#include "tests/support.h"

namespace mosaic::onnx {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

PaperNetwork network(const char* key) { return expect(find_paper_network(key)); }

std::vector<std::string> layer_names(const char* key) {
  std::vector<std::string> names;
  for (const Layer& layer : expect(paper_graph(network(key))).layers) names.push_back(layer.name);
  return names;
}

/// Layers [first, end) of a plan, counted from 0, by the numbers from 1 that the paper prints.
struct Range {
  std::size_t first = 0;
  std::size_t end = 0;
};

std::vector<Range> npu_slices(const PaperNetwork& of) {
  std::vector<Range> ranges;
  for (const auto* plan : {&of.latency_plan, &of.energy_plan}) {
    for (std::size_t s = 0; s < plan->size(); ++s) {
      if ((*plan)[s].device != 'N') continue;
      const auto first = static_cast<std::size_t>((*plan)[s].first_layer - 1);
      ranges.push_back({first, s + 1 < plan->size() ? static_cast<std::size_t>((*plan)[s + 1].first_layer - 1) : of.layers});
    }
  }
  return ranges;
}

TEST(PaperNetworks, HaveTheLayersOfTableOne) {
  ASSERT_EQ(paper_networks().size(), 10U);
  for (const PaperNetwork& each : paper_networks()) {
    const Graph graph = expect(paper_graph(each));
    EXPECT_EQ(graph.layers.size(), each.layers) << each.key;
    ASSERT_EQ(graph.inputs.size(), 1U);
    EXPECT_EQ(graph.tensor(graph.inputs[0]).shape, each.input) << each.key;
    EXPECT_NE(graph.fingerprint, expect(zoo_graph(each.zoo_name)).fingerprint) << each.key;
  }
}

TEST(PaperNetworks, HaveThePublishedSizes) {
  // Within what the publications round: 0.10 G for 104 M, 12.29 G with what is no product counted, 3.47 M.
  for (const PaperNetwork& network : paper_networks()) {
    const Graph graph = test::expect(paper_graph(network));
    std::int64_t macs = 0;
    for (const Layer& layer : graph.layers) macs += layer.macs;
    EXPECT_NEAR(static_cast<double>(macs) / network.published_macs, 1, 0.05) << network.key;
    EXPECT_NEAR(static_cast<double>(counted_parameters(network, graph)) / network.published_parameters, 1, 0.003) << network.key;
  }
}

TEST(PaperNetworks, AreFoundByEitherName) {
  EXPECT_EQ(network("RN").zoo_name, "resnet152_v2");
  EXPECT_EQ(network("vgg16").key, "VGG");
  EXPECT_THAT(error_of(find_paper_network("AlexNet")), testing::AllOf(HasSubstr("'AlexNet'"), HasSubstr("MO-1.4 (mobilenet_v2_1.4)")));
}

TEST(PaperNetworks, HaveBordersWhereTheTablesShowThem) {
  EXPECT_EQ(layer_names("IN").at(19), "logits");      // B_20
  EXPECT_EQ(layer_names("MN-1.0").at(19), "logits");  // B_20
  EXPECT_EQ(layer_names("MO-1.3").at(17), "head");    // N_18
  EXPECT_EQ(layer_names("VGG").at(13), "fc6");        // G_14
  EXPECT_EQ(layer_names("RN").at(51), "pool");        // B_52
  EXPECT_EQ(layer_names("RN").at(52), "logits");      // B_53
  const Graph resnet = expect(paper_graph(network("RN")));
  const auto height_behind = [&](std::size_t layer) { return resnet.tensor(resnet.layers[layer - 1].outputs.at(0)).shape->at(2); };
  for (std::size_t layer = 2; layer <= 51; ++layer) {  // only the units 4, 12 and 48 have a stride
    const bool strided = layer == 4 || layer == 12 || layer == 48;
    EXPECT_EQ(height_behind(layer) * (strided ? 2 : 1), height_behind(layer - 1)) << layer;
  }
  for (const Cut& cut : resnet.cuts) EXPECT_EQ(cut.tensors.size(), 1U);  // between units travels their sum, not its activation too
}

TEST(PaperNetworks, HavePlansThatCoverThemInOrder) {
  for (const PaperNetwork& each : paper_networks()) {
    EXPECT_EQ(each.latency_plan.empty(), !each.large) << each.key;
    EXPECT_EQ(each.energy_plan.empty(), !each.large) << each.key;
    for (const auto* plan : {&each.latency_plan, &each.energy_plan}) {
      if (plan->empty()) continue;
      EXPECT_EQ(plan->front().first_layer, 1) << each.key;
      EXPECT_TRUE(std::ranges::is_sorted(*plan, std::ranges::less_equal(), &PublishedSlice::first_layer)) << each.key;
      EXPECT_LE(static_cast<std::size_t>(plan->back().first_layer), each.layers) << each.key;
    }
  }
}

TEST(PaperMemory, IsSpreadWithoutARest) {
  for (const PaperNetwork& each : paper_networks()) {
    const std::vector<Bytes> memory = layer_memory(each, expect(paper_graph(each)));
    EXPECT_EQ(std::accumulate(memory.begin(), memory.end(), Bytes{}), each.memory) << each.key;
    EXPECT_TRUE(std::ranges::all_of(memory, [](Bytes bytes) { return bytes >= Bytes{}; })) << each.key;
  }
}

TEST(PaperMemory, FollowsWeightsAndWhatOperatorsMake) {
  // Inception's flatten has no weights and makes 1536 of all the floats: 0.15 * 1536 / all of 183.7 MB.
  const PaperNetwork inception = network("IN");
  const Graph graph = expect(paper_graph(inception));
  double made = 0;
  for (const GraphNode& node : graph.nodes) {
    for (const TensorId id : node.outputs) made += static_cast<double>(*element_count(*graph.tensor(id).shape));
  }
  EXPECT_NEAR(static_cast<double>(layer_memory(inception, graph).at(18).value), 0.15 * 1536 / made * 183.7e6, 1);
}

TEST(PaperMemory, FitsEveryPublishedNpuSlice) {
  std::size_t slices = 0;
  for (const PaperNetwork& each : paper_networks()) {
    const std::vector<Bytes> memory = layer_memory(each, expect(paper_graph(each)));
    for (const Range& range : npu_slices(each)) {
      Bytes needed;
      for (std::size_t l = range.first; l < range.end; ++l) needed += memory.at(l);
      EXPECT_LE(needed, kPaperSliceLimit) << each.key << " " << range.first + 1 << "-" << range.end;
      ++slices;
    }
  }
  EXPECT_EQ(slices, 26U);  // Table III: 2 + 1 + 1 + 2 + 2 + 5 + 1; Table IV: 2 + 0 + 0 + 2 + 2 + 5 + 1
}

/// For which shares of the weights a slice fits: size * (w * weights + (1 - w) * made) <= limit is linear in w.
struct Shares {
  double low = 0;
  double high = 1;
  void limit_to(const PaperNetwork& of, const Graph& graph, const Range& range) {
    double weights = 0;
    double made = 0;
    double all_weights = 0;
    double all_made = 0;
    for (std::size_t l = 0; l < graph.layers.size(); ++l) {
      const bool inside = l >= range.first && l < range.end;
      const auto layer_weights = static_cast<double>(graph.layers[l].weights.value);
      all_weights += layer_weights;
      weights += inside ? layer_weights : 0;
      for (const NodeId node : graph.layers[l].nodes) {
        for (const TensorId id : graph.node(node).outputs) {
          const auto bytes = static_cast<double>(graph.tensor(id).bytes()->value);
          all_made += bytes;
          made += inside ? bytes : 0;
        }
      }
    }
    const double slope = weights / all_weights - made / all_made;
    const double bound = (100e6 / static_cast<double>(of.memory.value) - made / all_made) / slope;
    if (slope > 0) {
      high = std::min(high, bound);
    } else {
      low = std::max(low, bound);
    }
  }
};

TEST(PaperMemory, NeedsAShareOfWeightsBetweenWhatVggAndInceptionAllow) {
  Shares all;
  for (const PaperNetwork& each : paper_networks()) {
    const Graph graph = expect(paper_graph(each));
    for (const Range& range : npu_slices(each)) all.limit_to(each, graph, range);
  }
  EXPECT_NEAR(all.low, 0.844, 0.0005);
  EXPECT_NEAR(all.high, 0.882, 0.0005);
  EXPECT_LT(all.low, kWeightsShare);
  EXPECT_GT(all.high, kWeightsShare);
}

TEST(PaperMemory, RulesOutOtherReadingsOfInceptionsTwentyLayers) {
  const PaperNetwork inception = network("IN");
  const Graph graph = expect(paper_graph(inception));
  Shares two_stems;  // stem in two, no flatten: 11 to 19 are our 10 to 19, pool and flatten being one
  two_stems.limit_to(inception, graph, {9, 19});
  EXPECT_NEAR(two_stems.high, 0.72, 0.005);
  Shares softmax_last;  // no flatten, softmax as 20: 11 to 19 are our 11 to 20
  softmax_last.limit_to(inception, graph, {10, 20});
  EXPECT_NEAR(softmax_last.high, 0.81, 0.005);
}

}  // namespace
}  // namespace mosaic::onnx

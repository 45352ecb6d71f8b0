#include "mosaic/backend/sim/truth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chains.h"
#include "tests/running.h"

namespace mosaic::sim {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

using test::kFirstLayer;
const std::vector<LayerId> kBoth{LayerId(0), LayerId(1)};

double slice_us(const std::string& extra, const std::vector<LayerId>& layers, const std::string& points = "", std::size_t configuration = 0) {
  std::string text = test::hand_board_text(extra);
  if (!points.empty()) text.replace(text.find("{name: a, kind: gpu}"), 20, "{name: a, " + points + "}");
  const Board board = expect(parse_board(text));
  return expect(Truth::parse(board)).slice_time(test::two_layers(), board, layers, ConfigurationId(configuration)).count();
}

TEST(Truth, AddsEnteringAndLayersByHand) {
  EXPECT_NEAR(slice_us("", kFirstLayer), 3 + 1 + 13, 1e-9);
  EXPECT_NEAR(slice_us("", kBoth), 3 + 1 + 2 * 13, 1e-9);
}

TEST(Truth, DividesComputingAmongCoresByAmdahl) {
  // Half of the work is parallel: on two cores 10 us become 10 * (0.5 + 0.25) = 7.5 us.
  const std::string points = "kind: cpu, cores: [0, 1], operating_points: [{cores: 1}, {cores: 2}]";
  EXPECT_NEAR(slice_us(", parallel_share: 0.5", kFirstLayer, points, 0), 17, 1e-9);
  EXPECT_NEAR(slice_us(", parallel_share: 0.5", kFirstLayer, points, 1), 3 + 1 + 2 + 7.5 + 1, 1e-9);
}

TEST(Truth, StretchesByTheClockWhatMemoryDoesNotBind) {
  // Half the clock, a quarter memory bound: 10 us become 10 * (0.25 + 0.75 * 2) = 17.5 us.
  const std::string points = "kind: gpu, operating_points: [{clock: 1 GHz}, {clock: 2 GHz}]";
  EXPECT_NEAR(slice_us(", memory_bound_share: 0.25", kFirstLayer, points, 1), 17, 1e-9);
  EXPECT_NEAR(slice_us(", memory_bound_share: 0.25", kFirstLayer, points, 0), 3 + 1 + 2 + 17.5 + 1, 1e-9);
}

TEST(Truth, SparesTrafficWithinASlice) {
  // Of the second layer's 3 us of activations half is spared, of which a fifth shows.
  EXPECT_NEAR(slice_us(", fusion_share: 0.5", kBoth), 30 - 0.2 * 1.5, 1e-9);
  EXPECT_NEAR(slice_us(", fusion_share: 0.5", kFirstLayer), 17, 1e-9);
}

TEST(Truth, ChargesWeightsThatDoNotFitTheCache) {
  // 4,000 bytes of weights in both layers, at 50 % more: 2 us become 3 us in each layer, of which a fifth shows.
  const std::string extra = ", cache_bytes: 3000, miss_share: 0.5";
  EXPECT_NEAR(slice_us(extra, kFirstLayer), 17, 1e-9);
  EXPECT_NEAR(slice_us(extra, kBoth), 30 + 2 * 0.2 * 1, 1e-9);
}

TEST(Truth, SlowsEverythingDown) { EXPECT_NEAR(slice_us(", slow_down: 3", kFirstLayer), 3 * 17, 1e-9); }

TEST(Truth, GoesByTheOperatorWithMostMultiplyAccumulates) {
  // At 5 giga multiply-accumulates a second 10 us become 2 us, less than the traffic of 5 us: 2 + 5 + 0.2 * 2.
  std::string text = test::hand_board_text();
  text.replace(text.find("operators: {default"), 19, "operators: {Conv: {gmacs: 5, gbytes: 1}, default");
  const Board board = expect(parse_board(text));
  Graph graph = test::two_layers();
  graph.nodes.push_back({.name = "cheap", .op = "Relu"});
  graph.nodes[0].macs = 10'000;
  graph.layers[0].nodes = {NodeId(0), NodeId(2)};
  EXPECT_NEAR(expect(Truth::parse(board)).slice_time(graph, board, kFirstLayer, ConfigurationId(0)).count(), 3 + 1 + 7.4, 1e-9);
}

TEST(Truth, KnowsLinksByTheirEnds) {
  const Truth truth = expect(Truth::parse(test::hand_board()));
  constexpr std::size_t kCaller = 2;
  EXPECT_NEAR(truth.link_time(0, 1, Bytes{1000}).count(), 50 + 2, 1e-9) << "0.5 GB/s are 2 ns a byte";
  EXPECT_NEAR(truth.link_time(1, 0, Bytes{1000}).count(), 100 + 1, 1e-9) << "the default";
  EXPECT_NEAR(truth.link_time(kCaller, 0, Bytes{1000}).count(), 7 + 1, 1e-9);
  EXPECT_EQ(truth.link_time(kCaller, 1, Bytes{1000}).count(), 0) << "the caller's are free unless described";
  EXPECT_EQ(truth.link_time(0, 0, Bytes{1000}).count(), 0);
}

TEST(Truth, NamesWhatIsWrongInTheFile) {
  struct Case {
    std::string from;
    std::string to;
    std::string message;
  };
  const std::vector<Case> cases{
      {"gmacs: 1,", "gmacs: 0,", "speeds must be positive"},
      {"layer_us: 2", "layer_us: -2", "a time must not be negative"},
      {"layer_us: 2", "parallel_share: 1.5", "a share lies between 0 and 1"},
      {"layer_us: 2", "layer_use: 2", "layer_use"},
      {"enter_gbytes: 1", "enter_gbytes: 0", "a factor must be positive"},
      {"{default:", "{Conv:", "default"},
      {"device: b", "device: c", "no device 'c'"},
      {"device: b", "device: a", "device 'b' is not described"},
      {"from: a", "from: x", "no device 'x'"},
      {"us: 50", "us: -1", "must be positive"},
      {"noise_percent: 0", "noise_percent: 50", "noise_percent"},
      {"noise_percent: 0", "noise: 0", "noise"},
  };
  for (const Case& each : cases) {
    std::string text = test::hand_board_text();
    text.replace(text.find(each.from), each.from.size(), each.to);
    const auto truth = Truth::parse(expect(parse_board(text)));
    EXPECT_THAT(error_of(truth), HasSubstr(each.message)) << each.to;
  }
}

TEST(Truth, IsMissingOnARealBoard) { EXPECT_THAT(error_of(Truth::parse(test::split_board())), HasSubstr("missing")); }

}  // namespace
}  // namespace mosaic::sim

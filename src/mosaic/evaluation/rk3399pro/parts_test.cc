#include "mosaic/evaluation/rk3399pro/parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/evaluation/rk3399pro/replay.h"
#include "tests/tables.h"

namespace mosaic::tables {
namespace {

using test::error_of;
using test::expect;
using test::kLayersHeader;
using testing::HasSubstr;

const Point kB0{.device = 'B', .clock = 0, .host = {}};
const Point kB1{.device = 'B', .clock = 1, .host = {}};
const Point kL0{.device = 'L', .clock = 0, .host = {}};
const Point kG{.device = 'G', .clock = 0, .host = 1};
const Point kN{.device = 'N', .clock = 0, .host = 0};

/// Three layers: 10 ms at 2 W on B0, 8 ms at 4 W on B1, 20 ms at 1 W on L0, 5 ms at 3 W on G, 1 ms at 2 W on N, where filling takes 3 and running and
/// fetching 5 ms. Loading: 7 ms at 2 W on B.
Tables small_tables() {
  std::string layers = kLayersHeader;
  for (int k = 0; k < 3; ++k) {
    layers += fmt::format("net,B,0,-1,{0},task,10,2000\nnet,B,1,-1,{0},task,8,4000\nnet,L,0,-1,{0},task,20,1000\nnet,G,0,1,{0},task,5,3000\n", k);
    layers += fmt::format("net,N,0,0,{0},task,1,2000\nnet,N,0,0,{0},NPU_fill_tensor,3,\nnet,N,0,0,{0},NPU_run_get,5,\n", k);
  }
  layers += "net,B,0,-1,0,in,7,2000\nnet,B,0,-1,2,out,0.5,\n";
  return test::read_texts(layers, "Graph,Layer,Dest,Src,Time\nnet,1,L,B,2\nnet,2,L,B,4\nnet,2,B,L,1\nnet,1,G,B,6\nnet,1,B,G,9\n",
                          "PE,Freq,NextFreq,T1\nBig,0,1,3e6\nBig,1,0,1e5\n");
}

// B0, L0, L0: loading 7; 10 on B, 40 on L; B to L before layer 1 2 ms, at (2 + 1) / 2 W; one change of device.
TEST(BreakDown, AddsUpInputLayersAndHandOvers) {
  const Tables tables = small_tables();
  const Parts parts = expect(break_down(tables.networks[0], measured(tables.networks[0]), std::vector{kB0, kL0, kL0}));
  EXPECT_EQ(parts.input.time, Milliseconds(7));
  EXPECT_EQ(parts.layers.at('B').time, Milliseconds(10));
  EXPECT_EQ(parts.layers.at('L').time, Milliseconds(40));
  EXPECT_EQ(parts.transfers.time, Milliseconds(2));
  EXPECT_EQ(parts.hops.time, Milliseconds(1));
  EXPECT_NEAR(parts.hops.energy.value, 0.0015, 1e-12);
  EXPECT_EQ(parts.total().time, Milliseconds(59));
  // 7 x 2 + 10 x 2 + 40 x 1 + 2 x 1.5 mJ
  EXPECT_NEAR(parts.total().energy.value * 1e3, 77, 1e-9);
}

// N, N, B0: filling 3, layers 1 + 1, fetching what running and fetching the last takes beyond the layer, 5 - 1; then B. Fetching into the host's own
// memory is all it takes to get there, so N to B adds nothing.
TEST(BreakDown, EntersAnAcceleratorByFillingAndLeavesItByFetching) {
  const Tables tables = small_tables();
  const Parts parts = expect(break_down(tables.networks[0], measured(tables.networks[0]), std::vector{kN, kN, kB0}));
  EXPECT_EQ(parts.layers.at('N').time, Milliseconds(2));
  EXPECT_EQ(parts.transfers.time, Milliseconds(3 + 4));
  EXPECT_NEAR(parts.transfers.energy.value * 1e3, 7 * 2, 1e-9) << "at the layer's power, where filling and fetching have none";
  EXPECT_EQ(parts.hops.time, Milliseconds(1));
}

TEST(BreakDown, NamesTheLayerThatWasNotMeasured) {
  Tables tables = small_tables();
  tables.networks[0].samples[{Metric::kTask, 1}].erase(kL0);
  EXPECT_EQ(error_of(break_down(tables.networks[0], measured(tables.networks[0]), std::vector{kB0, kL0, kL0})),
            "network 'net': nothing is known of layer 1 at L0");
}

TEST(TransferTime, EstimatesWhatTheTableDoesNotHold) {
  const Network net = small_tables().networks[0];
  EXPECT_EQ(transfer_time(net, {.cut = 2, .from = 'B', .to = 'L'}), Milliseconds(4));
  EXPECT_EQ(transfer_time(net, {.cut = 2, .from = 'B', .to = 'B'}), Milliseconds(0));
  EXPECT_EQ(transfer_time(net, {.cut = 9, .from = 'B', .to = 'L'}), Milliseconds(3)) << "the pair's mean, (2 + 4) / 2";
  EXPECT_EQ(transfer_time(net, {.cut = 2, .from = 'L', .to = 'G'}), Milliseconds(2.5)) << "all pairs at this cut, (4 + 1) / 2";
  EXPECT_EQ(transfer_time(net, {.cut = 1, .from = 'N', .to = 'L'}), Milliseconds(0));
  EXPECT_EQ(transfer_time(net, {.cut = 1, .from = 'G', .to = 'N'}), Milliseconds(9)) << "the GPU's way to its host";
  EXPECT_EQ(transfer_time({}, {.cut = 1, .from = 'B', .to = 'L'}), Milliseconds(0));
}

TEST(Settings, AreTheClocksOfTheDeviceAndOfItsHost) {
  const Clocks clocks = test::table_clocks();
  EXPECT_EQ(settings_of(kG, clocks), (std::map<char, int>{{'B', 1}, {'G', 0}}));
  EXPECT_EQ(settings_of(kB0, clocks), (std::map<char, int>{{'B', 0}}));
  EXPECT_EQ(settings_of(kN, clocks), (std::map<char, int>{{'B', 0}})) << "its own clock cannot be chosen";
}

TEST(SwitchingTime, TakesTheMedianOfTheSameDirectionWhereAChangeIsMissing) {
  const Switching switching{{{'B', 0, 1}, Milliseconds(3)}, {{'B', 0, 2}, Milliseconds(5)}, {{'B', 1, 0}, Milliseconds(0.1)}};
  EXPECT_EQ(switching_time(switching, 'B', 0, 1), Milliseconds(3));
  EXPECT_EQ(switching_time(switching, 'B', 1, 2), Milliseconds(4));
  EXPECT_EQ(switching_time(switching, 'B', 1, 1), Milliseconds(0));
  EXPECT_EQ(switching_time(switching, 'G', 0, 1), Milliseconds(0));
}

// In the middle of many runs B0, L0, B1 changes B's clock up before layer 2 (3 ms) and, for the next run, down again before layer 0 (0.1 ms), both
// at the 4 W that B draws at the higher clock. Layers 10 + 20 + 8, loading 7, hops 2 + 1; layer 2 hands nothing over at B1.
TEST(Replay, ChargesChangesOfClocksAlsoAfterSlicesThatLeaveThemAlone) {
  const Tables tables = small_tables();
  const Replay replay(tables.networks[0], test::table_clocks(), tables.switching);
  const Taken taken = expect(replay.run(std::vector{kB0, kL0, kB1}));
  EXPECT_EQ(taken.changes, 2U);
  EXPECT_NEAR(taken.switching.time.count(), 3.1, 1e-9);
  EXPECT_NEAR(taken.switching.energy.value * 1e3, 3.1 * 4, 1e-9);
  EXPECT_NEAR(taken.whole.time.count(), 7 + 38 + 3 + 3.1, 1e-9);
}

TEST(Replay, ChargesTheOutputAndNothingForOnePointThroughout) {
  const Tables tables = small_tables();
  const Replay replay(tables.networks[0], test::table_clocks(), tables.switching);
  const Taken taken = expect(replay.run(std::vector{kB0, kB0, kB0}));
  EXPECT_EQ(taken.changes, 0U);
  EXPECT_NEAR(taken.whole.time.count(), 7 + 30 + 0.5, 1e-9);
}

TEST(Replay, RefusesWhatWasNotMeasured) {
  const Tables tables = small_tables();
  const Replay replay(tables.networks[0], test::table_clocks(), tables.switching);
  EXPECT_THAT(error_of(replay.run(std::vector{kB0, kB0, Point{.device = 'B', .clock = 2, .host = {}}})), HasSubstr("layer 2 at B2"));
}

}  // namespace
}  // namespace mosaic::tables

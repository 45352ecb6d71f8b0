#include "mosaic/evaluation/rk3399pro/estimator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tables.h"

namespace mosaic::tables {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

const Point kBigLow{.device = 'B', .clock = 0, .host = {}};
const Point kBigMiddle{.device = 'B', .clock = 1, .host = {}};
const Point kBigHigh{.device = 'B', .clock = 2, .host = {}};

Point gpu(int clock, int host) { return {.device = 'G', .clock = clock, .host = host}; }

TEST(Clocks, NamesTheDeviceThatABoardLacks) {
  const Board board = expect(parse_board("schema_version: 1\nname: half\ndevices: [{name: big, kind: cpu, cores: [0]}]\n"));
  EXPECT_EQ(error_of(clocks_of(board)), "board 'half' has no device 'little', which the tables call L");
}

TEST(Clocks, ArePointsOfTheBoard) {
  const Clocks clocks = test::table_clocks();
  EXPECT_EQ(clocks.own(kBigMiddle), Hertz{1'000'000'000});
  EXPECT_EQ(clocks.own({.device = 'B', .clock = 9, .host = {}}), std::nullopt);
  EXPECT_EQ(clocks.driving(gpu(0, 2)), Hertz{2'000'000'000});
  EXPECT_EQ(clocks.own({.device = 'N', .clock = 1, .host = 1}), std::nullopt) << "its clock cannot be chosen";
}

TEST(TwoClocks, KeepsTheEndsAndTheCornersOfADrivenDevice) {
  const Tables tables = test::read_texts(test::kLayersHeader + test::exact_layers("net", 1) +
                                         "net,N,0,0,0,task,1,3000\nnet,N,1,1,0,task,1,3000\nnet,N,2,2,0,task,1,3000\n");
  const std::set<Point> kept = two_clocks(tables.networks[0], test::table_clocks()).points();
  const std::set<Point> wanted{kBigLow,   kBigHigh,  {.device = 'L', .clock = 0, .host = {}}, {.device = 'L', .clock = 1, .host = {}}, gpu(1, 2),
                               gpu(0, 2), gpu(1, 0), {.device = 'N', .clock = 0, .host = 0},  {.device = 'N', .clock = 2, .host = 2}};
  EXPECT_EQ(kept, wanted);
}

// Layer 0 on B takes 4 / f + 1 ms: 9 at 0.5 GHz, 3 at 2 GHz, so 5 at 1 GHz.
TEST(Estimator, FollowsEquationThreeBetweenTwoClocks) {
  const Tables tables = test::read_texts(test::kLayersHeader + test::exact_layers("net", 2));
  const Network reduced = two_clocks(tables.networks[0], test::table_clocks());
  const Estimator estimator(reduced, test::table_clocks(), {});
  const auto estimate = estimator.at(Metric::kTask, 0, kBigMiddle);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_NEAR(estimate->time.count(), 5, 1e-9);
}

// Layer 1 on G takes 2 / f + 2 / f_host: at 250 MHz under a host of 0.5 GHz 8 + 4 = 12 ms. The corners say 5 (both high), 9 (GPU low), 8 (host low);
// two steps away from the high corner: 5 + 4 + 3 = 12.
TEST(Estimator, AddsTheStepsOfDeviceAndHost) {
  const Tables tables = test::read_texts(test::kLayersHeader + test::exact_layers("net", 2));
  const Network reduced = two_clocks(tables.networks[0], test::table_clocks());
  const Estimator estimator(reduced, test::table_clocks(), {});
  EXPECT_FALSE(reduced.find(Metric::kTask, 1, gpu(0, 0)).has_value());
  const auto estimate = estimator.at(Metric::kTask, 1, gpu(0, 0));
  ASSERT_TRUE(estimate.has_value());
  EXPECT_NEAR(estimate->time.count(), 12, 1e-9);
}

// 6 ms at 1 GHz lie off the line between 9 and 3: what was measured there counts.
TEST(Estimator, TakesMoreClocksWhereTheyWereProfiled) {
  Tables tables = test::read_texts(test::kLayersHeader + test::exact_layers("net", 1));
  tables.networks[0].samples[{Metric::kTask, 0}][kBigMiddle] = {.time = Milliseconds(6), .power = Watts{3.5}};
  const Estimator estimator(tables.networks[0], test::table_clocks(), {});
  EXPECT_EQ(estimator.at(Metric::kTask, 0, kBigMiddle)->time, Milliseconds(6));
}

TEST(Estimator, KnowsNothingOfADeviceThatWasNotMeasuredOrOfOneClockFromAnother) {
  Tables tables = test::read_texts(std::string(test::kLayersHeader) + "net,B,0,-1,0,task,9,3000\n");
  const Estimator estimator(tables.networks[0], test::table_clocks(), {});
  EXPECT_FALSE(estimator.at(Metric::kTask, 0, kBigHigh).has_value());
  EXPECT_FALSE(estimator.at(Metric::kTask, 0, {.device = 'L', .clock = 0, .host = {}}).has_value());
  EXPECT_FALSE(estimator.at(Metric::kTask, 1, kBigLow).has_value());
}

// On B layer k draws 3 + (k + 1) f / 2 W: static 3 W, dynamic power in proportion to the clock, so that all relative voltages are 1.
TEST(FitPower, FindsStaticPowerAndVoltages) {
  const Tables tables = test::read_texts(test::kLayersHeader + test::exact_layers("net", 3));
  const Network* network = &tables.networks[0];
  const auto curves = fit_power({&network, 1}, test::table_clocks());
  const PowerCurve& big = curves.at('B');
  EXPECT_EQ(big.highest, kBigHigh);
  EXPECT_NEAR(big.static_power.value, 3, 0.011);
  EXPECT_NEAR(big.voltage.at(kBigLow).value, 1, 0.02);
  EXPECT_NEAR(big.voltage.at(kBigMiddle).value, 1, 0.02);
}

// A curve from one network tells the power of another from its highest clock alone: layer 4 draws 3 + 5 x 2 / 2 = 8 W at 2 GHz, so 3 + 5 / 4 x 1
// = 4.25 W at 0.5 GHz, of which its own row at 0.5 GHz is taken away here.
TEST(Estimator, CarriesPowerOverByEquationsFourAndFive) {
  Tables tables = test::read_texts(test::kLayersHeader + test::exact_layers("known", 3) + test::exact_layers("new", 5));
  const Network* known = &tables.networks[0];
  auto& rows = tables.networks[1].samples[{Metric::kTask, 4}];
  rows.erase(kBigLow);
  const Estimator estimator(tables.networks[1], test::table_clocks(), fit_power({&known, 1}, test::table_clocks()));
  const auto estimate = estimator.at(Metric::kTask, 4, kBigLow);
  ASSERT_TRUE(estimate && estimate->power);
  EXPECT_NEAR(estimate->power->value, 4.25, 0.05);
}

}  // namespace
}  // namespace mosaic::tables

#include "mosaic/evaluation/rk3399pro/whole_networks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "mosaic/base/random.h"
#include "mosaic/evaluation/rk3399pro/evaluation.h"
#include "tests/tables.h"

namespace mosaic::tables {
namespace {

using test::expect;
using testing::HasSubstr;

TEST(SplitByOrder, NeverTestsAnOrderThatItWasFittedTo) {
  std::vector<std::string> orders;
  for (int i = 0; i < 300; ++i) orders.push_back(fmt::format("order {}", i / 10));
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Split split = split_by_order(orders, 20, seed);
    EXPECT_EQ(split.calibration.size(), 20U);
    std::set<std::string> seen;
    for (const std::size_t r : split.calibration) seen.insert(orders[r]);
    EXPECT_GE(split.test.size(), 100U);
    for (const std::size_t r : split.test) EXPECT_FALSE(seen.contains(orders[r]));
  }
}

// Of three orders two may be calibrated on; of one none.
TEST(SplitByOrder, LeavesATestWhereThereAreFewOrders) {
  const Split three = split_by_order(std::vector<std::string>{"A", "A", "B", "B", "C", "C"}, 20, 1);
  EXPECT_EQ(three.calibration.size(), 4U);
  EXPECT_EQ(three.test.size(), 2U);
  const Split one = split_by_order(std::vector<std::string>{"A", "A"}, 20, 1);
  EXPECT_TRUE(one.calibration.empty());
}

TEST(SplitByOrder, IsTheSameForTheSameSeedAndAnotherForAnother) {
  std::vector<std::string> orders;
  for (int i = 0; i < 100; ++i) orders.push_back(fmt::format("{}", i));
  EXPECT_EQ(split_by_order(orders, 20, 3).calibration, split_by_order(orders, 20, 3).calibration);
  EXPECT_NE(split_by_order(orders, 20, 3).calibration, split_by_order(orders, 20, 4).calibration);
}

// In milliseconds: input 2; layers 10 on B and 20 on L, none on G; transfers 3; one change of device.
TEST(Amounts, AreOfTheInputTheLayersTheDevicesTheTransfersAndTheChanges) {
  Parts parts;
  parts.input.time = Milliseconds(2);
  parts.layers['B'].time = Milliseconds(10);
  parts.layers['L'].time = Milliseconds(20);
  parts.transfers.time = Milliseconds(3);
  parts.hops.time = Milliseconds(1);
  EXPECT_EQ(amounts_of(parts, "BGL", Quantity::kTime), (std::vector<double>{2, 30, 10, 0, 20, 3, 1}));
  EXPECT_EQ(calibration_terms("BGL").size(), 7U);
}

/// Runs of `network` in `orders` random orders, really 1.1 times what its rows say on B, 1.3 times on L, and 2 ms for each change of device;
/// published are times that are all 5 % low.
std::string runs_csv(const std::string& network, int layers, int orders) {
  std::string csv = "graph,order,freq,total_time,total_e,Predicted_Time,Predicted_Energy\n";
  Random random(7);
  for (int i = 0; i < orders; ++i) {
    std::string order;
    std::string clocks;
    double time = 0;
    for (int k = 0; k < layers; ++k) {
      const bool big = random.below(2) == 0;
      const int clock = static_cast<int>(random.below(2));
      const double f = clock == 0 ? 0.5 : 1;
      if (k == 0) time += (big ? 8 : 16) / f;
      if (k > 0 && order.back() != (big ? 'B' : 'L')) time += 2;
      time += big ? 1.1 * (4 * (k + 1) / f + 1) : 1.3 * (16 * (k + 1) / f + 4);
      order += big ? 'B' : 'L';
      clocks += fmt::format("({},){}", clock, k + 1 < layers ? ", " : "");
    }
    csv += fmt::format("{},{},\"({})\",{},{},{},{}\n", network, order, clocks, time, 4 * time, 0.95 * time, 3.8 * time);
  }
  return csv;
}

const Predictor& named(const std::vector<Predictor>& predictors, std::string_view name) {
  return *std::ranges::find(predictors, name, &Predictor::name);
}

TEST(Evaluate, CalibratesAwayWhatItsTermsCanSay) {
  const Tables tables = test::read_texts(test::kLayersHeader + test::exact_layers("net", 6), "", "", runs_csv("net", 6, 60));
  const Evaluation evaluation = expect(evaluate(tables, test::table_board()));
  ASSERT_EQ(evaluation.wholes.size(), 1U);
  const auto& predictors = evaluation.wholes[0].predictors;
  EXPECT_NEAR(*named(predictors, "published prediction").errors.time, 5, 1e-6);
  EXPECT_NEAR(*named(predictors, "published x one scalar").errors.time, 0, 1e-2);
  EXPECT_GT(*named(predictors, "ours").errors.time, 15);
  EXPECT_LT(*named(predictors, "ours, calibrated").errors.time, 0.5);
  EXPECT_LT(*named(predictors, "ours, calibrated").errors.time, *named(predictors, "ours x one scalar").errors.time);
  EXPECT_FALSE(named(predictors, "ours, calibrated (on the other networks)").errors.time.has_value()) << "there are none";
}

// 400 runs weigh more than what is expected of the coefficients: 1.1 on B, 1.3 on L, 2 ms for each change.
TEST(Evaluate, FindsTheCoefficients) {
  const Tables tables = test::read_texts(test::kLayersHeader + test::exact_layers("net", 6), "", "", runs_csv("net", 6, 600));
  const Evaluation evaluation = expect(evaluate(tables, test::table_board(), {.networks = {}, .calibration = {.runs = 400, .draws = 1}}));
  const Calibration& time = evaluation.wholes[0].time;
  const std::vector<double>& by = time.coefficients;  // input, layers, on B, on L, transfers, changes
  EXPECT_NEAR(by[1] + by[2], 1.1, 0.02);
  EXPECT_NEAR(by[1] + by[3], 1.3, 0.02);
  EXPECT_NEAR(by[5], 2, 0.7);
}

TEST(Evaluate, NamesTheNetworksThereAre) {
  const Tables tables = test::read_texts(test::kLayersHeader + test::exact_layers("alex", 2) + test::exact_layers("google", 2));
  const std::string message = test::error_of(evaluate(tables, test::table_board(), {.networks = {"googl"}, .calibration = {}}));
  EXPECT_EQ(message, "there is no network 'googl', did you mean 'google'?; there are alex, google");
}

TEST(Evaluate, SaysWhyRunsAreLeftOut) {
  const std::string runs =
      "graph,order,freq,total_time,total_e\nnet,BN,\"((0,), (0,))\",20,80\nnet,BBB,\"((0,), (0,), (0,))\",20,80\nother,B,\"((0,),)\",9,9\n";
  const Tables tables = test::read_texts(test::kLayersHeader + test::exact_layers("net", 2), "", "", runs);
  const Evaluation evaluation = expect(evaluate(tables, test::table_board()));
  EXPECT_TRUE(evaluation.wholes.empty());
  const std::string notes = fmt::format("{}\n{}", evaluation.notes.at(0), evaluation.notes.at(1));
  EXPECT_THAT(notes, HasSubstr("nothing is known of layer 1 at N0"));
  EXPECT_THAT(notes, HasSubstr("runs of 3 layers, the profile has 2"));
  EXPECT_THAT(notes, HasSubstr("other: 1 measured runs, but no profile of that name"));
}

}  // namespace
}  // namespace mosaic::tables

#include "mosaic/evaluation/rk3399pro/evaluation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "mosaic/base/statistics.h"
#include "mosaic/evaluation/rk3399pro/rk3399pro_csv.h"
#include "tests/support.h"

namespace mosaic::tables {
namespace {

using test::expect;

/// The real board and its tables, evaluated once for all tests.
const Evaluation& real(const std::filesystem::path& folder) {
  static const Evaluation kEvaluation =
      expect(evaluate(expect(read_tables(folder)), expect(read_board(std::filesystem::path(MOSAIC_SOURCE_FOLDER) / "boards" / "rk3399pro.yaml"))));
  return kEvaluation;
}

const Errors& errors_of(const std::vector<Predictor>& predictors, std::string_view name) {
  const auto found = std::ranges::find(predictors, name, &Predictor::name);
  if (found == predictors.end()) throw std::runtime_error("no such predictor");
  return found->errors;
}

TEST(Rk3399pro, ReproducesThePublishedErrors) {
  MOSAIC_NEEDS_SHARED(folder, "profiles/rk3399pro");
  const std::map<std::string, std::pair<double, double>> published{
      {"alex", {6.9, 8.1}}, {"google", {7.8, 9.0}}, {"res50", {4.7, 4.9}}, {"squeeze", {7.1, 8.2}}};
  std::size_t found = 0;
  for (const WholeResult& whole : real(folder).wholes) {
    const auto expected = published.find(whole.network);
    if (expected == published.end()) continue;
    ++found;
    const Errors& errors = errors_of(whole.predictors, "published prediction");
    EXPECT_NEAR(*errors.time, expected->second.first, 0.1) << whole.network;
    EXPECT_NEAR(*errors.energy, expected->second.second, 0.1) << whole.network;
  }
  EXPECT_EQ(found, published.size());
}

TEST(Rk3399pro, CalibrationOnTwentyRunsKeepsItsBounds) {
  MOSAIC_NEEDS_SHARED(folder, "profiles/rk3399pro");
  const std::map<std::string, std::pair<double, double>> bounds{
      {"alex", {3.0, 2.7}}, {"google", {2.6, 2.5}}, {"res50", {1.8, 1.6}}, {"squeeze", {2.6, 2.7}}};
  for (const WholeResult& whole : real(folder).wholes) {
    const auto bound = bounds.find(whole.network);
    if (bound == bounds.end()) continue;
    const Errors& errors = errors_of(whole.predictors, "ours, calibrated");
    EXPECT_LE(*errors.time, bound->second.first) << whole.network;
    EXPECT_LE(*errors.energy, bound->second.second) << whole.network;
    EXPECT_LT(*errors.time, *errors_of(whole.predictors, "ours").time) << whole.network;
    EXPECT_LT(*errors.energy, *errors_of(whole.predictors, "ours").energy) << whole.network;
  }
}

TEST(Rk3399pro, CalibratedIsBestOnTheMeanOfTheNetworks) {
  MOSAIC_NEEDS_SHARED(folder, "profiles/rk3399pro");
  const std::vector<Predictor>& means = real(folder).means;
  const Errors& ours = errors_of(means, "ours, calibrated");
  for (const char* other : {"published prediction", "published x one scalar", "ours", "ours x one scalar"}) {
    EXPECT_LT(*ours.time, *errors_of(means, other).time) << other;
    EXPECT_LT(*ours.energy, *errors_of(means, other).energy) << other;
  }
}

TEST(Rk3399pro, CalibrationAndTestShareNoDeviceOrder) {
  MOSAIC_NEEDS_SHARED(folder, "profiles/rk3399pro");
  for (const MeasuredRuns& runs : expect(read_tables(folder)).runs) {
    std::vector<std::string> orders;
    for (const MeasuredRun& run : runs.runs) orders.push_back(run.order);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const Split split = split_by_order(orders, 20, seed);
      std::set<std::string> seen;
      for (const std::size_t r : split.calibration) seen.insert(orders[r]);
      EXPECT_EQ(split.calibration.size(), 20U) << runs.network;
      EXPECT_FALSE(split.test.empty()) << runs.network;
      for (const std::size_t r : split.test) EXPECT_FALSE(seen.contains(orders[r])) << runs.network;
    }
  }
}

TEST(Rk3399pro, EquationThreeIsOffByAFewPerCentBetweenItsTwoClocks) {
  MOSAIC_NEEDS_SHARED(folder, "profiles/rk3399pro");
  for (const ClockErrors& each : real(folder).clocks) {
    if (each.device == 'N') continue;
    EXPECT_GT(each.rows, 100U);
    EXPECT_LT(each.time_mean_percent, 5) << each.set << each.device;
    EXPECT_LT(each.power_mean_percent, 4) << each.set << each.device;
  }
}

TEST(Rk3399pro, ExactPlansAreNeverWorseByTheirOwnCostsOnAnyNetwork) {
  MOSAIC_NEEDS_SHARED(folder, "profiles/rk3399pro");
  std::size_t networks = 0;
  for (const NetworkPlans& plans : real(folder).plans) {
    ++networks;
    std::map<Objective, double> exact;
    for (const PlanRow& row : plans.rows) {
      if (row.version == "exact") exact[row.objective] = row.predicted;
    }
    EXPECT_EQ(exact.size(), 3U) << plans.network;
    for (const PlanRow& row : plans.rows) {
      if (row.version != "best single" && row.version != "greedy") continue;
      EXPECT_LE(exact.at(row.objective), row.predicted) << plans.network;
    }
  }
  EXPECT_GE(networks, 6U);
}

}  // namespace
}  // namespace mosaic::tables

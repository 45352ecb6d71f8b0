#include "mosaic/cost/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chains.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::AllOf;
using testing::HasSubstr;

/// What a configuration truly costs, in microseconds.
struct Truth {
  std::vector<double> layers;
  double alpha = 0;  // a KiB that comes in
  double beta = 0;   // a slice
  double gamma = 0;  // a KiB that goes out

  /// The comment of `fit_profile`, word for word.
  [[nodiscard]] double slice(const Graph& graph, std::size_t begin, std::size_t end) const {
    double sum = 0;
    for (std::size_t k = begin; k < end; ++k) sum += layers[k];
    if (begin > 0) sum += beta + alpha * static_cast<double>(graph.cuts[begin - 1].bytes.value) / 1024;
    if (end < layers.size()) sum += gamma * static_cast<double>(graph.cuts[end - 1].bytes.value) / 1024;
    return sum;
  }
};

/// A graph whose cuts carry different amounts.
Graph uneven_graph(std::size_t layers, Random& random) {
  Graph graph = test::line_graph(std::vector<std::int64_t>(layers, 1), std::vector<std::int64_t>(layers, 1));
  for (Cut& cut : graph.cuts) cut.bytes = Bytes{static_cast<std::int64_t>(1024 * (1 + random.below(400)))};
  return graph;
}

/// The slices that the profiler measures: sizes 1, 2, 4 and 8, each but the first at two offsets.
std::vector<std::pair<std::size_t, std::size_t>> cuttings(std::size_t layers) {
  std::vector<std::pair<std::size_t, std::size_t>> slices;
  for (const auto& [size, offset] : std::vector<std::pair<std::size_t, std::size_t>>{{1, 0}, {2, 0}, {2, 1}, {4, 0}, {4, 2}, {8, 0}, {8, 4}}) {
    std::size_t begin = 0;
    for (std::size_t end = 1; end <= layers; ++end) {
      if (end != layers && end % size != offset) continue;
      slices.emplace_back(begin, end);
      begin = end;
    }
  }
  return slices;
}

Profile profile_of(const Graph& graph, const Board& board, const std::vector<Truth>& truths, std::size_t rounds = 3) {
  Profile profile;
  profile.rounds = rounds;
  for (std::size_t c = 0; c < truths.size(); ++c) {
    const std::string& name = board.configurations[c].name;
    for (const auto& [begin, end] : cuttings(graph.layers.size())) {
      profile.slices.push_back(
          {.begin = begin, .end = end, .configuration = name, .microseconds = std::vector<double>(rounds, truths[c].slice(graph, begin, end))});
    }
  }
  return profile;
}

Truth random_truth(std::size_t layers, Random& random) {
  Truth truth{.layers = {}, .alpha = random.uniform(0, 0.05), .beta = random.uniform(0, 20), .gamma = random.uniform(0, 0.05)};
  for (std::size_t k = 0; k < layers; ++k) truth.layers.push_back(random.uniform(40, 200));
  return truth;
}

// The solver stops when a sweep moves nothing by more than 1e-6 us. Its sweeps shrink the error by at least a part in a thousand, so what is left of
// an unknown is below 1e-3 us, and of a slice of a dozen unknowns below 0.02 us: 0.05 % of the shortest layer.
constexpr double kUnknown = 1e-3;
constexpr double kSlice = 0.02;

TEST(FitProfile, RecoversLayersAndTheCostOfASliceExactly) {
  // With nothing paid by the byte all unknowns are determined.
  Random random(16);
  for (int i = 0; i < 5; ++i) {
    const Graph graph = uneven_graph(20, random);
    const Board board = test::row_board(2);
    std::vector<Truth> truths{random_truth(20, random), random_truth(20, random)};
    for (Truth& truth : truths) truth.alpha = truth.gamma = 0;
    const Fit fit = expect(fit_profile(profile_of(graph, board, truths), graph, board));
    for (std::size_t c = 0; c < truths.size(); ++c) {
      for (std::size_t k = 0; k < 20; ++k) EXPECT_NEAR(*fit.configurations[c].layers[k], truths[c].layers[k], kUnknown);
      EXPECT_NEAR(fit.configurations[c].enter.intercept, truths[c].beta, kUnknown);
      EXPECT_NEAR(fit.configurations[c].enter.slope, 0, kUnknown);
      EXPECT_NEAR(fit.configurations[c].leave_per_kib, 0, kUnknown);
      EXPECT_NEAR(fit.configurations[c].residual_percent, 0, kUnknown);
    }
  }
}

TEST(FitProfile, RecoversWhatEverySliceCostsExactly) {
  // Paying for a byte where it leaves or where it enters makes no slice dearer than the other, if the layers around the cut make up for it: what is
  // determined is the sum of alpha and gamma, beta, and each slice, also those that were not measured.
  Random random(17);
  for (int i = 0; i < 5; ++i) {
    constexpr std::size_t kLayers = 14;
    const Graph graph = uneven_graph(kLayers, random);
    const Board board = test::row_board(1);
    const Truth truth = random_truth(kLayers, random);
    const ConfigurationFit fit = expect(fit_profile(profile_of(graph, board, {truth}), graph, board)).configurations[0];
    EXPECT_NEAR(fit.enter.intercept, truth.beta, kSlice);
    EXPECT_NEAR(fit.enter.slope + fit.leave_per_kib, truth.alpha + truth.gamma, kUnknown);
    Truth found{.layers = {}, .alpha = fit.enter.slope, .beta = fit.enter.intercept, .gamma = fit.leave_per_kib};
    for (const auto& layer : fit.layers) found.layers.push_back(*layer);
    for (std::size_t begin = 0; begin < kLayers; ++begin) {
      for (std::size_t end = begin + 1; end <= kLayers; ++end) {
        EXPECT_NEAR(found.slice(graph, begin, end), truth.slice(graph, begin, end), kSlice) << begin << " to " << end;
      }
    }
  }
}

TEST(FitProfile, IsNotMovedByOneBadRoundInThree) {
  Random random(18);
  const Graph graph = uneven_graph(12, random);
  const Board board = test::row_board(1);
  const Truth truth = random_truth(12, random);
  Profile profile = profile_of(graph, board, {truth});
  const Fit clean = expect(fit_profile(profile, graph, board));
  for (SliceSamples& slice : profile.slices) slice.microseconds[random.below(3)] *= 50;
  EXPECT_EQ(expect(fit_profile(profile, graph, board)).configurations[0].layers, clean.configurations[0].layers);
}

TEST(FitProfile, LeavesOutWhatAConfigurationCannotRun) {
  const Graph graph = test::line_graph({1, 1, 1}, {1, 1, 1}, 1024);
  const Board board = test::row_board(1);
  Profile profile{.rounds = 1};
  profile.slices = {{.begin = 0, .end = 1, .configuration = "d0", .microseconds = {10}},
                    {.begin = 2, .end = 3, .configuration = "d0", .microseconds = {30}}};
  profile.unsupported = {{.configuration = "d0", .layer = 1, .reason = "no"}};
  const Fit fit = expect(fit_profile(profile, graph, board));
  EXPECT_NEAR(*fit.configurations[0].layers[0], 10, kUnknown);
  EXPECT_FALSE(fit.configurations[0].layers[1].has_value());
  EXPECT_FALSE(fit.configurations[0].check_percent().has_value());
}

TEST(FitProfile, ChargesEnteringOnceBehindALayerThatRunsElsewhere) {
  // Every slice but the first pays 5 us for entering, also the one behind layer 1.
  const Graph graph = test::line_graph({1, 1, 1, 1}, {1, 1, 1, 1});
  const Board board = test::row_board(1);
  Profile profile{.rounds = 1};
  const auto add = [&](std::size_t begin, std::size_t end, double us) {
    profile.slices.push_back({.begin = begin, .end = end, .configuration = "d0", .microseconds = {us}});
  };
  add(0, 1, 10);
  add(2, 3, 5 + 20);
  add(3, 4, 5 + 30);
  add(2, 4, 5 + 20 + 30);
  profile.unsupported = {{.configuration = "d0", .layer = 1, .reason = "no"}};
  const ConfigurationFit fit = expect(fit_profile(profile, graph, board)).configurations[0];
  EXPECT_NEAR(fit.enter.intercept, 5, kUnknown);
  EXPECT_NEAR(*fit.layers[2], 20, kUnknown);
  EXPECT_NEAR(*fit.layers[3], 30, kUnknown);
}

TEST(FitProfile, NamesALayerThatWasNotMeasured) {
  const Graph graph = test::line_graph({1, 1}, {1, 1});
  const Board board = test::row_board(1);
  Profile profile{.rounds = 1};
  profile.slices = {{.begin = 0, .end = 1, .configuration = "d0", .microseconds = {10}}};
  const auto fit = fit_profile(profile, graph, board);
  EXPECT_THAT(error_of(fit), AllOf(HasSubstr("layer 1 ('layer1')"), HasSubstr("d0")));
  EXPECT_EQ(fit.error().code, ErrorCode::kInvalidInput);
}

TEST(FitProfile, SaysHowFarRoundsDriftedAndHowFarSumsAreOff) {
  // One layer; rounds of 90, 100 and 120 us: 5 % quantile 90 + 0.1 * 10 = 91, 95 % quantile 120 - 0.1 * 20 = 118. Whole 80: the sum says 25 % more.
  const Graph graph = test::line_graph({1}, {1});
  const Board board = test::row_board(1);
  Profile profile{.rounds = 3};
  profile.slices = {{.begin = 0, .end = 1, .configuration = "d0", .microseconds = {100, 120, 90}}};
  profile.wholes = {{.begin = 0, .end = 1, .configuration = "d0", .microseconds = {80, 79, 81}}};
  const ConfigurationFit fit = expect(fit_profile(profile, graph, board)).configurations[0];
  EXPECT_NEAR(fit.relative_low, 0.91, 1e-9);
  EXPECT_NEAR(fit.relative_high, 1.18, 1e-9);
  EXPECT_EQ(fit.whole, 80);
  EXPECT_NEAR(*fit.check_percent(), 25, kUnknown);
}

TEST(FitProfile, FitsLinksAsLinesThatNeverGoBelowNothing) {
  const Graph graph = test::line_graph({1}, {1});
  const Board board = test::row_board(2);
  Profile profile{.rounds = 1};
  for (const char* name : {"d0", "d1"}) profile.slices.push_back({.begin = 0, .end = 1, .configuration = name, .microseconds = {1}});
  const auto link = [](const std::string& from, const std::string& to, double at_1, double at_2, double at_3) {
    return LinkSamples{.from = from, .to = to, .points = {{Bytes{1024}, {at_1}}, {Bytes{2048}, {at_2}}, {Bytes{3072}, {at_3}}}};
  };
  profile.links = {link("d0", "d1", 7, 9, 11), link("d1", "d0", 9, 6, 3), link("d0", "d0", -2, 0, 2)};
  const Fit fit = expect(fit_profile(profile, graph, board));
  const auto& rising = fit.links.at({"d0", "d1"});
  EXPECT_NEAR(rising.slope, 2, 1e-9);
  EXPECT_NEAR(rising.intercept, 5, 1e-9);
  const auto& falling = fit.links.at({"d1", "d0"});
  EXPECT_EQ(falling.slope, 0) << "more bytes never cost less";
  EXPECT_NEAR(falling.intercept, 6, 1e-9);
  const auto& below = fit.links.at({"d0", "d0"});
  EXPECT_NEAR(below.slope, 2, 1e-9);
  EXPECT_EQ(below.intercept, 0);
}

}  // namespace
}  // namespace mosaic

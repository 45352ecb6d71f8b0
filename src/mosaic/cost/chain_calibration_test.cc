#include "mosaic/cost/chain_calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "mosaic/base/random.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

/// Two layers on two devices: layer k on configuration c takes (k + 1) (c + 1) ms; getting in 3 ms, entering 1, leaving 2, a hop 5.
ChainCosts small_costs() {
  constexpr std::int64_t kMs = 1'000'000'000;
  ChainCosts costs(2, 2, 2);
  for (std::size_t c = 0; c < 2; ++c) {
    costs.place[c] = static_cast<std::uint32_t>(c);
    for (std::size_t k = 0; k < 2; ++k) costs.execute[costs.cell(c, k)] = static_cast<std::int64_t>((k + 1) * (c + 1)) * kMs;
    costs.enter[costs.border(c, 0)] = 3 * kMs;
    costs.enter[costs.border(c, 1)] = kMs;
    costs.leave[costs.border(c, 1)] = 2 * kMs;
  }
  for (std::int64_t& each : costs.transfer) each = 5 * kMs;
  return costs;
}

const Chain kBoth{.borders = {0, 1, 2}, .configurations = {0, 1}};

// Layer 0 on the first device takes 1 ms, layer 1 on the second 4; between them 2 + 5 + 1.
TEST(ChainAmounts, AreTheInputTheLayersTheWaysAndTheSlices) {
  EXPECT_EQ(chain_amounts(small_costs(), kBoth), (std::vector<double>{3, 5, 1, 4, 8, 1}));
}

TEST(ChainAmounts, AddUpToTheCostWithTheCoefficientsThatAreExpected) {
  const Board board = test::simulated_board();
  const std::vector<CalibrationTerm> terms = chain_terms(board, Milliseconds(10));
  EXPECT_EQ(terms.size(), board.devices.size() + 4);
  const std::vector<double> amounts = chain_amounts(small_costs(), kBoth);
  EXPECT_DOUBLE_EQ(amounts[0] + amounts[1] + amounts[4], static_cast<double>(cost_of(small_costs(), kBoth).count()) / 1e9);
}

TEST(Calibrated, CostsWhatTheCalibrationSaysOfTheAmounts) {
  Calibration calibration;
  calibration.coefficients = {0.9, 1.1, 0.1, -0.05, 1.5, 0.4};
  const ChainCosts after = calibrated(small_costs(), calibration);
  for (const Chain& chain : {kBoth, Chain{.borders = {0, 2}, .configurations = {1}}}) {
    EXPECT_NEAR(static_cast<double>(cost_of(after, chain).count()) / 1e9, calibration.at(chain_amounts(small_costs(), chain)), 1e-6);
  }
}

// The second device runs at another level of one clock: there and back again.
TEST(Calibrated, TakesChangesOfClocksForAPartOfTheWay) {
  ChainCosts costs = small_costs();
  costs.clocks.emplace(std::vector<std::size_t>{2}, 2);
  costs.clocks->sets = {{{.domain = 0, .level = 0}}, {{.domain = 0, .level = 1}}};
  costs.clocks->cost(0, 0, 1) = costs.clocks->cost(0, 1, 0) = 2'000'000'000;
  EXPECT_EQ(chain_amounts(costs, kBoth), (std::vector<double>{3, 5, 1, 4, 12, 1}));
  Calibration calibration;
  calibration.coefficients = {0.9, 1.1, 0.1, -0.05, 1.5, 0.4};
  EXPECT_NEAR(static_cast<double>(cost_of(calibrated(costs, calibration), kBoth).count()) / 1e9, calibration.at(chain_amounts(costs, kBoth)), 1e-6);
}

TEST(Calibrated, NeverFallsBelowNothing) {
  Calibration calibration;
  calibration.coefficients = {1, 1, 0, 0, 1, -100};
  EXPECT_EQ(calibrated(small_costs(), calibration).enter[1], 0);
}

BoardCalibration some_calibration(const Graph& graph, const Board& board) {
  BoardCalibration of{.graph_name = graph.name,
                      .graph = graph.fingerprint,
                      .board_name = board.name,
                      .board = board.fingerprint,
                      .simulated = true,
                      .calibration = {}};
  of.calibration = expect(calibrate(chain_terms(board, Milliseconds(10)), {}));
  return of;
}

TEST(CalibrationFile, IsReadAsItWasWritten) {
  const test::TemporaryFolder folder;
  const Board board = test::simulated_board();
  const Graph graph{.name = "net", .fingerprint = "abc"};
  const std::string text = format_calibration(some_calibration(graph, board));
  EXPECT_EQ(format_calibration(expect(parse_calibration(text))), text);
  expect(write_file(folder / "c.json", text));
  EXPECT_EQ(format_calibration(expect(read_calibration(folder / "c.json", graph, board))), text);
}

TEST(CalibrationFile, IsRefusedForAnotherModelAndWithNumbersThatMakeNoSense) {
  const test::TemporaryFolder folder;
  const Board board = test::simulated_board();
  const Graph graph{.name = "net", .fingerprint = "abc"};
  const std::string text = format_calibration(some_calibration(graph, board));
  expect(write_file(folder / "c.json", text));
  EXPECT_THAT(error_of(read_calibration(folder / "c.json", Graph{.name = "other", .fingerprint = "def"}, board)),
              HasSubstr("is a calibration of model 'net' on board 'toy', not of 'other'"));
  BoardCalibration nonsense = some_calibration(graph, board);
  nonsense.calibration.terms[0].spread = -1;
  EXPECT_THAT(error_of(parse_calibration(format_calibration(nonsense))), HasSubstr("term 0: its numbers make no sense"));
  EXPECT_THAT(error_of(parse_calibration("{\"schema_version\": 2}")), HasSubstr("schema"));
}

}  // namespace
}  // namespace mosaic

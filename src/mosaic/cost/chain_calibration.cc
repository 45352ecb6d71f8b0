#include "mosaic/cost/chain_calibration.h"

#include <algorithm>
#include <cmath>

#include "mosaic/base/check.h"

namespace mosaic {
namespace {

constexpr double kPerMillisecond = 1e9;  // picoseconds

double milliseconds(std::int64_t picoseconds) { return static_cast<double>(picoseconds) / kPerMillisecond; }

std::int64_t scaled(std::int64_t picoseconds, double factor, double more_ms = 0) {
  return std::llround(std::max(static_cast<double>(picoseconds) * factor + more_ms * kPerMillisecond, 0.0));
}

}  // namespace

std::vector<CalibrationTerm> chain_terms(const Board& board, Milliseconds typical) {
  constexpr double kSliceShare = 0.02;
  std::vector<CalibrationTerm> terms{{.name = "input", .expected = 1, .spread = 0.1}, {.name = "layers", .expected = 1, .spread = 0.3}};
  for (const Device& device : board.devices) terms.push_back({.name = "layers on " + device.name, .expected = 0, .spread = 0.1});
  terms.push_back({.name = "entering, leaving and links", .expected = 1, .spread = 0.5});
  terms.push_back({.name = "each further slice, ms", .expected = 0, .spread = std::max(typical.count() * kSliceShare, 1e-9)});
  return terms;
}

std::vector<double> chain_amounts(const ChainCosts& costs, const Chain& chain) {
  std::vector<double> amounts(costs.places + 4, 0.0);
  double& input = amounts[0];
  double& layers = amounts[1];
  double& around = amounts[costs.places + 2];
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
    const std::size_t c = chain.configurations[s];
    const std::size_t begin = chain.borders[s];
    const std::size_t end = chain.borders[s + 1];
    for (std::size_t k = begin; k < end; ++k) {
      const double time = milliseconds(costs.execute[costs.cell(c, k)]);
      layers += time;
      amounts[2 + costs.place[c]] += time;
    }
    around += milliseconds(costs.leave[costs.border(c, end)]);
    (s == 0 ? input : around) += milliseconds(costs.enter[costs.border(c, begin)]);
    if (s > 0) around += milliseconds(costs.transfer[costs.hop(begin, costs.place[chain.configurations[s - 1]], costs.place[c])]);
    if (costs.clocks) around += milliseconds(costs.clocks->charged(chain.configurations, s));
  }
  amounts.back() = static_cast<double>(chain.configurations.size() - 1);
  return amounts;
}

ChainCosts calibrated(ChainCosts costs, const Calibration& calibration) {
  MOSAIC_CHECK(calibration.coefficients.size() == costs.places + 4);
  const std::vector<double>& by = calibration.coefficients;
  const double around = by[costs.places + 2];
  const double each_slice = by.back();
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    for (std::size_t k = 0; k < costs.layers; ++k) {
      std::int64_t& time = costs.execute[costs.cell(c, k)];
      time = scaled(time, by[1] + by[2 + costs.place[c]]);
    }
    for (std::size_t cut = 0; cut <= costs.layers; ++cut) {
      std::int64_t& enter = costs.enter[costs.border(c, cut)];
      std::int64_t& leave = costs.leave[costs.border(c, cut)];
      enter = cut == 0 ? scaled(enter, by[0]) : scaled(enter, around, each_slice);
      leave = scaled(leave, around);
    }
  }
  for (std::int64_t& each : costs.transfer) each = scaled(each, around);
  for (std::size_t d = 0; costs.clocks && d < costs.clocks->change.size(); ++d) {
    for (std::int64_t& each : costs.clocks->change[d]) each = scaled(each, around);
  }
  return costs;
}

}  // namespace mosaic

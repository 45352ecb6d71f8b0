#include "mosaic/evaluation/paper/plan_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "mosaic/evaluation/paper/paper_board.h"

namespace mosaic::evaluation {
namespace {

/// The configuration of each layer.
std::vector<std::size_t> by_layer(const Chain& chain) {
  std::vector<std::size_t> configurations;
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
    configurations.insert(configurations.end(), chain.borders[s + 1] - chain.borders[s], chain.configurations[s]);
  }
  return configurations;
}

/// Everything that is not layers.
std::int64_t handing_over(const ChainCosts& costs, const Chain& chain) {
  std::int64_t sum = cost_of(costs, chain).count();
  const std::vector<std::size_t> configurations = by_layer(chain);
  for (std::size_t l = 0; l < configurations.size(); ++l) sum -= costs.execute[costs.cell(configurations[l], l)];
  return sum;
}

}  // namespace

PlanDifference compare_costs(const Estimates& estimates, const Board& board, bool energy, const Chain& ours, const Chain& published) {
  const ChainCosts& costs = energy ? *estimates.costs.energy : estimates.costs.time;
  constexpr double kUnit = 1e-9;  // picoseconds or picojoules to ms or mJ
  const auto unit = [&](std::int64_t cost) { return static_cast<double>(cost) * kUnit; };
  const auto letter = [&](std::size_t c) { return letter_of(board.device_of(estimates.configurations[c])); };
  const std::vector<std::size_t> mine = by_layer(ours);
  const std::vector<std::size_t> theirs = by_layer(published);
  std::map<std::pair<char, char>, PlanDifference::Part> parts;
  for (std::size_t l = 0; l < mine.size(); ++l) {
    if (mine[l] == theirs[l]) continue;
    PlanDifference::Part& part = parts[{letter(mine[l]), letter(theirs[l])}];
    part.ours = letter(mine[l]);
    part.published = letter(theirs[l]);
    ++part.layers;
    part.our_cost += unit(costs.execute[costs.cell(mine[l], l)]);
    part.published_cost += unit(costs.execute[costs.cell(theirs[l], l)]);
  }
  PlanDifference difference{
      .parts = {}, .our_handing_over = unit(handing_over(costs, ours)), .published_handing_over = unit(handing_over(costs, published))};
  for (const auto& [devices, part] : parts) difference.parts.push_back(part);
  return difference;
}

std::string reason(const PlanDifference& difference, bool energy, std::string_view published_on) {
  const char* const unit = energy ? "mJ" : "ms";
  const PlanDifference::Part* largest = nullptr;
  const auto rank = [&](const PlanDifference::Part& part) {
    return std::pair(published_on.contains(part.published), std::abs(part.published_cost - part.our_cost));
  };
  for (const PlanDifference::Part& part : difference.parts) {
    if (largest == nullptr || rank(part) > rank(*largest)) largest = &part;
  }
  const std::string handing_over =
      fmt::format("handing over {:.1f} {} against {:.1f}", difference.our_handing_over, unit, difference.published_handing_over);
  if (largest == nullptr) return difference.our_handing_over == difference.published_handing_over ? "" : handing_over;
  const char* const clock = largest->ours == largest->published ? " at another clock" : "";
  return fmt::format("{} layer{} on {} here and on {} there{}: {:.1f} {} against {:.1f}; {}", largest->layers, largest->layers == 1 ? "" : "s",
                     largest->ours, largest->published, clock, largest->our_cost, unit, largest->published_cost, handing_over);
}

}  // namespace mosaic::evaluation

#include "mosaic/cost/time_and_energy.h"

#include <algorithm>
#include <vector>

#include "mosaic/base/check.h"

namespace mosaic {
namespace {

std::vector<std::int64_t> weighted(const std::vector<std::int64_t>& a, std::int64_t a_weight, const std::vector<std::int64_t>& b,
                                   std::int64_t b_weight) {
  std::vector<std::int64_t> sums(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) sums[i] = a_weight * a[i] + b_weight * b[i];
  return sums;
}

}  // namespace

bool same_structure(const ChainCosts& a, const ChainCosts& b) {
  const bool same_size = a.layers == b.layers && a.configurations == b.configurations && a.places == b.places;
  const bool same_memory = a.weights == b.weights && a.activations == b.activations && a.slice_limit == b.slice_limit && a.space == b.space &&
                           a.space_limit == b.space_limit && a.memory_limit == b.memory_limit;
  const bool same_clocks =
      a.clocks.has_value() == b.clocks.has_value() && (!a.clocks || (a.clocks->levels == b.clocks->levels && a.clocks->sets == b.clocks->sets));
  return same_size && a.runs == b.runs && a.place == b.place && same_memory && same_clocks;
}

TimeAndEnergy measured_time_and_energy(const Fit& fit, const Graph& graph, const Board& board, const std::optional<Fit>& energy) {
  TimeAndEnergy costs{.time = measured_costs(fit, graph, board), .energy = {}};
  if (energy) {
    costs.energy = measured_costs(*energy, graph, board);  // microjoules become picojoules as microseconds become picoseconds
    costs.energy->clocks = costs.time.clocks;              // what changing them draws nobody measured
    for (std::size_t d = 0; costs.energy->clocks && d < costs.energy->clocks->change.size(); ++d) {
      std::ranges::fill(costs.energy->clocks->change[d], 0);
    }
  }
  return costs;
}

std::optional<PricedChain> price(const TimeAndEnergy& costs, const Chain& chain) {
  PricedChain priced{.chain = chain, .time = cost_of(costs.time, chain), .energy = {}};
  if (!priced.time.feasible()) return std::nullopt;
  if (costs.energy) priced.energy = cost_of(*costs.energy, chain);
  return priced;
}

Result<const ChainCosts*> energy_of(const TimeAndEnergy& costs) {
  if (costs.energy) return &*costs.energy;
  return fail(ErrorCode::kUnsupported,
              "nothing says what energy the configurations use: measure it with 'mosaic profile --meter ...', or give every operating point in the "
              "board file its power (docs/energy.md)");
}

ChainCosts weighted_sum(const ChainCosts& a, std::int64_t a_weight, const ChainCosts& b, std::int64_t b_weight) {
  MOSAIC_CHECK(same_structure(a, b));
  ChainCosts sum = a;
  sum.execute = weighted(a.execute, a_weight, b.execute, b_weight);
  sum.enter = weighted(a.enter, a_weight, b.enter, b_weight);
  sum.leave = weighted(a.leave, a_weight, b.leave, b_weight);
  sum.transfer = weighted(a.transfer, a_weight, b.transfer, b_weight);
  for (std::size_t d = 0; sum.clocks && d < sum.clocks->change.size(); ++d) {
    sum.clocks->change[d] = weighted(a.clocks->change[d], a_weight, b.clocks->change[d], b_weight);
  }
  return sum;
}

ChainCosts restricted_to(ChainCosts costs, const std::vector<bool>& allowed) {
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    if (allowed[c]) continue;
    for (std::size_t k = 0; k < costs.layers; ++k) costs.runs[costs.cell(c, k)] = 0;
  }
  return costs;
}

}  // namespace mosaic

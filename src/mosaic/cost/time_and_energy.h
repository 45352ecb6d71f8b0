#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/cost/chain_costs.h"

namespace mosaic {

/// What chains of one model on one board cost in time and in energy. Both tables have the same structure: they differ in the numbers alone.
struct TimeAndEnergy {
  ChainCosts time;                     ///< picoseconds
  std::optional<ChainCosts> energy{};  ///< picojoules; none: nobody measured or modelled it
  std::string energy_source{};         ///< "simulated", or "modelled: ..." and from what; empty where there is none
};

/// Whether two tables describe the same chains: the same layers, configurations, places, what can run, memory and limits, and which configuration
/// sets which clock.
[[nodiscard]] bool same_structure(const ChainCosts& a, const ChainCosts& b);

/// A chain with what it costs.
struct PricedChain {
  Chain chain;
  Cost time;
  std::optional<Cost> energy{};  ///< none where the costs know no energy

  friend bool operator==(const PricedChain&, const PricedChain&) = default;
};

/// The measured costs of a model on a board, see `measured_costs`; energies if there is a fit of them (`fit_energy`).
[[nodiscard]] TimeAndEnergy measured_time_and_energy(const Fit& fit, const Graph& graph, const Board& board,
                                                     const std::optional<Fit>& energy = std::nullopt);

/// Nothing for a chain that is infeasible. Requires: as `cost_of`.
[[nodiscard]] std::optional<PricedChain> price(const TimeAndEnergy& costs, const Chain& chain);

/// The table of energies. Errors: kUnsupported where there is none, with how to get one.
[[nodiscard]] Result<const ChainCosts*> energy_of(const TimeAndEnergy& costs);

/// `a_weight` times the one and `b_weight` times the other, entry by entry. Requires: the same structure; weights of at least 0, small enough for
/// sums to stay below 2^63.
[[nodiscard]] ChainCosts weighted_sum(const ChainCosts& a, std::int64_t a_weight, const ChainCosts& b, std::int64_t b_weight);

/// The same costs with every layer allowed on these configurations only; indices stay. Requires: `allowed` has a value for each configuration.
[[nodiscard]] ChainCosts restricted_to(ChainCosts costs, const std::vector<bool>& allowed);

}  // namespace mosaic

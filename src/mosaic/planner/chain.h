#pragma once

#include <cstddef>
#include <optional>

#include "mosaic/cost/chain_costs.h"

namespace mosaic {

/// A chain and how good it is.
struct ChainResult {
  Chain chain;
  Cost cost;
  bool optimal = true;          ///< proved: no chain costs less
  std::optional<Cost> bound{};  ///< where that is not proved: no chain costs less than this
};

/// The cheapest chain, exactly: pair-dependent transfers, limits of slices and of memory, operators that are missing, clocks whose changes cost
/// something. Ties, judged from the end of the chain: to the lower configuration, and to a slice that begins earlier. So equal costs give equal
/// chains. Nothing if no chain is feasible.
///
/// Limits of slices: dynamic programming over cuts and configurations, with a monotone queue over the cuts at which a slice may begin; O(layers
/// (configurations + places^2)). Limits of memory bind sums over slices, and what a change of a clock costs depends on slices long ago: if the chain
/// found without them breaks a limit or changes a clock, label setting with dominance takes over (`labels.h`), between the bound that this chain is
/// and the best chains that are quick to find. At most `label_cap` labels are kept for each cut and configuration (more where no chain is found
/// otherwise); where that binds, the result is the best found, and `bound` says how much better another one might be. Source: the recurrence is eq. 9
/// of MOSAIC (Han et al., PACT 2019), with the state widened by the configuration of the last slice.
[[nodiscard]] std::optional<ChainResult> solve_chain(const ChainCosts& costs, std::size_t label_cap = 4096);

/// The same without limits of memory and with changes of clocks for nothing: never dearer than `solve_chain`, and always fast.
[[nodiscard]] std::optional<ChainResult> solve_without_sums(const ChainCosts& costs);

}  // namespace mosaic

#pragma once

#include <cstddef>
#include <optional>

#include "mosaic/base/units.h"
#include "mosaic/cost/chain_costs.h"

namespace mosaic {

/// A chain and how good it is.
struct ChainResult {
  Chain chain;
  Picoseconds cost{};
  bool optimal = true;                 ///< proved: no chain costs less
  std::optional<Picoseconds> bound{};  ///< where that is not proved: no chain costs less than this
};

/// The cheapest chain, exactly: pair-dependent transfers, limits of slices and of memory spaces, operators that are missing. Ties, judged from the
/// end of the chain: to the lower configuration, and to a slice that begins earlier. So equal costs give equal chains. Nothing if no chain is
/// feasible.
///
/// Limits of slices: dynamic programming over cuts and configurations, with a monotone queue over the cuts at which a slice may begin; O(layers
/// (configurations + places^2)). Limits of memory spaces bind sums over slices, which makes it a knapsack: if the chain found without them violates
/// one, label setting with dominance takes over, O(layers^2 configurations labels). At most `label_cap` labels are kept for each cut and place (more
/// where no chain is found otherwise); where that binds, the result is the best found and `bound` the optimum without the limits. Source: the
/// recurrence is eq. 9 of MOSAIC (Han et al., PACT 2019), with the state widened by the configuration of the last slice.
[[nodiscard]] std::optional<ChainResult> solve_chain(const ChainCosts& costs, std::size_t label_cap = 512);

}  // namespace mosaic

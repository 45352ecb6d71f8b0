#pragma once

// Chains under limits on sums over slices. Used by `solve_chain`; not installed.

#include <cstddef>
#include <optional>

#include "mosaic/planner/chain.h"

namespace mosaic {

/// The cheapest chain that also keeps the limits of memory spaces, by label setting: for each cut and configuration all (cost, memory used in each
/// limited space) that no other one beats in every component. `bound`: a lower bound of the optimum, reported where the cap on labels cost the proof.
/// A cap that leaves no chain at all is doubled: nothing is found only if there is nothing.
[[nodiscard]] std::optional<ChainResult> solve_with_labels(const ChainCosts& costs, Picoseconds bound, std::size_t label_cap);

}  // namespace mosaic

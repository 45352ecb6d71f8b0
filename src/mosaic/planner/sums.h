#pragma once

// Chains under what sums over slices decide. Used by `solve_chain`; not installed.

#include <cstddef>
#include <optional>

#include "mosaic/planner/chain.h"

namespace mosaic {

/// The cheapest chain that keeps limits of memory and pays for changes of clocks. `relaxed`: the cheapest without them, a bound and perhaps a chain
/// to start from; others to start from are a chain that never changes a clock, and what a search with few labels finds. A cap that leaves no chain at
/// all is doubled: nothing is found only if there is nothing.
[[nodiscard]] std::optional<ChainResult> solve_with_sums(const ChainCosts& costs, const ChainResult& relaxed, std::size_t label_cap);

}  // namespace mosaic

#pragma once

// A chain to start from where changing clocks is priced. Not installed.

#include <optional>

#include "mosaic/cost/chain_costs.h"

namespace mosaic {

/// A cheap chain that never changes a clock: one level for each domain, found by trying the levels of one domain after the other until none is better.
/// Nothing where clocks are not priced or no such chain was found. Limits of memory are not seen. Complexity: a few times the number of all levels,
/// times `solve_without_sums`.
[[nodiscard]] std::optional<Chain> solve_with_one_level(const ChainCosts& costs);

}  // namespace mosaic

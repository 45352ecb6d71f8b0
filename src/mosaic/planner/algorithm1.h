#pragma once

#include <optional>

#include "mosaic/planner/chain.h"

namespace mosaic {

/// Algorithm 1 of MOSAIC (Han, Hyun, Park, Park and Baek, PACT 2019): findEfficientSlicingAndExecutionPlan, O(layers^2 configurations), with sums of
/// layers from prefix sums and the plan from back pointers. It knows what a slice costs (eq. 8) and not who came before, so transfers between places
/// are not seen; see `paper_view`. Nothing if no chain of feasible slices exists. Limits of memory spaces and what changing clocks
/// costs are not seen either.
[[nodiscard]] std::optional<ChainResult> algorithm1(const ChainCosts& costs);

/// The costs as the paper's model has them: one place; entering a slice costs besides what the mean hop into its place costs, and changing
/// clocks costs nothing.
[[nodiscard]] ChainCosts paper_view(const ChainCosts& costs);

}  // namespace mosaic

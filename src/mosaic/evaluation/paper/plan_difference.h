#pragma once

#include <string>
#include <string_view>

#include "mosaic/board/board.h"
#include "mosaic/cost/chain_costs.h"
#include "mosaic/evaluation/paper/network.h"
#include "mosaic/evaluation/paper/results.h"

namespace mosaic::evaluation {

/// What the equations say of two chains where they differ. Requires: both are feasible.
[[nodiscard]] PlanDifference compare_costs(const Estimates& estimates, const Board& board, bool energy, const Chain& ours, const Chain& published);

/// The largest part of a difference in words, among those where the published plan is on one of these devices (all of them if there is none such),
/// and what is not computing: "4 layers on N here and on G there: 8.2 mJ against 42.1; handing over 3.1 against 5.2". Empty where the plans are the
/// same.
[[nodiscard]] std::string reason(const PlanDifference& difference, bool energy, std::string_view published_on = {});

}  // namespace mosaic::evaluation

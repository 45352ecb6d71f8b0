#pragma once

#include <optional>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/cost/chain_costs.h"
#include "mosaic/cost/fit.h"
#include "mosaic/graph/graph.h"
#include "mosaic/plan/plan.h"
#include "mosaic/planner/chain.h"

namespace mosaic {

struct PlannerOptions {
  /// How much better than the best single configuration a plan must promise to be, in per cent, before it is preferred. A planner that takes minima
  /// over noisy times promises gains that are not there; none: what the profile itself admits (see `uncertainty_percent`).
  std::optional<double> margin_percent;
};

/// What was decided, and what was passed over.
struct Decision {
  Chain chain;  ///< decided on
  Picoseconds cost{};
  ChainResult optimum;               ///< cheapest by the costs; the same chain unless its gain is within the margin
  std::optional<Chain> best_single;  ///< cheapest single configuration, if one is feasible
  std::optional<Picoseconds> best_single_cost;
  double margin_percent = 0;
};

/// The cheapest chain, or the best single configuration where the gain over it is within the margin. Deterministic.
/// Errors: kUnsupported where no chain is feasible, with what stands in the way.
[[nodiscard]] Result<Decision> decide(const ChainCosts& costs, const Fit& fit, const Graph& graph, const Board& board,
                                      const PlannerOptions& options = {});

/// How far sums of layers can be trusted on this machine, in per cent: the largest gap between the sum of the layers and the whole model over all
/// configurations, or the largest drift between rounds if that is larger.
[[nodiscard]] double uncertainty_percent(const Fit& fit);

/// A chain as a plan, with predictions: expected times from the costs, the interval from how much the machine drifted while the profile was taken and
/// from the gap between sums and wholes.
[[nodiscard]] Plan to_plan(const Chain& chain, const ChainCosts& costs, const Fit& fit, const Graph& graph, const Board& board);

/// The chain that a plan is, if it is one: consecutive layers, each step after the one before. For plans that `validate` accepted.
[[nodiscard]] std::optional<Chain> to_chain(const Plan& plan, const Board& board);

}  // namespace mosaic

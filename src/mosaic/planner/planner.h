#pragma once

#include <optional>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/cost/fit.h"
#include "mosaic/cost/time_and_energy.h"
#include "mosaic/graph/graph.h"
#include "mosaic/plan/plan.h"
#include "mosaic/planner/objective.h"

namespace mosaic {

struct PlannerOptions {
  /// How much better than the best single configuration a plan must promise to be, in per cent, before it is preferred. A planner that takes minima
  /// over noisy times promises gains that are not there; none: what the profile itself admits (see `uncertainty_percent`).
  std::optional<double> margin_percent;
  Objective objective = Objective::kLatency;
  Constraints constraints{};
};

/// What was decided, and what was passed over.
struct Decision {
  PricedChain chosen;
  Optimum optimum;                         ///< best by the costs; the same chain unless its gain is within the margin
  std::optional<PricedChain> best_single;  ///< best single configuration, if one is feasible within the constraints
  double margin_percent = 0;
};

/// The best chain by the objective within the constraints, or the best single configuration where the gain over it is within the margin.
/// Deterministic. Errors: kUnsupported where there is no such chain, with what stands in the way: a layer and the limit it breaks, or how much
/// latency, energy or memory is missing; or where energy is asked for and the costs have none.
[[nodiscard]] Result<Decision> decide(const TimeAndEnergy& costs, const Fit& fit, const Graph& graph, const Board& board,
                                      const PlannerOptions& options = {});

/// Why no chain of these costs is feasible, whatever it takes: a layer that nothing can run or that fits nowhere, or memory that is too small in sum.
/// Requires: there is none.
[[nodiscard]] Error explain_infeasible(const ChainCosts& costs, const Graph& graph, const Board& board);

/// How far sums of layers can be trusted on this machine, in per cent: the largest gap between the sum of the layers and the whole model over all
/// configurations, or the largest drift between rounds if that is larger. Where sums were calibrated, `residual_percent`, how far they were then off
/// real runs, takes the place of the gaps.
[[nodiscard]] double uncertainty_percent(const Fit& fit, std::optional<double> residual_percent = {});

/// A chain as a plan, with predictions: expected times and energies from the costs, the interval of the time from how much the machine drifted while
/// the profile was taken and from the gap between sums and wholes, or from `residual_percent` as above. Its objective is left at latency.
[[nodiscard]] Plan to_plan(const Chain& chain, const TimeAndEnergy& costs, const Fit& fit, const Graph& graph, const Board& board,
                           std::optional<double> residual_percent = {});

/// The chain that a plan is, if it is one: consecutive layers, each step after the one before. For plans that `validate` accepted.
[[nodiscard]] std::optional<Chain> to_chain(const Plan& plan, const Board& board);

}  // namespace mosaic

#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "mosaic/cost/time_and_energy.h"
#include "mosaic/planner/objective.h"

namespace mosaic {

/// What latency and energy there are to choose from.
struct Front {
  std::vector<PricedChain> points;  ///< ascending latency, descending energy
  bool complete = true;             ///< proved: every other chain is beaten or equalled by a point in both. Else the cap on labels bound, and points
                                    ///< are missing; each point there is a chain that costs what it says
};

/// All chains that no other one beats in time and energy (one of each pair of costs), within the constraints. Exact, in integers, under all that
/// `solve_chain` heeds. Empty if no chain is feasible, or none was found. Requires: `costs` has energy.
///
/// Label setting: for each cut and configuration the sorted front of what it takes to be there in a slice; one more layer shifts it, slices that
/// begin are merged into it. Complexity: O(layers configurations points), with slice limits times the beginnings that matter. `label_cap` bounds the
/// points of each of these fronts, by default at 250,000; with priced clocks, where points are compared across all states of the clocks, at 100.
/// Where it binds, points are missing. Put in are then up to 65 corners of the convex hull of all chains, found by `solve_chain`, as far as they keep
/// the constraints; and where nothing else does, what `best_chain` finds: so there are points wherever it finds a chain.
[[nodiscard]] Front pareto_front(const TimeAndEnergy& costs, const Constraints& constraints = {}, std::optional<std::size_t> label_cap = {});

}  // namespace mosaic

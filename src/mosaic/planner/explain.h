#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/board/board.h"
#include "mosaic/cost/chain_costs.h"
#include "mosaic/graph/graph.h"
#include "mosaic/profile/profile.h"

namespace mosaic {

/// Another configuration for a slice.
struct Alternative {
  std::string configuration;
  std::optional<Cost> execute;    ///< the slice's layers there, entering included; none where it cannot run
  std::optional<Cost> plan_cost;  ///< the cheapest plan with all of the slice's layers there
  std::string excluded;           ///< why it cannot; empty where it can
};

/// Why a slice is where it is.
struct SliceReason {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string configuration;
  SliceCost cost;
  Bytes memory;
  std::vector<Alternative> alternatives;  ///< the cheapest plan first, the impossible last
};

/// Why a plan is as it is, by the costs it was made from: all times, or all energies.
struct Explanation {
  Cost cost;
  Cost optimum;  ///< of the costs; the plan's own where it is optimal
  std::vector<SliceReason> slices;
  std::optional<Chain> next_best;  ///< cheapest plan that puts at least one layer elsewhere
  std::optional<Cost> next_best_cost;
  double regret_mean_percent = 0;  ///< how much dearer the plan is than the optimum of costs with noise
  double regret_p95_percent = 0;
};

/// Explains a feasible chain. Regret: `draws` seeded draws of all costs with independent normal noise of `noise_percent`. Complexity: layers times
/// configurations plus `draws` runs of the planner.
[[nodiscard]] Explanation explain(const Chain& chain, const ChainCosts& costs, const Graph& graph, const Board& board, const Profile& profile,
                                  double noise_percent = 10, std::size_t draws = 200, std::uint64_t seed = 1);

}  // namespace mosaic

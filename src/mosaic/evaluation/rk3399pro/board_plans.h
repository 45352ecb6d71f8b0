#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/cost/chain_costs.h"
#include "mosaic/evaluation/rk3399pro/board_costs.h"
#include "mosaic/evaluation/rk3399pro/clocks.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"
#include "mosaic/evaluation/rk3399pro/power_curve.h"
#include "mosaic/evaluation/rk3399pro/replay.h"

namespace mosaic::tables {

/// A version's plan for a network, and what it took when replayed.
struct PlanRow {
  std::string version;
  Objective objective = Objective::kLatency;
  Chain chain;
  std::string text;      ///< "B7 x 3, G4+7 x 5"
  double predicted = 0;  ///< milliseconds or millijoules, by the costs the version saw
  double gap = 0;        ///< no plan is better by more than this, by those costs; 0 where that is proved
  Taken taken;           ///< replayed, clock changes charged
  double replayed = 0;   ///< of `taken`, what the objective counts: milliseconds or millijoules
};

/// Plans of one network.
struct NetworkPlans {
  std::string network;
  std::string set;
  std::size_t layers = 0;
  std::size_t points = 0;
  Watts idle{};  ///< taken as drawn by the board when nothing runs; fitted, not measured
  std::vector<PlanRow> rows;
};

/// For each objective: the best single point; the best point of each layer, hand-overs ignored (greedy); the exact plan by what two clocks tell; by
/// the whole profile; and by the whole profile with clock changes priced. All but the last take changing a clock as free, as the paper does; all are
/// replayed with it charged. Errors: kUnsupported where no plan runs all layers.
[[nodiscard]] Result<NetworkPlans> plan_board(const Network& network, const Clocks& clocks, const Switching& switching,
                                              const std::map<char, PowerCurve>& curves);

}  // namespace mosaic::tables

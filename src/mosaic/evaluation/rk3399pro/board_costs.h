#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mosaic/cost/chain_costs.h"
#include "mosaic/evaluation/rk3399pro/clocks.h"
#include "mosaic/evaluation/rk3399pro/estimator.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"

namespace mosaic::tables {

/// What a plan is to minimise.
enum class Objective : std::uint8_t {
  kLatency,
  kEnergy,      ///< of the whole board
  kEnergyIdle,  ///< of the board above its static power
};

/// What is known of a network on a board, as a planner needs it.
struct Knowledge {
  const Network* network = nullptr;  ///< for transfers, and which points there are
  Samples samples;
  std::vector<Point> points;  ///< the planner's configurations
  Clocks clocks;
  std::optional<Switching> switching;  ///< prices for changing clocks; none: they are taken as free
  Watts static_power{};                ///< for Objective::kEnergyIdle
};

/// The costs of chains over those points, in picoseconds or picojoules. Every point is a place of its own, so that a hop carries what the change from
/// one to another costs: the hand-over, leaving and entering an accelerator. A layer does not run where nothing is known of it.
[[nodiscard]] ChainCosts board_costs(const Knowledge& knowledge, Objective objective);

/// The point of each layer.
[[nodiscard]] std::vector<Point> points_of(const Chain& chain, const std::vector<Point>& points);

}  // namespace mosaic::tables

#pragma once

// What the on-demand governor of a simulated board does to a run. Used by the simulated backend; not installed.

#include <cstddef>
#include <span>
#include <vector>

#include "mosaic/backend/sim/truth.h"

namespace mosaic::sim {

/// One slice of a run, with what it would take at each clock of its device.
struct GovernedSlice {
  std::size_t device = 0;
  std::vector<Spent> at;      ///< [clock], ascending; one where nothing is governed
  std::vector<double> hertz;  ///< [clock]; as many
  Microseconds before{};      ///< handing its inputs over, while no device works
};

/// What each slice of a run takes that starts after a pause, with every device at its lowest clock. A slice whose clock changes goes on with the
/// share of its work that is left. Complexity: one step for each slice and sampling period.
[[nodiscard]] std::vector<Spent> govern(const Governor& governor, std::span<const GovernedSlice> slices);

}  // namespace mosaic::sim

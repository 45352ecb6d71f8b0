#pragma once

// What the on-demand governor of a simulated board does to a run. Used by the simulated backend; not installed.

#include <cstddef>
#include <span>
#include <vector>

#include "mosaic/backend/sim/truth.h"

namespace mosaic::sim {

/// One slice of a run, with what it would take at each clock of its device; one that is fixed keeps its clock, whatever the governor does.
struct GovernedSlice {
  std::size_t device = 0;
  std::vector<Spent> at;      ///< [clock], ascending; one where the slice is fixed
  std::vector<double> hertz;  ///< [clock], the same for all governed slices of a device; none where the slice is fixed
  Microseconds before{};      ///< handing its inputs over, while no device works
};

/// What each slice of a run takes that starts after a pause, with every device at its lowest clock. A slice whose clock changes goes on with the
/// share of its work that is left. A fixed slice only adds to its device's load. Complexity: one step for each slice and sampling period.
[[nodiscard]] std::vector<Spent> govern(const Governor& governor, std::span<const GovernedSlice> slices);

}  // namespace mosaic::sim

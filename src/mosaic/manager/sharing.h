#pragma once

// What it means that applications share units, for each of them.

#include <span>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/manager/decide.h"
#include "mosaic/manager/machine.h"

namespace mosaic::manager {

/// The longest that a request of each application takes under these choices, with one request of each that shares its units before it; 0 for one that
/// is refused. Requires: as `judge`.
[[nodiscard]] std::vector<Nanoseconds> responses(const Machine& machine, std::span<const Demand> demands, std::span<const Choice> choices);

/// The share of time for which the busiest unit of each application is held by all that share it, where none takes more than it may by itself; 0 for
/// one that is refused. Requires: as `judge`.
[[nodiscard]] std::vector<double> busy_shares(const Machine& machine, std::span<const Demand> demands, const Rules& rules,
                                              std::span<const Choice> choices);

}  // namespace mosaic::manager

#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/ids.h"
#include "mosaic/board/board.h"
#include "mosaic/manager/machine.h"

namespace mosaic::manager {

/// A board as the manager shares it out, and what its placements are on it.
struct BoardMachine {
  /// Where a placement's work runs.
  struct Seat {
    ConfigurationId configuration;
    std::vector<int> cores;  ///< processors; empty for what has none

    /// Where who calls the engine belongs, whose other threads have the other cores.
    [[nodiscard]] std::span<const int> first() const { return std::span(cores).first(std::min<std::size_t>(1, cores.size())); }
  };
  Machine machine;
  std::vector<Seat> seats;  ///< by placement
};

/// A unit for each core ("cpu0" is processor 0) and for each device without cores (by its name); a clock domain for each device whose points name
/// clocks; a placement for each configuration and each group of neighbouring cores that it may have: of two cores of four, the first and the last
/// two. Errors: kUnsupported: more than 64 units, 8 clock domains or 255 clocks of one.
[[nodiscard]] Result<BoardMachine> machine_of(const Board& board);

}  // namespace mosaic::manager

#pragma once

#include <map>
#include <optional>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/board/board.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"

namespace mosaic::tables {

/// The clocks behind the tables' letters and indices.
struct Clocks {
  std::map<char, std::vector<Hertz>> of;  ///< lowest first; empty for a device whose clock cannot be chosen
  char host = 'B';                        ///< whose clock `Point::host` is an index of

  /// The device's clock, and its host's; none where there is none, or none known.
  [[nodiscard]] std::optional<Hertz> own(const Point& point) const;
  [[nodiscard]] std::optional<Hertz> driving(const Point& point) const;
};

/// B, L, G, N are the devices "big", "little", "gpu", "npu" of a board. Errors: kInvalidInput: the board has none of the first three.
[[nodiscard]] Result<Clocks> clocks_of(const Board& board);

/// What the paper's profiler would have measured: each device at its highest and lowest clock alone; of a device that a host drives, both clocks at
/// their highest, and each once at its lowest. Transfers stay.
[[nodiscard]] Network two_clocks(const Network& network, const Clocks& clocks);

}  // namespace mosaic::tables

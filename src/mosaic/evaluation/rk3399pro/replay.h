#pragma once

#include <cstddef>
#include <map>
#include <span>

#include "mosaic/base/error.h"
#include "mosaic/evaluation/rk3399pro/clocks.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"
#include "mosaic/evaluation/rk3399pro/parts.h"

namespace mosaic::tables {

/// What a replayed run took.
struct Taken {
  Spent whole;      ///< everything, clock changes and the output included
  Spent switching;  ///< of it: changing clocks
  std::size_t changes = 0;
};

/// Time to change a clock between two points of a device; the median of the device's changes in the same direction where the table has not this one,
/// 0 where it has none.
[[nodiscard]] Milliseconds switching_time(const Switching& switching, char device, int from, int to);

/// A device's clock that goes from one point to another.
struct ClockChange {
  char device = 'B';
  int from = 0;
  int to = 0;
};

/// What it takes: nobody measured the power while a clock changes, so the board is taken to draw what it does while the device works at the higher of
/// the two clocks, on the mean of the network's layers.
[[nodiscard]] Spent price_of(const ClockChange& change, const Network& network, const Switching& switching);

/// Which clocks a point sets, and to what: its device's and its host's. Others stay.
[[nodiscard]] std::map<char, int> settings_of(const Point& point, const Clocks& clocks);

/// A board whose truth is measured tables: what a chain of layers, each at a point, really took there. It knows only what was measured: layers
/// profiled in a run on one device at one clock, hand-overs, clock changes. What happens between layers on the real board beyond those is not in it;
/// whole networks measured there take 5 to 15 % longer than it says. Immutable; refers to `truth`, which must outlive it.
class Replay {
 public:
  Replay(const Network& truth, Clocks clocks, Switching switching);

  /// In the middle of many runs: clocks stay as the last layer that set them left them, from run to run.
  /// Errors: kUnsupported for a layer that was not measured at its point. Requires: a point for each layer.
  [[nodiscard]] Result<Taken> run(std::span<const Point> points) const;

 private:
  const Network* truth_;
  Clocks clocks_;
  Switching switching_;
};

}  // namespace mosaic::tables

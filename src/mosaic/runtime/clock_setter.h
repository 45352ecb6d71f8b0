#pragma once

#include <algorithm>
#include <stop_token>

#include "mosaic/base/error.h"
#include "mosaic/base/ids.h"
#include "mosaic/board/board.h"

namespace mosaic {

/// Whether one of its operating points names a clock: those of other devices are left to the system.
[[nodiscard]] inline bool names_clocks(const Device& device) {
  return std::ranges::any_of(device.points, [](const OperatingPoint& point) { return point.clock.has_value(); });
}

/// Sets the clocks that operating points of real devices name. Thread-safe.
class ClockSetter {
 public:
  ClockSetter() = default;
  virtual ~ClockSetter() = default;
  ClockSetter(const ClockSetter&) = delete;
  ClockSetter& operator=(const ClockSetter&) = delete;

  /// Whether the machine has the clocks that a device's operating points name. Errors: kUnsupported, kInvalidInput, kDevice, with the way out.
  [[nodiscard]] virtual Result<void> check(const Board& board, DeviceId device) const = 0;

  /// Lets a configuration's device run at its operating point's clock, or as the system would have it where the point names none, until `release`;
  /// waits while another configuration needs the same clock otherwise. Errors: kDevice for a clock that cannot be set, or that somebody else
  /// changed; kCancelled where `stop` ends the waiting.
  [[nodiscard]] virtual Result<void> acquire(const Board& board, ConfigurationId configuration, const std::stop_token& stop) = 0;
  virtual void release(const Board& board, ConfigurationId configuration) = 0;

  /// Puts all clocks back as they were found.
  virtual void restore() = 0;
};

}  // namespace mosaic

#pragma once

#include "mosaic/base/error.h"
#include "mosaic/power/energy.h"

namespace mosaic {

/// Measures the energy that what it covers uses in a window of time, one window after another. Thread-compatible: windows are begun and ended by one
/// thread at a time, while the work that is measured may run anywhere.
class Meter {
 public:
  Meter() = default;
  virtual ~Meter() = default;
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  [[nodiscard]] virtual const MeterInfo& info() const = 0;

  /// Begins a window; one that was not ended is forgotten. Errors: kDevice where the sensor cannot be read.
  [[nodiscard]] virtual Result<void> start() = 0;

  /// Ends the window. Errors: kDevice where the sensor vanished or failed in the middle; kInvalidInput where an external log does not hold the
  /// window. Requires: a window was begun.
  [[nodiscard]] virtual Result<EnergyReading> stop() = 0;
};

}  // namespace mosaic

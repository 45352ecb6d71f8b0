#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/power/meter.h"
#include "mosaic/power/timekeeper.h"

namespace mosaic {

/// What one run of something used, as a meter saw many of them.
struct RunEnergy {
  MeterInfo meter;
  std::size_t runs = 0;  ///< in the window
  EnergyReading window;  ///< of all of them together
  EnergyReading idle;    ///< of the machine at rest
  Energy total;          ///< of a run: all that the meter covers, rest included
  Energy net;            ///< of a run: beyond what the machine at rest uses in the same time
};

struct RunEnergyOptions {
  double share = 0.05;                      ///< largest relative error of the total
  std::chrono::seconds longest{60};         ///< window; what is not known by then is refused
  std::chrono::milliseconds shortest{500};  ///< window
  std::stop_token stop;
};

/// What the machine at rest uses, in a window of `duration`. Errors: those of the meter; kCancelled.
[[nodiscard]] Result<EnergyReading> measure_idle(Meter& meter, Nanoseconds duration, Timekeeper& time, const std::stop_token& stop = {});

/// How long to look at the machine at rest before runs are measured: long enough for an error of `options.share` at a watt, within its limits.
[[nodiscard]] Nanoseconds idle_window(const MeterInfo& meter, const RunEnergyOptions& options);

/// Calls `run` again and again in a window that is long enough for the meter; where the error came out larger than asked for, in a window anew that
/// is longer. Errors: kDevice where `options.longest` does not do, with the error reached and its cause, and for a meter that shows nothing; those of
/// the meter and of `run`; kCancelled.
[[nodiscard]] Result<RunEnergy> measure_runs(Meter& meter, const EnergyReading& idle, const std::function<Result<void>()>& run, Timekeeper& time,
                                             const RunEnergyOptions& options = {});

}  // namespace mosaic

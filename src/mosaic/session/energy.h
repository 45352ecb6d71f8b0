#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/plan/plan.h"
#include "mosaic/power/meter.h"
#include "mosaic/power/run_energy.h"
#include "mosaic/power/sysfs.h"
#include "mosaic/power/timekeeper.h"
#include "mosaic/runtime/report.h"

namespace mosaic {

/// Measures the energy of runs on a board with a meter of this machine, or knows why there is none. The machine at rest is measured once, before the
/// first run, with its clocks as they were found. Thread-compatible.
class EnergyProbe {
 public:
  /// `meter` as `open_meter` takes it. With "auto" nothing that is amiss with the meter is an error: there is none then. Errors: those of
  /// `open_meter`; kInvalidInput for a meter of this machine on a simulated board.
  [[nodiscard]] static Result<EnergyProbe> open(const std::string& meter, const Board& board, const std::stop_token& stop = {},
                                                const Sysfs& sysfs = Sysfs::from_environment(), std::shared_ptr<Timekeeper> time = real_time());

  [[nodiscard]] bool has_meter() const { return meter_ != nullptr; }
  [[nodiscard]] const Meter& meter() const { return *meter_; }

  /// Why nothing is measured, in words for users; empty where there is a meter.
  [[nodiscard]] const std::string& why_none() const { return why_none_; }

  /// None where there is no meter, or no more. Errors: what `run` fails with; those of a meter that was asked for by name; kCancelled.
  [[nodiscard]] Result<std::optional<RunEnergy>> measure(const std::function<Result<void>()>& run);

 private:
  EnergyProbe() = default;

  std::unique_ptr<Meter> meter_;
  std::string why_none_;
  bool automatic_ = false;
  std::optional<EnergyReading> idle_;
  RunEnergyOptions options_;
  std::shared_ptr<Timekeeper> time_;
};

/// What a run draws by the powers in the board file: each step's power for as long as its transfer and its execution took. Nothing where the board
/// file has none. Requires: a report of this plan on this board.
[[nodiscard]] std::optional<Joules> modelled_energy(const RunReport& report, const Plan& plan, const Board& board);

}  // namespace mosaic

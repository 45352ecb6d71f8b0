#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/power/meter.h"
#include "mosaic/power/sysfs.h"
#include "mosaic/power/timekeeper.h"

namespace mosaic {

/// A meter of this machine.
struct FoundMeter {
  MeterInfo info;
  std::optional<std::string> problem;  ///< why it cannot be read now, and the way out; none where it can
};

/// All meters of the machine: powercap, hwmon, batteries. Each readable one is read once.
[[nodiscard]] std::vector<FoundMeter> find_meters(const Sysfs& sysfs);

/// The one that `--meter auto` takes: the first that can be read of a channel that feeds the whole board (an hwmon label such as VDD_IN), the
/// processor's counters, a battery. Other hwmon channels feed parts of a board and are taken only by name. None where there is none.
[[nodiscard]] std::optional<MeterInfo> best_meter(const std::vector<FoundMeter>& meters);

/// The meter of a text as `--meter` takes it: "auto", "none", a name of `find_meters`, "battery" for the first battery, "hwmon:CHIP/A+B" for a sum,
/// "log:FILE.csv" or "log:FILE.csv@SECONDS" for the log of an external monitor (`open_log_meter`). Null for "none", and for "auto" where there is
/// none. Errors: kInvalidInput, naming the meters there are; kDevice for one that cannot be read.
[[nodiscard]] Result<std::unique_ptr<Meter>> open_meter(const std::string& text, const Sysfs& sysfs, std::shared_ptr<Timekeeper> time = real_time());

}  // namespace mosaic

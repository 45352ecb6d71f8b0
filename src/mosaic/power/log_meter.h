#pragma once

#include <memory>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/power/meter.h"
#include "mosaic/power/timekeeper.h"

namespace mosaic {

/// The log that an external power monitor writes while mosaic runs, as `parse_monitor_log` reads it: "FILE.csv", whose times are seconds since 1970,
/// or "FILE.csv@SECONDS", to whose times so many seconds are added to make them such. The file is read when a window ends; where it does not reach
/// that far yet, it is read again: for up to 10 s since it last grew. Gaps in the log outside the window do not matter; one inside refuses the
/// window. Errors: kInvalidInput for a file that cannot be read or is no such log.
[[nodiscard]] Result<std::unique_ptr<Meter>> open_log_meter(const std::string& text, std::shared_ptr<Timekeeper> time);

}  // namespace mosaic

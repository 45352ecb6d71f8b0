#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/power/energy.h"

namespace mosaic {

/// What an external power monitor wrote: samples by the log's own time, ascending, at any rate.
struct MonitorLog {
  std::vector<PowerSample> samples;
  Watts step;  ///< smallest difference in power that the last digits of volts and amperes can show
};

/// Reads a CSV file with a header that names a column of time, one of volts and one of amperes, in any order and among others. Columns are told by
/// their units, "Time (ms)", "U[V]", "I_mA", else by their names: time, t, timestamp; volts, voltage, u, v; amperes, amps, current, i, a. Separators
/// are commas, semicolons or tabs; with the last two, numbers may have decimal commas. Quotes, CRLF, a byte order mark, empty lines and lines that
/// begin with # are taken. Errors: kInvalidInput with the line: a column that is missing or there twice, a cell that is no number, a time that goes
/// back, fewer than two samples. Complexity: linear.
[[nodiscard]] Result<MonitorLog> parse_monitor_log(std::string_view text);

/// A stretch without samples, longer than five times the usual interval.
struct LogGap {
  Nanoseconds begin{};
  Nanoseconds end{};
};
[[nodiscard]] std::vector<LogGap> find_gaps(const MonitorLog& log);

/// The median of the intervals between samples of different times; 0 where all have one time.
[[nodiscard]] Nanoseconds usual_interval(const MonitorLog& log);

/// Energy between two times of the log: the samples inside, and at both ends what lies on the straight line between neighbours. Errors: kInvalidInput
/// where the log does not hold the window, or has a gap in it. Requires: begin < end. Leaves `meter` empty.
[[nodiscard]] Result<EnergyReading> energy_between(const MonitorLog& log, Nanoseconds begin, Nanoseconds end);

}  // namespace mosaic

#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "mosaic/base/units.h"

namespace mosaic {

/// Busy and total time of each processor since the system started, in the kernel's ticks. Source: proc(5), /proc/stat.
struct ProcessorTimes {
  struct Times {
    double busy = 0;
    double total = 0;
  };
  std::map<int, Times> processors;
};

/// The content of /proc/stat; lines that are none of a processor are left out.
[[nodiscard]] ProcessorTimes parse_processor_times(std::string_view text);

/// None where the system does not say.
[[nodiscard]] std::optional<ProcessorTimes> processor_times();

/// Which share of what we leave of each processor others use between two looks, 0 to 1; 0 for one that is in neither. `ours`: our own share of the
/// time of each, from 0 to 1.
[[nodiscard]] std::map<int, double> load_of_others(const ProcessorTimes& before, const ProcessorTimes& after, const std::map<int, double>& ours);

}  // namespace mosaic

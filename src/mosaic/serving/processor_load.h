#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
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

/// Of a processor's time between two looks. The kernel counts in ticks: single values may lie a tick off, also below zero.
struct OthersShare {
  double used = 0;  ///< by others
  double left = 0;  ///< to others
  /// Which share of what we leave others use, 0 to 1.
  [[nodiscard]] double load() const;
};

/// By processor; none for one that is not in both. `ours`: our own share of the time of each, from 0 to 1.
[[nodiscard]] std::map<int, OthersShare> shares_of_others(const ProcessorTimes& before, const ProcessorTimes& after,
                                                          const std::map<int, double>& ours);

/// What others use of each unit, by the processors' loads: unit "cpuN" is processor N; 0 for a unit that is none. Empty where nothing is known.
[[nodiscard]] std::vector<double> load_of_units(std::span<const std::string> units, const std::map<int, double>& processors);

/// Makes of looks at all processors what others use of each, knowing what we used ourselves. Thread-compatible.
class ProcessorWatch {
 public:
  /// Our work held these processors.
  void count(std::span<const int> processors, Nanoseconds from, Nanoseconds to);

  /// Whether the last look is so long ago that the kernel's ticks tell something.
  [[nodiscard]] bool due(Nanoseconds now) const;

  /// The share of each processor that others would use of what we leave, over the last looks, or at this one where the last two saw quite another; 0
  /// where it is so little that the kernel's coarse ticks may be all of it. Empty where the system does not say, and at the first look. `times`: now.
  [[nodiscard]] std::map<int, double> look(Nanoseconds now, std::optional<ProcessorTimes> times);

  /// The instant of the last look.
  [[nodiscard]] Nanoseconds looked() const { return looked_; }

 private:
  std::map<int, Nanoseconds> ours_;  ///< since the last look
  struct Smooth {
    OthersShare share;    ///< over the last looks, in which errors of ticks cancel out
    bool sudden = false;  ///< the last look saw quite another one, which is not believed yet
  };
  std::map<int, Smooth> smooth_;
  std::optional<ProcessorTimes> times_;
  Nanoseconds looked_{};
};

}  // namespace mosaic

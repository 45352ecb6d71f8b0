#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/power/sysfs.h"

namespace mosaic {

/// Of cpufreq: the governor under which a clock is named outright, and the file to name it in.
inline constexpr const char* kUserspace = "userspace";
inline constexpr std::string_view kChosenClockFile = "scaling_setspeed";

/// Which part of the kernel sets a clock. Files of cpufreq count in kHz, those of devfreq in Hz.
enum class ClockKind { kCpufreq, kDevfreq };
[[nodiscard]] std::string_view name(ClockKind kind);

/// What shares one clock: the cores of a cpufreq policy, or a GPU, NPU or memory controller under devfreq. A value: how it was when it was found.
struct ClockDomain {
  std::string name;  ///< "policy4", "ff9a0000.gpu": the folder's name
  ClockKind kind = ClockKind::kCpufreq;
  std::filesystem::path folder;  ///< below the root
  std::vector<int> cores;        ///< of a cpufreq policy, ascending
  std::vector<Hertz> clocks;     ///< that it can run at, ascending; none: any between `lowest` and `highest`
  Hertz lowest;
  Hertz highest;
  std::string governor;
  std::vector<std::string> governors;
  bool writable = false;  ///< whether this process has the right to set it
  std::string read_only;  ///< where it has not: the first of the files that setting a clock writes and this process may not

  /// Whether a clock can be named outright; else it is fixed by its limits.
  [[nodiscard]] bool has_userspace() const;

  /// The clock of the table that is meant: the nearest, if it lies within 0.1 % (a board file says 1805 MHz for 1804.8). Errors: kInvalidInput,
  /// naming the clocks there are.
  [[nodiscard]] Result<Hertz> find(Hertz wanted) const;

  /// Names of the files for limits and the clock of the moment.
  [[nodiscard]] std::string_view lower_limit_file() const { return kind == ClockKind::kCpufreq ? "scaling_min_freq" : "min_freq"; }
  [[nodiscard]] std::string_view upper_limit_file() const { return kind == ClockKind::kCpufreq ? "scaling_max_freq" : "max_freq"; }
  [[nodiscard]] std::string_view current_file() const { return kind == ClockKind::kCpufreq ? "scaling_cur_freq" : "cur_freq"; }
  [[nodiscard]] std::string_view governor_file() const { return kind == ClockKind::kCpufreq ? "scaling_governor" : "governor"; }

  /// A clock as this domain's files count, and back.
  [[nodiscard]] std::int64_t to_file(Hertz clock) const { return kind == ClockKind::kCpufreq ? (clock.value + 500) / 1000 : clock.value; }
  [[nodiscard]] Hertz from_file(std::int64_t value) const { return {kind == ClockKind::kCpufreq ? value * 1000 : value}; }
};

/// All clock domains of the machine: cpufreq policies first, then devfreq devices, by name. What cannot be read is left out.
/// Source: the kernel's Documentation/admin-guide/pm/cpufreq.rst and Documentation/ABI/testing/sysfs-class-devfreq.
[[nodiscard]] std::vector<ClockDomain> discover_clocks(const Sysfs& sysfs);

/// Indices of the cpufreq domains that any of these cores belongs to.
[[nodiscard]] std::vector<std::size_t> domains_of(std::span<const ClockDomain> domains, std::span<const int> cores);

/// "1804.8 MHz".
[[nodiscard]] std::string format_clock_mhz(Hertz clock);

}  // namespace mosaic

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/power/clock_domain.h"
#include "mosaic/power/clock_state.h"
#include "mosaic/power/sysfs.h"

namespace mosaic {

/// What the clocks were before a process changed them, written to disk before it did, so that a later one can put back what a dead one left.
struct ClockJournal {
  struct Entry {
    std::filesystem::path folder;  ///< of the domain, below the root
    ClockKind kind = ClockKind::kCpufreq;
    ClockState found;
  };
  int process = 0;   ///< that changed them
  std::string boot;  ///< of the kernel: another boot begins with clocks of its own
  std::vector<Entry> entries;
};

/// JSON, versioned.
[[nodiscard]] std::string format_clock_journal(const ClockJournal& journal);

/// Errors: kInvalidInput.
[[nodiscard]] Result<ClockJournal> parse_clock_journal(std::string_view text);

/// What identifies the time since the kernel started; empty where it does not say.
[[nodiscard]] std::string boot_id();

/// Where journals lie: MOSAIC_STATE; else /run/mosaic for root; else XDG_STATE_HOME/mosaic or ~/.local/state/mosaic.
[[nodiscard]] std::filesystem::path state_folder();

/// The journal of a root in a folder of state. Roots but "/" have one each: tests do not meddle with the machine's own.
[[nodiscard]] std::filesystem::path clock_journal_file(const Sysfs& sysfs, const std::filesystem::path& state);

}  // namespace mosaic

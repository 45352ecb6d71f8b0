#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/power/clock_domain.h"
#include "mosaic/power/sysfs.h"

namespace mosaic {

/// All that setting a clock may change, as the domain's files count.
struct ClockState {
  std::int64_t lower = 0;  ///< limits: the governor chooses between them
  std::int64_t upper = 0;
  std::string governor;                ///< empty where the domain shows none
  std::optional<std::int64_t> chosen;  ///< scaling_setspeed, under the governor 'userspace' alone and if it can be read

  friend bool operator==(const ClockState&, const ClockState&) = default;
};

/// One value for one file of a domain's folder.
struct ClockWrite {
  std::string file;
  std::string value;

  friend bool operator==(const ClockWrite&, const ClockWrite&) = default;
};

/// Errors: kDevice, naming the file.
[[nodiscard]] Result<ClockState> read_clock_state(const Sysfs& sysfs, const ClockDomain& domain);

/// The state in which the domain runs at `clock` alone: chosen outright where it can be, with limits widened where they exclude it; else by two equal
/// limits. Requires: a clock that `ClockDomain::find` gave.
[[nodiscard]] ClockState fixed_at(const ClockDomain& domain, const ClockState& now, Hertz clock);

/// What to write, in which order, to get from one state to another; nothing for what is right already. The lower limit never exceeds the upper one on
/// the way, and 'userspace' rules before a clock is chosen.
[[nodiscard]] std::vector<ClockWrite> writes_between(const ClockDomain& domain, const ClockState& now, const ClockState& wanted);

/// The first difference in words, "scaling_governor is 'performance' instead of 'userspace'"; none where the states agree. A chosen clock may be off
/// by 1 %: some drivers show what the hardware made of it.
[[nodiscard]] std::optional<std::string> difference(const ClockDomain& domain, const ClockState& wanted, const ClockState& found);

/// Writes all in which `wanted` differs from `now`, and reads the whole state back, so that what somebody else writes at the same time does not go
/// unseen. Errors: kDevice: a file that cannot be written, a value that did not stay.
[[nodiscard]] Result<void> apply_clock_state(const Sysfs& sysfs, const ClockDomain& domain, const ClockState& now, const ClockState& wanted);

}  // namespace mosaic

#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/power/clock_control.h"
#include "mosaic/power/sysfs.h"
#include "mosaic/profile/profile.h"

namespace mosaic {

struct ClockChangeOptions {
  std::size_t repetitions = 7;  ///< of each change
  ClockControl::Remark remark;
  std::stop_token stop;
  std::function<void(double share)> progress;
};

/// How long it takes to set each clock of the machine from each to each other of those that operating points of real devices name, or as the system
/// has it for a point that names none; reading back included. Nothing for a board whose points name no clocks, or one each. The clocks are put back
/// afterwards. Complexity: milliseconds a change and repetition. Errors: those of `ClockControl`; kUnsupported for a device whose clock the machine
/// does not have; kCancelled.
[[nodiscard]] Result<std::vector<ClockChangeSamples>> measure_clock_changes(const Board& board, const Sysfs& sysfs,
                                                                            const std::filesystem::path& state,
                                                                            const ClockChangeOptions& options = {});

}  // namespace mosaic

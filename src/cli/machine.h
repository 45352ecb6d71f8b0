#pragma once

#include "mosaic/base/json.h"
#include "mosaic/board/board.h"
#include "mosaic/power/sysfs.h"

namespace mosaic::cli {

/// What of this machine can be set and measured besides the board's devices: {"clocks": [...], "meters": [...]}, without what changes from moment to
/// moment.
[[nodiscard]] Json machine_json(const Sysfs& sysfs);

/// The same as tables, with the clocks of the moment and the devices that they drive.
[[nodiscard]] std::string machine_text(const Sysfs& sysfs, const Board& board);

}  // namespace mosaic::cli

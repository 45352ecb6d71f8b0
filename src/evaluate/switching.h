#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/base/json.h"

namespace mosaic::evaluate {

/// What is measured of switching between the levels of a family.
struct SwitchSetting {
  std::string family;
  std::string only;               ///< a variant's name: opens this one alone, for memory
  bool once = false;              ///< memory: runs each level once, on one placement: what a new process does for its first answer
  std::size_t switches = 10'000;  ///< random ones, each followed by a request whose outputs are compared
  double rest_seconds = 60;       ///< that levels are left unused before one of the switches
  std::uint64_t seed = 1;
};

/// Memory of the process above what it has with the engine loaded and nothing opened, with all levels ready and warm on all placements. Bytes.
[[nodiscard]] Result<Json> level_memory(const SwitchSetting& setting);

/// How long the first request on a level takes after another level ran, and after a rest, beside the steady median; then random switches under load
/// on all cores, each output against that of a plain session on the level's file, and the process's memory while they happen. Times in microseconds.
[[nodiscard]] Result<Json> level_switching(const SwitchSetting& setting);

}  // namespace mosaic::evaluate

#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/manager/application.h"
#include "mosaic/serving/family_levels.h"

namespace mosaic {

/// What a change of level is where a new process takes over: called before the first request on the new level, which waits until this returns.
using TakeOver = std::function<Result<void>(const FamilyLevels& levels, const manager::Operation& operation)>;

/// A new process of mosaic's tool, which opens the level's network by itself and runs it once ('run MODEL --plan ... --repeat 1'); it has ended when
/// this returns. It may use the processors that the calling thread may. `board`: as `FamilyLevels::open` got it. Errors: kIo: it cannot be started;
/// kDevice: it ended with another code than 0.
[[nodiscard]] Result<void> run_in_new_process(const std::filesystem::path& tool, const std::string& board, const FamilyLevels& levels,
                                              const manager::Operation& operation);

}  // namespace mosaic

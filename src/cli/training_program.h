#pragma once

#include "command.h"
#include "mosaic/base/error.h"

namespace mosaic::cli {

/// Goes on as mosaic-training, the program of the optional component that links libtorch, with the same arguments: progress, signals and exit codes
/// are that program's. It lies beside this one; the environment's MOSAIC_TRAINING names another. Comes back only with an error: kUnsupported: it is
/// not there, with how to get it; kIo: it cannot be started.
[[nodiscard]] Result<void> become_training_program(const Context& context);

}  // namespace mosaic::cli

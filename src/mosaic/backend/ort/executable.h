#pragma once

// Only files of this folder include this header; it is not installed.

#include <memory>

#include "mosaic/backend/backend.h"
#include "mosaic/backend/ort/engine.h"
#include "mosaic/backend/ort/lowering.h"
#include "mosaic/backend/ort/session.h"

namespace mosaic::ort {

/// A step as a session of its own. Errors: as `make_session`.
[[nodiscard]] Result<std::unique_ptr<Executable>> make_executable(Engine& engine, LoweredStep step, SessionSettings settings);

}  // namespace mosaic::ort

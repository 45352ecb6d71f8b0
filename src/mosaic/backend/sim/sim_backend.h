#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"

namespace mosaic::sim {

/// The backend of simulated boards: a virtual clock that advances by the truth in the board file's `simulation` part, noise from a seeded generator,
/// faults on demand. Equal calls give equal times, on every machine. docs/boards.md describes the keys.
///
/// With `functional` (a backend that computes on the host's CPU) steps compute what a real device would; without it outputs are left as they are,
/// which is enough to profile, plan and time. Errors: kInvalidInput: the simulation part is missing, wrong, or names a device the board does not
/// have.
[[nodiscard]] Result<std::shared_ptr<Backend>> make_backend(const Board& board, std::shared_ptr<Backend> functional = nullptr);

}  // namespace mosaic::sim

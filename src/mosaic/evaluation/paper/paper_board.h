#pragma once

#include <array>
#include <string_view>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"
#include "mosaic/board/board.h"

namespace mosaic::evaluation {

/// The devices of the paper's board, by their names in board files.
constexpr std::array<std::string_view, 4> kPaperDevices{"big", "little", "gpu", "npu"};

/// Where a layer goes that its preferred device cannot run.
constexpr std::array<std::string_view, 3> kFallbacks{"npu", "gpu", "big"};

/// Whether the paper can be repeated on a board: it is simulated, has these four devices and no other, and its backend's meter knows what each
/// draws. Errors: kInvalidInput, naming what is missing; the backend's.
[[nodiscard]] Result<void> check_paper_board(const Board& board, const Backends& backends);

/// Requires: check_paper_board.
[[nodiscard]] DeviceId find_device(const Board& board, std::string_view name);

/// B, L, G or N. Requires: check_paper_board.
[[nodiscard]] char letter_of(const Device& device);

}  // namespace mosaic::evaluation

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"
#include "mosaic/board/board.h"

namespace mosaic {

/// The board that a user means: empty or "host" is this machine, discovered; "host-split" is this machine with a device for each core; a path is a
/// file; any other name is a file of that name in a folder of boards (MOSAIC_BOARDS, the installed one, the source tree's). A board of real devices
/// that names a machine is refused on another one; one that names none is taken to describe this one. A replayed board is taken as it is.
/// Errors: kInvalidInput, naming the boards there are; those of reading and discovering.
[[nodiscard]] Result<Board> find_board(const std::string& name);

/// Names of the boards in the folders of boards.
[[nodiscard]] std::vector<std::string> board_names();

/// The backends that a board's devices need, each device checked. A simulated board computes on the host's CPU if `functional`.
/// Clocks that real devices name are set while their steps run; where there are none such, or they may not be set, the board is refused. Clocks that
/// a mosaic left which died are put back first. `remark` takes what must be said of clocks but fails nothing.
/// Errors: kInvalidInput (a core, provider or clock that is not there), kUnsupported (a board of measured tables), kEngine, kDevice.
[[nodiscard]] Result<Backends> make_backends(const Board& board, bool functional = true, const std::function<void(const std::string&)>& remark = {});

/// The same CPU cores as devices of one core each, "core0", "core1", ...; other devices stay.
[[nodiscard]] Result<Board> split_by_core(const Board& board);

}  // namespace mosaic

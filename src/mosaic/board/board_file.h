#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/board/board.h"

namespace mosaic {

/// A board from YAML; docs/boards.md describes every key. Sizes are bytes or texts such as "100 MB" and "1.5 GiB"; clocks are texts such as "1.8
/// GHz". `where` opens error messages. Errors: kInvalidInput, with the key.
[[nodiscard]] Result<Board> parse_board(std::string_view yaml, std::string_view where = "board");

/// Errors: as `parse_board`, and kInvalidInput for a file that cannot be read.
[[nodiscard]] Result<Board> read_board(const std::filesystem::path& path);

/// The board as YAML with comments, which `parse_board` reads back to an equal board.
[[nodiscard]] std::string format_board(const Board& board);

/// "100 MB" (decimal units), "64 MiB" (binary units) or a plain number of bytes. Errors: kInvalidInput.
[[nodiscard]] Result<Bytes> parse_bytes(std::string_view text);

/// "2362 MHz", "1.8 GHz". Errors: kInvalidInput.
[[nodiscard]] Result<Hertz> parse_clock(std::string_view text);

}  // namespace mosaic

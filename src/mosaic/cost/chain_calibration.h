#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/board/board.h"
#include "mosaic/cost/calibration.h"
#include "mosaic/cost/chain_costs.h"

namespace mosaic {

/// What a calibration of chains can correct: the input's way in; all layers; beside them the layers of each device; entering, leaving and links, and
/// with them changes of clocks; a constant for each slice behind another one, in milliseconds. `typical` is about how long a run takes: the constant
/// is believed to be a few per cent of it at most. Places are devices, as in `measured_costs`.
[[nodiscard]] std::vector<CalibrationTerm> chain_terms(const Board& board, Milliseconds typical);

/// A chain's amounts for those terms, in milliseconds. Their sum, with the coefficients expected, is what the chain costs.
[[nodiscard]] std::vector<double> chain_amounts(const ChainCosts& costs, const Chain& chain);

/// The costs with a calibration's coefficients in them: every chain then costs what the calibration says of its amounts, but that no single cost
/// falls below 0. Requires: a calibration with the terms of a board of as many places.
[[nodiscard]] ChainCosts calibrated(ChainCosts costs, const Calibration& calibration);

/// A calibration and what it belongs to. Immutable value with a file format, see docs/formats.md.
struct BoardCalibration {
  std::string graph_name;
  Fingerprint graph;
  std::string board_name;
  Fingerprint board;
  bool simulated = false;
  Calibration calibration;
};

[[nodiscard]] std::string format_calibration(const BoardCalibration& of);
/// Errors: kInvalidInput, after `where`: no JSON, an unknown schema, keys that are missing, unknown or make no sense.
[[nodiscard]] Result<BoardCalibration> parse_calibration(std::string_view text, std::string_view where = "calibration");
/// Errors: as `parse_calibration`; kInvalidInput for a file that cannot be read, and for a calibration of another model or board.
[[nodiscard]] Result<BoardCalibration> read_calibration(const std::filesystem::path& path, const Graph& graph, const Board& board);

}  // namespace mosaic

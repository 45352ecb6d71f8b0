#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/base/json.h"
#include "mosaic/board/board.h"
#include "mosaic/integers/quantized_network.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/plan/plan.h"
#include "mosaic/session/search.h"

namespace mosaic::cli {

/// A network in integers whose layers are split over a board's two arrays, and the plan that says so.
struct MappedModel {
  integers::QuantizedNetwork network;
  Board board;
  Plan plan;
};

/// Whether a MODEL is a network in integers (NAME.integers.json) and no ONNX file, by its name.
[[nodiscard]] bool is_in_integers(const std::string& model);

/// `plan`: may be empty, then the network's own split. `board`: empty for the plan's, or else "diana". Errors: those of reading, of the board,
/// `find_arrays` and `validate_mapped`, with the file's name.
[[nodiscard]] Result<MappedModel> open_mapped(const std::string& model, const std::string& plan, const std::string& board);

/// Of each layer the channels and cycles of both arrays, who waits for whom, its energy, and what it would take with all channels digital; modelled.
[[nodiscard]] Json layers_json(const integers::QuantizedNetwork& network);

/// Cycles, time and energy of all layers: {"modelled_cycles", "modelled_ms", "modelled_uj"}.
[[nodiscard]] Json cost_json(const diana::NetworkCost& cost);

/// A line for each layer: its split, both arrays' cycles, its energy; for explanations also who waits and what All-8bit would take.
[[nodiscard]] std::string layers_table(const integers::QuantizedNetwork& network, bool explained);

/// "30,248 cycles, 0.116 ms and 3.42 uJ, modelled", and against All-8bit.
[[nodiscard]] std::string cost_text(const integers::QuantizedNetwork& network);

/// What 'mosaic explain' says of such a plan. Errors: as `open_mapped`.
[[nodiscard]] Result<void> explain_mapped(const std::string& model, const std::string& plan, const std::string& board, bool json);

struct SplitFigures {
  double digital_percent = 0;    ///< of all output channels
  std::size_t split_layers = 0;  ///< with both accelerators inside one layer
};
[[nodiscard]] SplitFigures split_figures(const mapping::Mapping& mapping);

/// "IO-8bit/backbone-ternary" as a part of a file's name.
[[nodiscard]] std::string file_name(std::string mapping);

/// For each mapping NAME.plan.json, beside the networks that `write_search` wrote. `board`: as it was named. Errors: kIo, `find_arrays`.
[[nodiscard]] Result<void> write_plans(const SearchResult& result, const Board& board, const std::string& board_option, const std::string& objective,
                                       const std::filesystem::path& folder);

}  // namespace mosaic::cli

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mosaic/accelerators/diana.h"
#include "mosaic/base/error.h"
#include "mosaic/base/json.h"
#include "mosaic/base/statistics.h"
#include "mosaic/board/board.h"
#include "mosaic/session/search.h"

namespace mosaic::cli {

/// A mapping's figures as all outputs show them.
struct MappedFigures {
  double digital_percent = 0;            ///< of all output channels
  std::size_t split_layers = 0;          ///< with both accelerators inside one layer
  double agreement_percent = 0;          ///< with the float network's classes
  std::optional<double> accuracy;        ///< per cent; where the test images have labels
  std::optional<Interval> interval;      ///< of it, 95 %
  std::optional<double> analog_percent;  ///< accuracy, or agreement without labels, with the analog array's converter and noise
  std::optional<std::string> rival;      ///< the cheapest manual heuristic that is not more than 0.5 points less accurate
  std::optional<double> saving_percent;  ///< of its cost
};

[[nodiscard]] std::vector<MappedFigures> figures_of(const SearchResult& result, std::span<const LabelledImage> test, diana::CostKind objective);

[[nodiscard]] std::string search_table(const SearchResult& result, std::span<const MappedFigures> figures);
[[nodiscard]] Json search_json(const SearchResult& result, std::span<const MappedFigures> figures);

/// "1 of 1,000 test images have no class, cats/7.png for one", where some have a class and some have none.
[[nodiscard]] std::optional<std::string> missing_labels(std::span<const LabelledImage> images, const std::string& what);

/// Into a folder, from which the mappings of an earlier search are removed: front.html with front.csv and front.json, and for each mapping
/// NAME.mapping.json the network in integers NAME.integers.json and the same as a model, NAME.onnx. Errors: kIo.
[[nodiscard]] Result<void> write_search(const SearchResult& result, std::span<const MappedFigures> figures, const std::string& title,
                                        const std::filesystem::path& folder);

/// What a search's results are shown with.
struct SearchReport {
  std::string title;
  std::size_t calibration = 0;             ///< images
  std::optional<std::uint64_t> seed = {};  ///< where something was trained
  Json facts;                              ///< for JSON: model, board and so on
};

struct SearchCommand;

/// Prints the table or JSON, then writes the folder that the command names, if it does, with plans for this board. Errors: kIo, `find_arrays`.
[[nodiscard]] Result<void> show_search(const SearchResult& result, std::span<const LabelledImage> test, const Board& board,
                                       const SearchReport& report, const SearchCommand& command);

}  // namespace mosaic::cli

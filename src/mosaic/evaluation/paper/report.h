#pragma once

#include <filesystem>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/evaluation/paper/evaluation.h"
#include "mosaic/evaluation/paper/results.h"

namespace mosaic::evaluation {

/// Writes index.html (self-contained), a CSV and a JSON file for each table and figure, and results.json. The same results give the same bytes.
/// Errors: kIo.
[[nodiscard]] Result<void> write_paper_report(const PaperResults& results, const Board& board, const std::filesystem::path& folder);

/// Figures 16 and 17 with their table, and the fronts, in a page and files of their own: they differ from run to run. Errors: kIo.
[[nodiscard]] Result<void> write_planning_report(const std::vector<PlanningTimes>& times, const std::vector<FrontTime>& fronts,
                                                 const std::filesystem::path& folder);

}  // namespace mosaic::evaluation

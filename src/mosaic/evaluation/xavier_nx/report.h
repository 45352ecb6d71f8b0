#pragma once

#include <string>
#include <vector>

#include "mosaic/evaluation/xavier_nx/evaluation.h"
#include "mosaic/report/table.h"

namespace mosaic::xavier_nx {

/// What an evaluation shows, as tables for the page, for files and for the terminal alike: the searches, then the levels. Pure.
[[nodiscard]] std::vector<report::Table> result_tables(const std::vector<DeviceEvaluation>& devices);

/// What the figures are and are not.
[[nodiscard]] std::vector<std::string> result_notes();

/// The page: fronts, then the tables.
[[nodiscard]] std::string result_page(const std::vector<DeviceEvaluation>& devices, const std::string& folder);

}  // namespace mosaic::xavier_nx

#pragma once

#include <string>
#include <vector>

#include "mosaic/evaluation/xavier_nx/managing.h"
#include "mosaic/report/table.h"

namespace mosaic::xavier_nx {

/// What an evaluation shows, as tables for the page, for files and for the terminal alike. Pure.
[[nodiscard]] std::vector<report::Table> managing_tables(const ManagingEvaluation& evaluation);

/// What the figures are and are not.
[[nodiscard]] std::vector<std::string> managing_notes(const ManagingEvaluation& evaluation);

/// The page: the course of Figure 7 over time, then the tables.
[[nodiscard]] std::string managing_page(const ManagingEvaluation& evaluation, const std::string& folder);

}  // namespace mosaic::xavier_nx

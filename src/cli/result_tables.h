#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "mosaic/base/json.h"
#include "mosaic/report/table.h"

namespace mosaic::cli {

/// Tables of a page, for the terminal, for scripts and as files.

/// Aligned, under its caption.
[[nodiscard]] std::string text_of(const report::Table& table);

/// The rows of each table under its name. Errors: none that a table can cause.
[[nodiscard]] Result<void> add_rows(std::span<const report::Table> tables, Json& json);

/// A CSV and a JSON file of each. Errors: kIo.
[[nodiscard]] Result<void> save_tables(std::span<const report::Table> tables, const std::filesystem::path& folder);

}  // namespace mosaic::cli

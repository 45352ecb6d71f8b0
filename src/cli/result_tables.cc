#include "result_tables.h"

#include <fmt/format.h>

#include <utility>
#include <variant>
#include <vector>

#include "output.h"

namespace mosaic::cli {
namespace {

std::string cell_text(const report::Cell& cell, const report::Column& column) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&cell)) return fmt::format("{:.{}f}", *number, column.digits);
  if (const auto* mark = std::get_if<report::Mark>(&cell)) return mark->text;
  return "";
}

}  // namespace

std::string text_of(const report::Table& table) {
  std::vector<std::string> titles;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const report::Column& column = table.columns[c];
    const bool number =
        !table.rows.empty() && (std::holds_alternative<double>(table.rows[0][c]) || std::holds_alternative<std::int64_t>(table.rows[0][c]));
    titles.push_back((number ? ">" : "") + (column.title.empty() ? column.key : column.title));
  }
  Table text(titles);
  for (const auto& row : table.rows) {
    std::vector<std::string> cells;
    for (std::size_t c = 0; c < row.size(); ++c) cells.push_back(cell_text(row[c], table.columns[c]));
    text.add(std::move(cells));
  }
  return table.caption + "\n" + text.text() + "\n";
}

Result<void> add_rows(std::span<const report::Table> tables, Json& json) {
  for (const report::Table& table : tables) {
    MOSAIC_TRY(const Json rows, parse_json(report::to_json(table)));
    json[table.name] = rows.at("rows");
  }
  return {};
}

Result<void> save_tables(std::span<const report::Table> tables, const std::filesystem::path& folder) {
  for (const report::Table& table : tables) MOSAIC_RETURN_IF_ERROR(report::save_table(table, folder));
  return {};
}

}  // namespace mosaic::cli

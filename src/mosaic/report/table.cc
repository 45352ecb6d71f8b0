#include "mosaic/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "mosaic/base/check.h"
#include "mosaic/base/file.h"
#include "mosaic/base/json.h"
#include "mosaic/report/drawing.h"

namespace mosaic::report {
namespace {

bool is_nothing(const Cell& cell) {
  const auto* number = std::get_if<double>(&cell);
  return std::holds_alternative<std::monostate>(cell) || (number != nullptr && !std::isfinite(*number));
}

bool is_number(const Cell& cell) { return std::holds_alternative<std::int64_t>(cell) || std::holds_alternative<double>(cell); }

/// All digits; "" for nothing.
std::string exact(const Cell& cell) {
  if (is_nothing(cell)) return "";
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* mark = std::get_if<Mark>(&cell)) return mark->text;
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *integer);
  return fmt::format("{}", std::get<double>(cell));
}

std::string rounded(const Cell& cell, int digits) {
  const auto* number = std::get_if<double>(&cell);
  return number == nullptr || is_nothing(cell) ? exact(cell) : fmt::format("{:.{}f}", *number, digits);
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

/// Whether a column is aligned to the right: it has numbers and nothing else.
bool is_numeric(const Table& table, std::size_t column) {
  bool any = false;
  for (const auto& row : table.rows) {
    if (is_nothing(row[column])) continue;
    if (!is_number(row[column])) return false;
    any = true;
  }
  return any;
}

std::string_view tone_class(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kGood:
      return "good";
    case Tone::kBad:
      return "bad";
    case Tone::kMuted:
      return "muted";
  }
  return "";
}

std::string html_cell(const Cell& cell, int digits) {
  std::string classes(is_number(cell) ? "number" : "");
  if (const auto* mark = std::get_if<Mark>(&cell)) classes = tone_class(mark->tone);
  if (is_nothing(cell)) return "<td class=\"muted\">–</td>";
  return fmt::format("<td{}>{}</td>", classes.empty() ? "" : fmt::format(" class=\"{}\"", classes), escape(rounded(cell, digits)));
}

}  // namespace

void Table::add(std::vector<Cell> row) {
  MOSAIC_CHECK(row.size() == columns.size());
  rows.push_back(std::move(row));
}

std::string to_csv(const Table& table) {
  std::string out;
  const auto add_field = [&](std::size_t column, const std::string& text) {
    if (column > 0) out += ',';
    out += quoted(text);
  };
  for (std::size_t c = 0; c < table.columns.size(); ++c) add_field(c, table.columns[c].key);
  out += '\n';
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) add_field(c, exact(row[c]));
    out += '\n';
  }
  return out;
}

std::string to_json(const Table& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    Json object = Json::object();
    for (std::size_t c = 0; c < row.size(); ++c) {
      Json& value = object[table.columns[c].key];
      if (is_nothing(row[c])) continue;
      if (const auto* integer = std::get_if<std::int64_t>(&row[c])) {
        value = *integer;
      } else if (const auto* number = std::get_if<double>(&row[c])) {
        value = *number;
      } else {
        value = exact(row[c]);
      }
    }
    rows.push_back(std::move(object));
  }
  return to_text({{"name", table.name}, {"caption", table.caption}, {"rows", std::move(rows)}});
}

std::string to_html(const Table& table) {
  std::string out = "<figure class=\"table\">\n";
  if (!table.caption.empty()) out += fmt::format("<figcaption>{}</figcaption>\n", escape(table.caption));
  out += "<div class=\"scroll\"><table>\n<thead><tr>";
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const Column& column = table.columns[c];
    out += fmt::format("<th{}>{}</th>", is_numeric(table, c) ? " class=\"number\"" : "", escape(column.title.empty() ? column.key : column.title));
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) out += html_cell(row[c], table.columns[c].digits);
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n</figure>\n";
}

Result<void> save_table(const Table& table, const std::filesystem::path& folder) {
  MOSAIC_CHECK(!table.name.empty());
  MOSAIC_RETURN_IF_ERROR(write_file(folder / (table.name + ".csv"), to_csv(table)));
  return write_file(folder / (table.name + ".json"), to_json(table));
}

}  // namespace mosaic::report

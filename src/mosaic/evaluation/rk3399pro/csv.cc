#include "mosaic/evaluation/rk3399pro/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mosaic::tables {
namespace {

/// Cuts a text into cells, line by line.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }

  /// The next line's cells; false where a quote is not closed.
  bool line(std::vector<std::string>& cells) {
    cells.clear();
    for (bool more = true; more;) {
      cells.emplace_back();
      if (!cell(cells.back())) return false;
      more = rest_.starts_with(',');
      if (more) rest_.remove_prefix(1);
    }
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
    if (!rest_.empty()) rest_.remove_prefix(1);
    return true;
  }

 private:
  bool cell(std::string& out) {
    if (rest_.starts_with('"')) {
      rest_.remove_prefix(1);
      for (;;) {
        const std::size_t quote = rest_.find('"');
        if (quote == std::string_view::npos) return false;
        out += rest_.substr(0, quote);
        rest_.remove_prefix(quote + 1);
        if (!rest_.starts_with('"')) break;
        out += '"';
        rest_.remove_prefix(1);
      }
    }
    const std::size_t end = std::min(rest_.find_first_of(",\n"), rest_.size());
    std::string_view plain = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (plain.ends_with('\r')) plain.remove_suffix(1);
    out += plain;
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::size_t> Csv::find(std::string_view column) const {
  const auto found = std::ranges::find(columns, column);
  return found == columns.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - columns.begin()));
}

Result<void> Csv::require(const std::vector<std::string>& wanted) const {
  std::vector<std::string> missing;
  for (const std::string& each : wanted) {
    if (!find(each)) missing.push_back(fmt::format("'{}'", each));
  }
  if (missing.empty()) return {};
  return fail(ErrorCode::kInvalidInput, fmt::format("{}: column{} {} {} missing; there are {}", where, missing.size() == 1 ? "" : "s",
                                                    fmt::join(missing, ", "), missing.size() == 1 ? "is" : "are", fmt::join(columns, ", ")));
}

std::string_view Csv::cell(std::size_t row, std::string_view column) const {
  const auto index = find(column);
  return index ? std::string_view(rows[row][*index]) : std::string_view();
}

Result<std::optional<double>> Csv::number(std::size_t row, std::string_view column) const {
  const std::string_view text = cell(row, column);
  if (text.empty()) return std::nullopt;
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || !std::isfinite(value)) return refuse(row, column, "a number");
  return value;
}

Result<std::optional<int>> Csv::integer(std::size_t row, std::string_view column, int low, int high) const {
  MOSAIC_TRY(const std::optional<double> value, number(row, column));
  if (!value) return std::nullopt;
  if (*value < low || *value > high || *value != std::floor(*value)) {
    return refuse(row, column, fmt::format("an integer from {} to {}", low, high));
  }
  return static_cast<int>(*value);
}

std::unexpected<Error> Csv::refuse(std::size_t row, std::string_view column, std::string_view what) const {
  return fail(ErrorCode::kInvalidInput, fmt::format("{}: row {}, column '{}': '{}' is not {}", where, row + 1, column, cell(row, column), what));
}

Result<Csv> parse_csv(std::string_view text, std::string where) {
  Csv csv{.where = std::move(where), .columns = {}, .rows = {}};
  if (text.empty()) return fail(ErrorCode::kInvalidInput, csv.where + ": the file is empty; a table begins with the names of its columns");
  Scanner scanner(text);
  std::vector<std::string> cells;
  while (!scanner.done()) {
    if (!scanner.line(cells)) return fail(ErrorCode::kInvalidInput, fmt::format("{}: a quote is not closed", csv.where));
    if (csv.columns.empty()) {
      csv.columns = cells;
      continue;
    }
    if (std::ranges::all_of(cells, &std::string::empty)) continue;
    if (cells.size() != csv.columns.size()) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("{}: row {} has {} cells, {} columns are named", csv.where, csv.rows.size() + 1, cells.size(), csv.columns.size()));
    }
    csv.rows.push_back(cells);
  }
  return csv;
}

}  // namespace mosaic::tables

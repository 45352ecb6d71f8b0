#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"

namespace mosaic::tables {

/// Comma-separated texts with a line of column names. Plain data.
struct Csv {
  std::string where;  ///< opens error messages
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< as many cells as there are columns

  [[nodiscard]] std::optional<std::size_t> find(std::string_view column) const;

  /// Errors: kInvalidInput, naming the columns of `wanted` that are missing and those that are there.
  [[nodiscard]] Result<void> require(const std::vector<std::string>& wanted) const;

  /// The cell in a column, or empty where there is no such column. Requires: the row is there.
  [[nodiscard]] std::string_view cell(std::size_t row, std::string_view column) const;

  /// The cell as a finite number; none where it is empty. Errors: kInvalidInput, naming row and column.
  [[nodiscard]] Result<std::optional<double>> number(std::size_t row, std::string_view column) const;

  /// The cell as an integer of [low, high], also written as "3.0"; none where it is empty. Errors: as `number`.
  [[nodiscard]] Result<std::optional<int>> integer(std::size_t row, std::string_view column, int low, int high) const;

 private:
  [[nodiscard]] std::unexpected<Error> refuse(std::size_t row, std::string_view column, std::string_view what) const;
};

/// Cells may be quoted, with doubled quotes inside; lines end in LF or CRLF; lines of empty cells alone are left out.
/// Errors: kInvalidInput: no line of names, a row with another number of cells, a quote that is not closed.
/// Source: RFC 4180.
[[nodiscard]] Result<Csv> parse_csv(std::string_view text, std::string where);

}  // namespace mosaic::tables

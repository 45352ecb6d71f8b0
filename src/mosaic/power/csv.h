#pragma once

// Used by monitor_log.cc alone; not installed.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic {

/// Goes through the rows of a CSV text. Cells stand between separators; one in double quotes may hold separators, line ends and doubled quotes.
/// Spaces around cells are left out, empty rows and those that begin with # as well. Never fails: what is odd is a cell like any other.
/// Thread-compatible.
class CsvReader {
 public:
  /// The separator is the one of comma, semicolon and tab that occurs most in the first row. `text` must outlive this.
  explicit CsvReader(std::string_view text);

  [[nodiscard]] char separator() const { return separator_; }

  /// The next row's cells, valid until the next call; false at the end.
  bool next(std::vector<std::string>& cells);

  /// Of the row that was read last, from 1.
  [[nodiscard]] std::size_t line() const { return line_; }

 private:
  bool skip_to_row();
  void read_cell(std::string& cell);

  std::string_view rest_;
  char separator_ = ',';
  std::size_t line_ = 0;
  std::size_t next_line_ = 1;
};

}  // namespace mosaic

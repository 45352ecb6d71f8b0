#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "mosaic/base/error.h"

namespace mosaic::report {

/// How a page shows a verdict.
enum class Tone : std::uint8_t { kPlain, kGood, kBad, kMuted };

/// A text with a colour; a plain text in files.
struct Mark {
  std::string text;
  Tone tone = Tone::kPlain;
};

/// Nothing, a text or a number. A number that is not finite counts as nothing: what it means is for its table to say, in words.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double, Mark>;

struct Column {
  std::string key;    ///< in files, with its unit: "latency_ms"
  std::string title;  ///< on the page: "latency (ms)"; empty: the key
  int digits = 3;     ///< behind the point, for numbers that are not integers, on the page alone: files have all digits
};

/// One table for the page and for files: what a person reads and what a script reads is the same value.
struct Table {
  std::string name;     ///< of its files, without an ending: "table_3"
  std::string caption;  ///< what it shows, with whether it was measured, modelled or simulated
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;

  /// Adds a row. Requires: a cell for each column.
  void add(std::vector<Cell> row);
};

/// RFC 4180 with line feeds: a line of keys, then the rows. Numbers have as many digits as it takes to read back the same value; nothing is empty.
[[nodiscard]] std::string to_csv(const Table& table);

/// {"name": ..., "caption": ..., "rows": [{key: value, ...}, ...]}, pretty-printed. Nothing is null.
[[nodiscard]] std::string to_json(const Table& table);

/// A <figure> with the table: numbers to the right, everything escaped.
[[nodiscard]] std::string to_html(const Table& table);

/// Writes folder/name.csv and folder/name.json, each whole or not at all. Requires: the table has a name. Errors: kIo.
[[nodiscard]] Result<void> save_table(const Table& table, const std::filesystem::path& folder);

}  // namespace mosaic::report

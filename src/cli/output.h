#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/json.h"
#include "mosaic/base/units.h"

namespace mosaic::cli {

/// A table with aligned columns: texts to the left, numbers to the right.
class Table {
 public:
  /// A title that starts with '>' stands for a column of numbers.
  explicit Table(std::vector<std::string> titles);
  void add(std::vector<std::string> cells);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> titles_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

/// Shows how far long work is, on standard error: a bar on a terminal, a line for each new kind of work elsewhere. Erases itself.
class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::string_view what, double share);
  void clear();

 private:
  bool quiet_;
  bool terminal_;
  std::string last_;
};

/// Prints to standard output.
void print(std::string_view text);
void print_json(const Json& json);

/// A remark to standard error.
void note(std::string_view text);

/// Milliseconds with three digits behind the point, for tables.
[[nodiscard]] std::string ms(Microseconds time);
/// Millijoules likewise.
[[nodiscard]] std::string mj(Joules energy);
/// Milliseconds rounded to nanoseconds, for JSON.
[[nodiscard]] double json_ms(Microseconds time);

/// `text` cut to `width` characters, with an ellipsis where something was cut.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);

}  // namespace mosaic::cli

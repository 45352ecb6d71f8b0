#include "mosaic/power/csv.h"

#include <algorithm>
#include <array>

namespace mosaic {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlank = " \t\r";

bool ends_row(char c) { return c == '\n' || c == '\r'; }

void trim(std::string& cell) {
  const std::size_t begin = std::min(cell.find_first_not_of(kBlank), cell.size());
  cell.erase(0, begin);
  cell.erase(cell.find_last_not_of(kBlank) + 1);  // npos + 1 is 0
}

}  // namespace

CsvReader::CsvReader(std::string_view text) : rest_(text) {
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  if (!skip_to_row()) return;
  const std::string_view first = rest_.substr(0, rest_.find_first_of("\r\n"));
  std::ptrdiff_t most = 0;
  for (const char candidate : std::array{',', ';', '\t'}) {
    const auto count = std::ranges::count(first, candidate);
    if (count > most) separator_ = candidate;
    most = std::max(most, count);
  }
}

/// To the next row that holds something; false where there is none.
bool CsvReader::skip_to_row() {
  while (!rest_.empty()) {
    const std::size_t content = rest_.find_first_not_of(" \t");
    if (content == std::string_view::npos) return false;
    if (rest_[content] != '#' && !ends_row(rest_[content])) return true;
    const std::size_t end = rest_.find('\n', content);
    if (end == std::string_view::npos) return false;
    rest_.remove_prefix(end + 1);
    ++next_line_;
  }
  return false;
}

/// Up to the separator or the row's end, which stays.
void CsvReader::read_cell(std::string& cell) {
  cell.clear();
  while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  if (rest_.starts_with('"')) {
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\n') ++next_line_;
      if (c != '"') {
        cell += c;
      } else if (rest_.starts_with('"')) {
        cell += '"';
        rest_.remove_prefix(1);
      } else {
        break;
      }
    }
  }
  const std::size_t end = std::min(rest_.find_first_of(separator_ == ',' ? ",\r\n" : separator_ == ';' ? ";\r\n" : "\t\r\n"), rest_.size());
  cell += rest_.substr(0, end);
  rest_.remove_prefix(end);
  trim(cell);
}

bool CsvReader::next(std::vector<std::string>& cells) {
  if (!skip_to_row()) return false;
  line_ = next_line_;
  for (std::size_t count = 0;; ++count) {
    if (count == cells.size()) cells.emplace_back();
    read_cell(cells[count]);
    if (rest_.starts_with(separator_)) {
      rest_.remove_prefix(1);
      continue;
    }
    cells.resize(count + 1);
    break;
  }
  if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
  if (!rest_.empty()) {
    rest_.remove_prefix(1);
    ++next_line_;
  }
  return true;
}

}  // namespace mosaic

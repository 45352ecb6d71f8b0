#include "output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mosaic::cli {
namespace {

/// To standard error, which may be closed or full: nothing hangs on it.
void say(const std::string& text) { std::fputs(text.c_str(), stderr); }

}  // namespace

Table::Table(std::vector<std::string> titles) : titles_(std::move(titles)) {
  for (std::string& title : titles_) {
    right_.push_back(title.starts_with('>'));
    if (right_.back()) title.erase(0, 1);
  }
}

void Table::add(std::vector<std::string> cells) {
  cells.resize(titles_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < titles_.size(); ++c) {
    std::size_t width = titles_[c].size();
    for (const auto& row : rows_) width = std::max(width, row[c].size());
    widths.push_back(width);
  }
  std::string out;
  const auto add_row = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) line += "  ";
      line += right_[c] ? fmt::format("{:>{}}", row[c], widths[c]) : fmt::format("{:<{}}", row[c], widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  add_row(titles_);
  for (const auto& row : rows_) add_row(row);
  return out;
}

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { clear(); }

void Progress::show(std::string_view what, double share) {
  if (quiet_) return;
  if (!terminal_) {
    if (what != last_) say(fmt::format("{} ...\n", what));
    last_ = what;
    return;
  }
  constexpr int kWidth = 30;
  const int filled = static_cast<int>(std::clamp(share, 0.0, 1.0) * kWidth);
  say(fmt::format("\r\x1b[K{:<28} [{:#<{}}{:.<{}}] {:3.0f} %", what, "", filled, "", kWidth - filled, 100 * share));
  std::fflush(stderr);
  last_ = what;
}

void Progress::clear() {
  if (!quiet_ && terminal_ && !last_.empty()) say("\r\x1b[K");
  last_.clear();
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void print_json(const Json& json) { print(to_text(json)); }
void note(std::string_view text) { say(fmt::format("mosaic: {}\n", text)); }

std::string ms(Microseconds time) { return fmt::format("{:.3f}", time.count() / 1e3); }
std::string mj(Joules energy) { return fmt::format("{:.3f}", energy.value * 1e3); }
double json_ms(Microseconds time) { return std::round(time.count() * 1e3) / 1e6; }

std::string shorten(std::string_view text, std::size_t width) {
  constexpr std::string_view kDots = "...";
  if (text.size() <= width) return std::string(text);
  std::size_t end = width - std::min(width, kDots.size());
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;  // no part of a character
  return std::string(text.substr(0, end)).append(kDots.substr(0, width));
}

}  // namespace mosaic::cli

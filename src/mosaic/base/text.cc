#include "mosaic/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace mosaic {
namespace {

/// Three significant digits.
std::string three_digits(double value) {
  const double magnitude = std::fabs(value);
  if (magnitude >= 99.95) return fmt::format("{:.0f}", value);
  return magnitude >= 9.995 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replace}));
    }
  }
  return row.back();
}

}  // namespace

std::string format_bytes(Bytes bytes) {
  constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (std::llabs(bytes.value) < 1024) return fmt::format("{} B", bytes.value);
  auto value = static_cast<double>(bytes.value) / 1024;
  std::size_t unit = 0;
  for (; std::fabs(value) >= 1023.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{} {}", three_digits(value), kUnits.at(unit));
}

std::string format_count(std::int64_t count) {
  const auto value = static_cast<double>(count);
  if (std::fabs(value) >= 1e9) return three_digits(value / 1e9) + " G";
  if (std::fabs(value) >= 1e6) return three_digits(value / 1e6) + " M";
  if (std::fabs(value) >= 1e4) return three_digits(value / 1e3) + " k";
  return fmt::format("{}", count);
}

std::string_view closest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string_view best;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < fewest) {
      fewest = distance;
      best = candidate;
    }
  }
  return best;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator, begin)) {
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.emplace_back(text.substr(begin));
  return parts;
}

}  // namespace mosaic

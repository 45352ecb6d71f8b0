#include "mosaic/base/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace mosaic {

Result<double> parse_quantity(std::string_view text, std::span<const UnitName> units, std::string_view what) {
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(parsed.ptr, static_cast<std::size_t>(text.data() + text.size() - parsed.ptr));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  const auto found = std::ranges::find(units, unit, &UnitName::name);
  const double value = found == units.end() ? 0 : number * found->factor;
  const bool in_range = value >= 0.5 && value < 0x1p62;  // which what is not a number is not
  if (parsed.ec != std::errc() || found == units.end() || !in_range) {
    return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is not {}", text, what));
  }
  return value;
}

Result<Picoseconds> parse_time(std::string_view text) {
  constexpr std::array<UnitName, 5> kUnits{{{"s", 1e12}, {"ms", 1e9}, {"us", 1e6}, {"ns", 1e3}, {"ps", 1}}};
  MOSAIC_TRY(const double value, parse_quantity(text, kUnits, "a time such as '20 ms'"));
  return Picoseconds(std::llround(value));
}

Result<Picojoules> parse_energy(std::string_view text) {
  constexpr std::array<UnitName, 5> kUnits{{{"J", 1e12}, {"mJ", 1e9}, {"uJ", 1e6}, {"nJ", 1e3}, {"pJ", 1}}};
  MOSAIC_TRY(const double value, parse_quantity(text, kUnits, "an energy such as '5 mJ'"));
  return Picojoules{std::llround(value)};
}

}  // namespace mosaic

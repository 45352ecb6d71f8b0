#pragma once

#include <span>
#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"

namespace mosaic {

/// A unit that a quantity may be given in.
struct UnitName {
  std::string_view name;
  double factor;  ///< how many of the smallest unit
};

/// A number with a unit, "1.5 ms", in the smallest unit. `what` goes into the message: "a time such as '20 ms'". Errors: kInvalidInput: no number, an
/// unknown unit, less than half of the smallest unit, or 2^62 of them and more.
[[nodiscard]] Result<double> parse_quantity(std::string_view text, std::span<const UnitName> units, std::string_view what);

/// "20 ms", "350us", "1.5 s". A number alone has no meaning. Errors: as `parse_quantity`.
[[nodiscard]] Result<Picoseconds> parse_time(std::string_view text);

/// "5 mJ", "800uJ", "1.2 J". Errors: as `parse_quantity`.
[[nodiscard]] Result<Picojoules> parse_energy(std::string_view text);

/// least <= value <= most; not so for a NaN.
[[nodiscard]] constexpr bool is_between(double value, double least, double most) { return value >= least && value <= most; }

}  // namespace mosaic

#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

#include "mosaic/base/units.h"

namespace mosaic {

/// A cost or "infeasible", which absorbs what is added to it and is larger than any cost. Picoseconds; whoever adds them up stays far below 2^63.
class Cost {
 public:
  constexpr Cost() = default;  ///< zero
  constexpr explicit Cost(std::int64_t picoseconds) : value_(picoseconds) {}
  [[nodiscard]] static constexpr Cost infeasible() {
    Cost cost;
    cost.value_ = kInfeasible;
    return cost;
  }

  [[nodiscard]] constexpr bool feasible() const { return value_ != kInfeasible; }

  /// Nothing for infeasible.
  [[nodiscard]] constexpr std::optional<Picoseconds> picoseconds() const { return feasible() ? std::optional(Picoseconds(value_)) : std::nullopt; }

  friend constexpr Cost operator+(Cost a, std::int64_t b) { return a.feasible() ? Cost(a.value_ + b) : a; }
  friend constexpr auto operator<=>(Cost, Cost) = default;

 private:
  static constexpr std::int64_t kInfeasible = std::numeric_limits<std::int64_t>::max();
  std::int64_t value_ = 0;
};

}  // namespace mosaic

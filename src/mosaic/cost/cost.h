#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include "mosaic/base/check.h"
#include "mosaic/base/units.h"

namespace mosaic {

/// A cost or "infeasible", which absorbs what is added to it and is larger than any cost. The unit is that of the table it was added up from:
/// picoseconds or picojoules; `as_time` and `as_energy` say which where it is known. Whoever adds costs up stays far below 2^63.
class Cost {
 public:
  constexpr Cost() = default;  ///< zero
  constexpr explicit Cost(std::int64_t count) : count_(count) {}
  [[nodiscard]] static constexpr Cost infeasible() { return Cost(kInfeasible); }

  [[nodiscard]] constexpr bool feasible() const { return count_ != kInfeasible; }

  /// How many picoseconds or picojoules. Requires: feasible.
  [[nodiscard]] constexpr std::int64_t count() const { return count_; }

  friend constexpr Cost operator+(Cost a, std::int64_t b) { return a.feasible() ? Cost(a.count_ + b) : a; }
  friend constexpr Cost operator+(Cost a, Cost b) { return b.feasible() ? a + b.count_ : b; }
  constexpr Cost& operator+=(Cost other) { return *this = *this + other; }
  friend constexpr auto operator<=>(Cost, Cost) = default;

 private:
  static constexpr std::int64_t kInfeasible = std::numeric_limits<std::int64_t>::max();
  std::int64_t count_ = 0;
};

/// A cost from a table of times. Requires: feasible.
[[nodiscard]] constexpr Picoseconds as_time(Cost cost) {
  MOSAIC_CHECK(cost.feasible());
  return Picoseconds(cost.count());
}

/// A cost from a table of energies. Requires: feasible.
[[nodiscard]] constexpr Picojoules as_energy(Cost cost) {
  MOSAIC_CHECK(cost.feasible());
  return Picojoules{cost.count()};
}

}  // namespace mosaic

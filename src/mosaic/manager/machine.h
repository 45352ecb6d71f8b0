#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mosaic/base/units.h"

namespace mosaic::manager {

/// Cores and accelerators, one bit each, in the order of `Machine::units`.
using Units = std::uint64_t;

inline constexpr std::size_t kMostUnits = 64;

/// What sets the clock of some units together.
struct ClockDomain {
  std::string name;
  std::vector<Hertz> levels;  ///< ascending
  Units units = 0;
};

/// Cores or devices that a request may get, and the clocks that go with them.
struct Placement {
  std::string name;  ///< "cpu[0]", "gpu@767MHz"
  Units units = 0;   ///< at least one

  /// By clock domain, eight bits each: the level and one, or 0 where it does not matter. Two placements agree where neither names another level.
  std::uint64_t clocks = 0;

  [[nodiscard]] static constexpr std::uint64_t clock(std::size_t domain, std::size_t level) {
    return static_cast<std::uint64_t>(level + 1) << (8 * domain);
  }
  /// The level of a domain and one; 0: none.
  [[nodiscard]] constexpr std::size_t level_of(std::size_t domain) const { return clocks >> (8 * domain) & 0xffU; }
};

/// What the manager shares out. Immutable.
struct Machine {
  std::string name;
  std::vector<std::string> units;    ///< at most kMostUnits
  std::vector<ClockDomain> domains;  ///< at most 8, of at most 255 levels
  std::vector<Placement> placements;

  /// By unit: times as long as alone that work takes where others want the unit all the time. Empty: 2, as an even scheduler has it.
  std::vector<double> shared = {};

  /// Times as long as alone that work on these units takes where others want each of them for a share of the time; `load` by unit, empty: nobody
  /// does.
  [[nodiscard]] double contention(Units wanted, const std::vector<double>& load) const;
};

/// Whether no domain has one level in one and another one in the other.
[[nodiscard]] constexpr bool clocks_agree(std::uint64_t a, std::uint64_t b) {
  for (; a != 0 && b != 0; a >>= 8U, b >>= 8U) {
    if ((a & 0xffU) != 0 && (b & 0xffU) != 0 && (a & 0xffU) != (b & 0xffU)) return false;
  }
  return true;
}

}  // namespace mosaic::manager

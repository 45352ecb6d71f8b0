#pragma once

#include <chrono>
#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>

namespace mosaic {

/// What a clock measured.
using Nanoseconds = std::chrono::nanoseconds;

/// What the planner adds up. Integers: sums do not depend on their order, so two algorithms, two builds and two machines agree to the
/// last bit. 2^63 ps are 106 days.
using Picoseconds = std::chrono::duration<std::int64_t, std::pico>;

/// For printing and statistics.
using Milliseconds = std::chrono::duration<double, std::milli>;
using Microseconds = std::chrono::duration<double, std::micro>;

/// A number with a unit; sums and comparisons only with its own kind.
template <class Tag, class Rep>
struct Quantity {
  Rep value{};

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return {a.value + b.value}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return {a.value - b.value}; }
  constexpr Quantity& operator+=(Quantity other) { return *this = *this + other; }
  constexpr Quantity& operator-=(Quantity other) { return *this = *this - other; }
};

/// The sum, or the largest integer where it is larger. Requires: neither is negative.
[[nodiscard]] constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  return a > std::numeric_limits<std::int64_t>::max() - b ? std::numeric_limits<std::int64_t>::max() : a + b;
}

using Bytes = Quantity<struct BytesTag, std::int64_t>;
using Hertz = Quantity<struct HertzTag, std::int64_t>;
using Volts = Quantity<struct VoltsTag, double>;
using Watts = Quantity<struct WattsTag, double>;
using Joules = Quantity<struct JoulesTag, double>;

/// Power drawn for a time.
[[nodiscard]] constexpr Joules operator*(Watts power, std::chrono::duration<double> time) { return {power.value * time.count()}; }

/// As above: a model may claim any size.
[[nodiscard]] constexpr Bytes saturating_add(Bytes a, Bytes b) { return {saturating_add(a.value, b.value)}; }

/// What the planner adds up where a plan is judged by its energy; integers for the same reason as Picoseconds. 2^63 pJ are 9.2 MJ.
using Picojoules = Quantity<struct PicojoulesTag, std::int64_t>;

[[nodiscard]] constexpr Joules to_joules(Picojoules energy) { return {static_cast<double>(energy.value) / 1e12}; }

}  // namespace mosaic

#pragma once

#include <algorithm>
#include <cstdint>

namespace mosaic::integers {

/// The one way in which sums of integers become integers of another scale, everywhere in a quantised network:
///
///   product = sum * mantissa                   |sum| < 2^31 and 0 <= mantissa < 2^22, so |product| < 2^53
///   rounded = product / 2^shift                to the nearest integer; of two that are as near, the even one
///   result  = min(max(rounded, low), high)     the range of what comes out; low = 0 is a ReLU
///
/// A power of two is the special case mantissa = 1. All of it is exact in 64-bit integers, and as exact in double: products below 2^53 and their
/// division by a power of two have no rounding error, so `Mul`, `Round` and `Clip` of ONNX in float64 give the same integers.
/// Pure, reentrant.

struct Multiplier {
  std::int32_t mantissa = 0;  ///< 0 to 2^22 - 1
  std::int32_t shift = 0;     ///< 0 to 62

  friend bool operator==(const Multiplier&, const Multiplier&) = default;
};

inline constexpr int kMantissaBits = 22;
inline constexpr int kMostShift = 62;

/// The multiplier nearest to `value`, as short as it can be: odd, or without a shift. Its relative error is at most 2^-22 where `value` is 2^-40 or
/// more; below that the shift is at its end. What is 2^22 or more becomes 2^22 - 1: all but a sum of zero saturates. Requires: value >= 0, finite.
[[nodiscard]] Multiplier multiplier_of(double value);

/// What it stands for, exactly.
[[nodiscard]] double value_of(const Multiplier& multiplier);

/// value / 2^shift to the nearest integer, of two the even one. Requires: 0 <= shift <= 62.
[[nodiscard]] constexpr std::int64_t shift_half_even(std::int64_t value, std::int32_t shift) {
  if (shift == 0) return value;
  const std::int64_t whole = value >> shift;  // towards minus infinity
  const std::int64_t rest = value - (whole << shift);
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  return rest > half || (rest == half && whole % 2 != 0) ? whole + 1 : whole;
}

[[nodiscard]] constexpr std::int32_t saturate(std::int64_t value, std::int32_t low, std::int32_t high) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, low, high));
}

[[nodiscard]] constexpr std::int32_t requantize(std::int64_t sum, const Multiplier& multiplier, std::int32_t low, std::int32_t high) {
  return saturate(shift_half_even(sum * multiplier.mantissa, multiplier.shift), low, high);
}

}  // namespace mosaic::integers

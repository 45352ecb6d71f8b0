#include "mosaic/integers/requantize.h"

#include <cmath>

#include "mosaic/base/check.h"

namespace mosaic::integers {

Multiplier multiplier_of(double value) {
  MOSAIC_CHECK(value >= 0 && std::isfinite(value));
  constexpr std::int32_t kLimit = 1 << kMantissaBits;
  int exponent = 0;
  std::frexp(value, &exponent);  // value < 2^exponent
  const int shift = std::min(kMantissaBits - exponent, kMostShift);
  if (shift < 0) return {.mantissa = kLimit - 1, .shift = 0};
  Multiplier result{.mantissa = static_cast<std::int32_t>(std::nearbyint(std::ldexp(value, shift))), .shift = shift};
  while (result.shift > 0 && result.mantissa % 2 == 0) result = {.mantissa = result.mantissa / 2, .shift = result.shift - 1};
  return result.mantissa < kLimit ? result : Multiplier{.mantissa = kLimit - 1, .shift = result.shift};
}

double value_of(const Multiplier& multiplier) { return std::ldexp(multiplier.mantissa, -multiplier.shift); }

}  // namespace mosaic::integers

#include "mosaic/integers/requantize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mosaic/base/random.h"

namespace mosaic::integers {
namespace {

// 100 * 3 / 2^3 = 37.5: as near to 37 as to 38, which is even. 108 * 3 / 2^3 = 40.5 goes down to 40. -37.5 goes to -38, -40.5 to -40.
TEST(Requantize, RoundsHalvesToEven) {
  const Multiplier multiplier{.mantissa = 3, .shift = 3};
  EXPECT_EQ(requantize(100, multiplier, -64, 63), 38);
  EXPECT_EQ(requantize(108, multiplier, -64, 63), 40);
  EXPECT_EQ(requantize(-100, multiplier, -64, 63), -38);
  EXPECT_EQ(requantize(-108, multiplier, -64, 63), -40);
}

// 101 * 3 / 8 = 37.875 and 99 * 3 / 8 = 37.125.
TEST(Requantize, RoundsToTheNearest) {
  const Multiplier multiplier{.mantissa = 3, .shift = 3};
  EXPECT_EQ(requantize(101, multiplier, -64, 63), 38);
  EXPECT_EQ(requantize(99, multiplier, -64, 63), 37);
  EXPECT_EQ(requantize(-99, multiplier, -64, 63), -37);
}

// A range from 0 is a ReLU.
TEST(Requantize, Saturates) {
  const Multiplier half{.mantissa = 1, .shift = 1};
  EXPECT_EQ(requantize(1000, half, 0, 127), 127);
  EXPECT_EQ(requantize(-5, half, 0, 127), 0);
  EXPECT_EQ(requantize(-1000, half, -64, 63), -64);
  EXPECT_EQ(requantize(254, half, 0, 127), 127);
  EXPECT_EQ(requantize(252, half, 0, 127), 126);
}

TEST(Requantize, NoShiftIsAProduct) { EXPECT_EQ(requantize(-7, {.mantissa = 9, .shift = 0}, -64, 63), -63); }

// What ONNX's Mul, Round and Clip in float64 do: the same integer for every sum of 32 bits.
TEST(Requantize, IsWhatDoublesGive) {
  Random random(1);
  for (int i = 0; i < 1'000'000; ++i) {
    const int bits = static_cast<int>(random.below(31)) + 1;
    const auto sum = static_cast<std::int64_t>(random.next() >> (64 - bits)) * (random.below(2) == 0 ? 1 : -1);
    const Multiplier multiplier{.mantissa = static_cast<std::int32_t>(random.next() >> (64 - random.below(kMantissaBits) - 1)),
                                .shift = static_cast<std::int32_t>(random.below(kMostShift + 1))};
    const double rounded = std::nearbyint(static_cast<double>(sum) * value_of(multiplier));
    const auto expected = static_cast<std::int32_t>(std::clamp(rounded, -64.0, 63.0));
    ASSERT_EQ(requantize(sum, multiplier, -64, 63), expected) << sum << " * " << multiplier.mantissa << " >> " << multiplier.shift;
  }
}

TEST(Multiplier, APowerOfTwoHasMantissaOne) {
  EXPECT_EQ(multiplier_of(0.125), (Multiplier{.mantissa = 1, .shift = 3}));
  EXPECT_EQ(multiplier_of(1), (Multiplier{.mantissa = 1, .shift = 0}));
  EXPECT_EQ(multiplier_of(4), (Multiplier{.mantissa = 4, .shift = 0}));
  EXPECT_EQ(multiplier_of(0.375), (Multiplier{.mantissa = 3, .shift = 3}));
  EXPECT_EQ(multiplier_of(0), Multiplier{});
}

// 1/3 = 0.333...: the nearest of 22 bits is 2796203 / 2^23, for 2^23 / 3 = 2796202.67.
TEST(Multiplier, RoundsItsMantissa) { EXPECT_EQ(multiplier_of(1.0 / 3), (Multiplier{.mantissa = 2796203, .shift = 23})); }

// The largest number below 1 rounds up to 2^22 / 2^22 = 1.
TEST(Multiplier, RoundsUpToAPowerOfTwo) { EXPECT_EQ(multiplier_of(std::nextafter(1.0, 0.0)), (Multiplier{.mantissa = 1, .shift = 0})); }

TEST(Multiplier, StaysWithinItsBits) {
  EXPECT_EQ(multiplier_of(1e9), (Multiplier{.mantissa = (1 << kMantissaBits) - 1, .shift = 0}));
  EXPECT_EQ(multiplier_of(1e-30), Multiplier{});
  Random random(2);
  for (int i = 0; i < 100'000; ++i) {
    const double value = std::exp2(random.uniform(-40, 21.9));
    const Multiplier multiplier = multiplier_of(value);
    ASSERT_LT(multiplier.mantissa, 1 << kMantissaBits);
    ASSERT_LE(multiplier.shift, kMostShift);
    ASSERT_LE(std::abs(value_of(multiplier) - value) / value, 0x1p-22);
  }
}

}  // namespace
}  // namespace mosaic::integers

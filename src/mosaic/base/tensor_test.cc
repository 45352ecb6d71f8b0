#include "mosaic/base/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::array kSized{ElementType::kFloat32, ElementType::kUint8,  ElementType::kInt8,    ElementType::kUint16,  ElementType::kInt16,
                            ElementType::kInt32,   ElementType::kInt64,  ElementType::kBool,    ElementType::kFloat16, ElementType::kFloat64,
                            ElementType::kUint32,  ElementType::kUint64, ElementType::kBfloat16};

Tensor floats(const std::vector<float>& values) {
  return expect(from_floats(ElementType::kFloat32, {static_cast<std::int64_t>(values.size())}, values));
}

TEST(ElementType, HasNameAndSize) {
  EXPECT_EQ(name(ElementType::kFloat32), "float32");
  EXPECT_EQ(name(ElementType::kUndefined), "undefined");
  EXPECT_EQ(name(static_cast<ElementType>(17)), "undefined");
  EXPECT_EQ(element_size(ElementType::kFloat32), 4U);
  EXPECT_EQ(element_size(ElementType::kBfloat16), 2U);
  EXPECT_EQ(element_size(ElementType::kInt64), 8U);
  EXPECT_EQ(element_size(ElementType::kString), 0U);
  EXPECT_EQ(element_size(ElementType::kUndefined), 0U);
}

TEST(Shape, PrintsAsExtents) {
  EXPECT_EQ(to_string(Shape{1, 3, 224, 224}), "1x3x224x224");
  EXPECT_EQ(to_string(Shape{}), "scalar");
}

TEST(ElementCount, MultipliesTheExtents) {
  constexpr std::int64_t kBig = std::int64_t{1} << 31;
  EXPECT_EQ(element_count({2, 3, 4}), 24);
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({5, 0}), 0);
  EXPECT_EQ(element_count({kBig, kBig}), std::int64_t{1} << 62);
  EXPECT_EQ(element_count({kBig, kBig, 2}), std::nullopt);
  EXPECT_EQ(element_count({std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()}), std::nullopt);
  EXPECT_EQ(element_count({kBig, kBig, kBig, 0}), 0);  // nothing, however large the other extents are
}

TEST(ElementCount, KnowsNoNegativeExtent) {
  EXPECT_EQ(element_count({-1}), std::nullopt);
  EXPECT_EQ(element_count({2, -1}), std::nullopt);
  EXPECT_EQ(element_count({0, -1}), std::nullopt);
}

TEST(ByteSize, HasALimit) {
  constexpr std::int64_t kLarge = std::int64_t{1} << 60;
  EXPECT_EQ(byte_size(ElementType::kFloat32, {2, 3}), Bytes{24});
  EXPECT_EQ(byte_size(ElementType::kFloat32, {kLarge}), Bytes{kLarge * 4});  // 2^62
  EXPECT_EQ(byte_size(ElementType::kFloat64, {kLarge}), std::nullopt);
  EXPECT_EQ(byte_size(ElementType::kString, {2}), std::nullopt);
  EXPECT_EQ(byte_size(ElementType::kUndefined, {2}), std::nullopt);
  EXPECT_EQ(byte_size(ElementType::kFloat32, {-1}), std::nullopt);
}

TEST(Tensor, StartsAsZerosAndAligned) {
  for (const std::int64_t count : {0, 1, 16, 17, 1000}) {
    const Tensor tensor(ElementType::kFloat32, {count});
    EXPECT_EQ(tensor.as<float>().size(), static_cast<std::size_t>(count));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.bytes().data()) % 64, 0U);
    EXPECT_THAT(tensor.as<float>(), Each(0.0F));
  }
}

TEST(Tensor, CopiesShareNothing) {
  Tensor one = floats({1, 2});
  Tensor two = one;
  two.as<float>()[0] = 9;
  EXPECT_THAT(one.as<float>(), ElementsAre(1, 2));
  one = two;
  EXPECT_THAT(one.as<float>(), ElementsAre(9, 2));
  const Tensor empty;
  one = empty;
  EXPECT_TRUE(one.bytes().empty());
  EXPECT_EQ(one.type(), ElementType::kUndefined);
}

TEST(Tensor, ConvertsHalvesToDoubles) {
  Tensor tensor(ElementType::kFloat16, {8});
  // 1, -2, largest 65504, smallest normal 2^-14, smallest subnormal 2^-24, largest subnormal 1023 * 2^-24, -infinity, not a number.
  const std::array<std::uint16_t, 8> bits{0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x03ff, 0xfc00, 0x7e00};
  std::ranges::copy(bits, tensor.as<std::uint16_t>().begin());
  const std::vector<double> values = tensor.to_doubles();
  ASSERT_EQ(values.size(), 8U);
  EXPECT_THAT(std::vector(values.begin(), values.begin() + 7),
              ElementsAre(1, -2, 65504, 0x1p-14, 0x1p-24, 1023 * 0x1p-24, -std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::isnan(values[7]));
}

TEST(FromFloats, RoundsHalvesToTheNearest) {
  struct Case {
    float value;
    std::uint16_t bits;
  };
  // Steps of a half near 1 are 2^-10: 1 + 2^-11 lies between two and goes to the even one (1), 1 + 3 * 2^-11 to 1 + 2 * 2^-10. From 65520 on, half
  // way between the largest half and 65536, it is infinity.
  const std::vector<Case> cases{{0.0F, 0x0000},     {-0.0F, 0x8000},    {1.0F + 0x1p-11F, 0x3c00},     {1.0F + 3 * 0x1p-11F, 0x3c02},
                                {65519.0F, 0x7bff}, {65520.0F, 0x7c00}, {-kInfinity, 0xfc00},          {0x1p-24F, 0x0001},
                                {0x1p-26F, 0x0000}, {0x1p-14F, 0x0400}, {1023.75F * 0x1p-24F, 0x0400}, {kNan, 0x7e00}};
  for (const Case& each : cases) {
    const Tensor tensor = expect(from_floats(ElementType::kFloat16, {1}, std::array{each.value}));
    EXPECT_EQ(tensor.as<std::uint16_t>()[0], each.bits) << each.value;
  }
}

TEST(FromFloats, GivesBackEveryHalf) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    Tensor half(ElementType::kFloat16, {1});
    half.as<std::uint16_t>()[0] = static_cast<std::uint16_t>(bits);
    const auto value = static_cast<float>(half.to_doubles()[0]);
    if (std::isnan(value)) continue;
    ASSERT_EQ(expect(from_floats(ElementType::kFloat16, {1}, std::array{value})).as<std::uint16_t>()[0], bits);
  }
}

TEST(FromFloats, RoundsBfloat16ToTheNearest) {
  struct Case {
    float value;
    double expected;
  };
  // Steps near 1 are 2^-7 = 1/128. 1 + 3/512 is nearer to 1 + 4/512; 1 + 1/256 lies half way and goes to the even one, 1 + 3/256 to 1 + 4/256.
  const std::vector<Case> cases{{1, 1},
                                {1 + 3.0F / 512, 1 + 1.0 / 128},
                                {1 + 1.0F / 512, 1},
                                {1 + 1.0F / 256, 1},
                                {1 + 3.0F / 256, 1 + 2.0 / 128},
                                {-1 - 3.0F / 512, -1 - 1.0 / 128},
                                {std::numeric_limits<float>::max(), kInfinity},
                                {-kInfinity, -kInfinity}};
  for (const Case& each : cases) EXPECT_EQ(expect(from_floats(ElementType::kBfloat16, {1}, std::array{each.value})).to_doubles()[0], each.expected);
  EXPECT_TRUE(std::isnan(expect(from_floats(ElementType::kBfloat16, {1}, std::array{kNan})).to_doubles()[0]));
}

TEST(FromFloats, RoundsAndClampsIntegers) {
  const std::array values{-300.0F, -1.5F, 0.5F, 1.5F, 254.6F, 300.0F, 1e30F, kNan};
  const Shape shape{8};
  EXPECT_THAT(expect(from_floats(ElementType::kUint8, shape, values)).to_doubles(), ElementsAre(0, 0, 0, 2, 255, 255, 255, 0));
  EXPECT_THAT(expect(from_floats(ElementType::kInt8, shape, values)).to_doubles(), ElementsAre(-128, -2, 0, 2, 127, 127, 127, 0));
  EXPECT_THAT(expect(from_floats(ElementType::kInt64, shape, values)).as<std::int64_t>(),
              ElementsAre(-300, -2, 0, 2, 255, 300, std::numeric_limits<std::int64_t>::max(), 0));
  EXPECT_THAT(expect(from_floats(ElementType::kBool, {2}, std::array{0.0F, -2.0F})).to_doubles(), ElementsAre(0, 1));
}

TEST(FromFloats, RefusesWhatDoesNotFit) {
  EXPECT_THAT(error_of(from_floats(ElementType::kFloat32, {2, 2}, std::array{1.0F})), HasSubstr("1 values do not make a tensor of shape 2x2"));
  EXPECT_THAT(error_of(from_floats(ElementType::kString, {1}, std::array{1.0F})), HasSubstr("type string"));
  EXPECT_FALSE(from_floats(ElementType::kFloat32, {-1}, std::array{1.0F}).has_value());
}

TEST(FromFloats, KeepsSmallNumbersInEveryType) {
  for (const ElementType type : kSized) {
    if (type == ElementType::kBool) continue;
    EXPECT_THAT(expect(from_floats(type, {3}, std::array{0.0F, 1.0F, 100.0F})).to_doubles(), ElementsAre(0, 1, 100)) << name(type);
  }
}

TEST(Compare, DividesTheLargestDifferenceByTheRange) {
  // Differences 0, 0.5, 0; the expected values range over 4 - 0.
  EXPECT_DOUBLE_EQ(compare(floats({0, 2, 4}), floats({0, 2.5F, 4})).relative, 0.125);
  EXPECT_DOUBLE_EQ(compare(floats({10, 12, 14}), floats({10, 12.5F, 14})).relative, 0.125);  // the range is still 4, not 14
  // All equal: by the magnitude.
  EXPECT_DOUBLE_EQ(compare(floats({-2, -2}), floats({-2, -1})).relative, 0.5);
  EXPECT_TRUE(compare(floats({1, kNan}), floats({1, kNan})).equal_bits);
  EXPECT_EQ(compare(floats({}), floats({})).relative, 0);
}

TEST(Compare, IsZeroForEqualValuesWithOtherBits) {
  const Difference difference = compare(floats({0.0F, 1}), floats({-0.0F, 1}));
  EXPECT_FALSE(difference.equal_bits);
  EXPECT_EQ(difference.relative, 0);
}

TEST(Compare, IsInfiniteWhereNothingCanBeSaid) {
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(compare(floats({1, 2}), floats({1, kNan})).relative, infinite);
  EXPECT_EQ(compare(floats({1, kNan}), floats({1, 2})).relative, infinite);
  EXPECT_EQ(compare(floats({1, kInfinity}), floats({1, 2})).relative, infinite);
  EXPECT_EQ(compare(floats({0, 0}), floats({0, 1})).relative, infinite);
  EXPECT_EQ(compare(floats({1}), floats({1, 2})).relative, infinite);
  EXPECT_EQ(compare(floats({1}), Tensor(ElementType::kInt32, {1})).relative, infinite);
}

TEST(FillRandom, DependsOnTheSeedAlone) {
  for (const ElementType type : kSized) {
    Tensor one(type, {64});
    Tensor two(type, {64});
    fill_random(one, 5);
    fill_random(two, 5);
    EXPECT_TRUE(compare(one, two).equal_bits) << name(type);
    fill_random(two, 6);
    EXPECT_FALSE(compare(one, two).equal_bits) << name(type);
  }
}

TEST(FillRandom, GivesFiniteNumbersAndSmallIndices) {
  for (const ElementType type : kSized) {
    Tensor tensor(type, {2000});
    fill_random(tensor, 9);
    const bool real =
        type == ElementType::kFloat32 || type == ElementType::kFloat64 || type == ElementType::kFloat16 || type == ElementType::kBfloat16;
    for (const double value : tensor.to_doubles()) {
      ASSERT_TRUE(std::isfinite(value));
      ASSERT_TRUE(real || (value >= 0 && value < 256)) << name(type);
    }
  }
}

}  // namespace
}  // namespace mosaic

#include "mosaic/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "mosaic/base/affinity.h"
#include "mosaic/base/hash.h"

namespace mosaic {
namespace {

using testing::ElementsAre;

TEST(FormatBytes, KeepsThreeDigits) {
  struct Case {
    std::int64_t bytes;
    const char* text;
  };
  // 12.3 KiB: 12.3 * 1024 = 12595. Just below a unit: 1023.5 KiB and more rounds to 1024, so it is the next unit's 1.00.
  const std::vector<Case> cases{{0, "0 B"},
                                {981, "981 B"},
                                {1023, "1023 B"},
                                {1024, "1.00 KiB"},
                                {12595, "12.3 KiB"},
                                {102348, "99.9 KiB"},
                                {102400, "100 KiB"},
                                {1047552, "1023 KiB"},
                                {1048575, "1.00 MiB"},
                                {851443712, "812 MiB"},
                                {5368709120, "5.00 GiB"},
                                {1099511627776, "1.00 TiB"},
                                {-2048, "-2.00 KiB"},
                                {4611686018427387904, "4194304 TiB"}};
  for (const Case& each : cases) EXPECT_EQ(format_bytes(Bytes{each.bytes}), each.text);
}

TEST(FormatCount, ShortensLargeNumbers) {
  struct Case {
    std::int64_t count;
    const char* text;
  };
  const std::vector<Case> cases{{0, "0"}, {789, "789"}, {9999, "9999"}, {12345, "12.3 k"}, {45'600'000, "45.6 M"}, {1'230'000'000, "1.23 G"}};
  for (const Case& each : cases) EXPECT_EQ(format_count(each.count), each.text);
}

TEST(Closest, FindsASlipButNoStranger) {
  const std::vector<std::string> words{"operating_points", "cores", "name"};
  EXPECT_EQ(closest("core", words), "cores");
  EXPECT_EQ(closest("cors", words), "cores");
  EXPECT_EQ(closest("nmae", words), "name");  // two edits
  EXPECT_EQ(closest("operation_point", words), "operating_points");
  EXPECT_EQ(closest("frequency", words), "");
  EXPECT_EQ(closest("cores", words), "cores");
  EXPECT_EQ(closest("x", {}), "");
}

TEST(Closest, PrefersTheFirstOfEquallyClose) { EXPECT_EQ(closest("bat", {"cat", "hat"}), "cat"); }

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("a,b", ','), ElementsAre("a", "b"));
  EXPECT_THAT(split(",a,,", ','), ElementsAre("", "a", "", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split("abc", ','), ElementsAre("abc"));
}

TEST(Hasher, GivesThe128BitsOfXxh3) {
  // XXH3_128bits of nothing, as published with xxHash: 99aa06d3014798d86001c324468d497f.
  EXPECT_EQ(Hasher().fingerprint(), "99aa06d3014798d86001c324468d497f");
}

TEST(Hasher, TellsPartsApart) {
  EXPECT_NE(Hasher().add("ab").add("c").fingerprint(), Hasher().add("a").add("bc").fingerprint());
  EXPECT_NE(Hasher().add("").fingerprint(), Hasher().fingerprint());
  const std::array<int, 2> pair{1, 2};
  const std::array<int, 1> one{1};
  EXPECT_NE(Hasher().add_all(std::span<const int>(pair)).fingerprint(), Hasher().add_all(std::span<const int>(one)).add(2).fingerprint());
}

TEST(Hasher, CountsIntegersByValueWhateverTheirType) {
  EXPECT_EQ(Hasher().add(std::uint8_t{7}).fingerprint(), Hasher().add(std::int64_t{7}).fingerprint());
  EXPECT_NE(Hasher().add(7).fingerprint(), Hasher().add(8).fingerprint());
  EXPECT_EQ(Hasher().add("x").add(1).fingerprint(), Hasher().add("x").add(1).fingerprint());
}

TEST(ScopedPin, GivesBackTheCoresItFound) {
  const std::vector<int> before = thread_cores();
  ASSERT_FALSE(before.empty());
  {
    const std::array<int, 1> last{before.back()};
    const ScopedPin pin(last);
    EXPECT_THAT(thread_cores(), ElementsAre(before.back()));
  }
  EXPECT_EQ(thread_cores(), before);
  {
    const ScopedPin none(std::span<const int>{});
    EXPECT_EQ(thread_cores(), before);
  }
}

TEST(PinThread, RefusesCoresThatDoNotExist) {
  const std::vector<int> before = thread_cores();
  for (const int core : {-1, 65535, 65536}) EXPECT_FALSE(pin_thread(std::array<int, 1>{core})) << core;
  EXPECT_FALSE(pin_thread({}));
  EXPECT_EQ(thread_cores(), before);
}

}  // namespace
}  // namespace mosaic

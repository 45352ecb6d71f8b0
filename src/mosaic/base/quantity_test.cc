#include "mosaic/base/quantity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

TEST(ParseTime, TakesNumbersWithAUnit) {
  EXPECT_EQ(expect(parse_time("20ms")).count(), 20'000'000'000);
  EXPECT_EQ(expect(parse_time("1.5 s")).count(), 1'500'000'000'000);
  EXPECT_EQ(expect(parse_time("350us")).count(), 350'000'000);
  EXPECT_EQ(expect(parse_time("2 ns")).count(), 2'000);
}

TEST(ParseEnergy, TakesNumbersWithAUnit) {
  EXPECT_EQ(expect(parse_energy("5mJ")).value, 5'000'000'000);
  EXPECT_EQ(expect(parse_energy("1.2 J")).value, 1'200'000'000'000);
  EXPECT_EQ(expect(parse_energy("800uJ")).value, 800'000'000);
}

TEST(ParseQuantity, RefusesWhatIsNone) {
  for (const char* text : {"", "ms", "20", "20 mJ", "-1 ms", "0 ms", "nan ms", "inf s", "1e40 s", "20 ms "}) {
    EXPECT_THAT(error_of(parse_time(text)), HasSubstr("20 ms")) << text;
  }
  EXPECT_THAT(error_of(parse_energy("5 ms")), HasSubstr("'5 ms' is not an energy such as '5 mJ'"));
}

}  // namespace
}  // namespace mosaic

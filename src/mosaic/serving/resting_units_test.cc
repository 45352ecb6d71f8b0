#include "mosaic/serving/resting_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaic {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Nanoseconds seconds(std::int64_t count) { return Nanoseconds(count * 1'000'000'000); }

TEST(RestingUnits, AreTriedAgainAfterTwiceAsLongEachTimeUpToAMinute) {
  RestingUnits resting;
  Nanoseconds now{};
  for (const int rest : {1, 2, 4, 8, 16, 32, 60, 60}) {
    EXPECT_TRUE(resting.rest(0b11, now));
    EXPECT_FALSE(resting.rest(0b11, now)) << "they rest already";
    EXPECT_THAT(resting.rested(now + seconds(rest) - Nanoseconds{1}), IsEmpty());
    now += seconds(rest);
    EXPECT_THAT(resting.rested(now), ElementsAre(0b11));
    EXPECT_THAT(resting.rested(now), IsEmpty()) << "they were named once";
  }
}

}  // namespace
}  // namespace mosaic

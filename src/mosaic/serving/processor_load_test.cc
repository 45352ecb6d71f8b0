#include "mosaic/serving/processor_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <string>

namespace mosaic {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Nanoseconds milliseconds(std::int64_t count) { return Nanoseconds(count * 1'000'000); }

TEST(ProcessorLoad, OthersHaveWhatWeDidNotUse) {
  const ProcessorTimes before = parse_processor_times("cpu  9 9 9 9\ncpu0 100 0 0 100 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0\nintr 5\n");
  const ProcessorTimes after = parse_processor_times("cpu0 160 0 20 110 10 0 0 0 5 5\ncpu1 0 0 0 50 50 0 0 0\n");
  ASSERT_EQ(before.processors.size(), 2U);
  EXPECT_DOUBLE_EQ(shares_of_others(before, after, {}).at(0).load(), 0.8);
  EXPECT_DOUBLE_EQ(shares_of_others(before, after, {{0, 0.6}}).at(0).load(), 0.5);  // half of what we left
  EXPECT_DOUBLE_EQ(shares_of_others(before, after, {{0, 0.9}}).at(0).load(), 0);
  EXPECT_DOUBLE_EQ(shares_of_others(before, after, {}).at(1).load(), 0);
  EXPECT_TRUE(parse_processor_times("garbage\ncpu\ncpux 1 2 3 4\ncpu3 1\n").processors.empty());
}

TEST(ProcessorLoad, UnitsThatAreNoProcessorsHaveNone) {
  const std::array<std::string, 3> units{"gpu", "cpu1", "cpu0"};
  EXPECT_THAT(load_of_units(units, {{0, 0.3}, {1, 0.7}, {5, 1}}), ElementsAre(0, 0.7, 0.3));
  EXPECT_THAT(load_of_units(units, {}), IsEmpty()) << "nobody looked";
}

/// One processor, looked at each 100 ms, which are ten ticks.
struct Watched {
  ProcessorWatch watch;
  ProcessorTimes times{.processors = {{0, {}}}};
  Nanoseconds now{};

  Watched() { EXPECT_THAT(watch.look(now, times), IsEmpty()) << "one look tells nothing"; }

  double look(double busy_ticks) {
    now += milliseconds(100);
    times.processors[0].busy += busy_ticks;
    times.processors[0].total += 10;
    return watch.look(now, times).at(0);
  }
};

TEST(ProcessorWatch, ATickMoreOrLessIsNoLoad) {
  Watched one;
  for (const double ticks : {1.0, 0.0, 2.0, 1.0, 0.0, 1.0, 2.0, 0.0}) EXPECT_EQ(one.look(ticks), 0);
}

TEST(ProcessorWatch, MuchMoreIsBelievedTheSecondTimeAndSoIsMuchLess) {
  Watched one;
  EXPECT_EQ(one.look(10), 0);
  EXPECT_EQ(one.look(10), 1);
  EXPECT_EQ(one.look(10), 1);
  EXPECT_EQ(one.look(0), 1);
  EXPECT_EQ(one.look(0), 0);
}

TEST(ProcessorWatch, OneBusyMomentIsNoLoad) {
  Watched one;
  for (int again = 0; again < 5; ++again) {
    EXPECT_EQ(one.look(10), 0);
    EXPECT_EQ(one.look(0), 0);
  }
}

TEST(ProcessorWatch, ALoadThatStaysIsSeenInTheEndHoweverSmallTheSteps) {
  Watched one;
  double seen = 0;
  for (int look = 0; look < 30; ++look) seen = one.look(3);
  EXPECT_NEAR(seen, 0.3, 0.01);
}

TEST(ProcessorWatch, OurOwnTimeIsNoLoadOfOthers) {
  Watched one;
  const std::array<int, 1> processors{0};
  for (int look = 0; look < 10; ++look) {
    one.watch.count(processors, one.now, one.now + milliseconds(60));
    EXPECT_EQ(one.look(6), 0);
  }
  for (int look = 0; look < 30; ++look) {
    one.watch.count(processors, one.now, one.now + milliseconds(60));
    EXPECT_LE(one.look(8), 0.51) << "half of what we leave";
  }
  one.watch.count(processors, one.now, one.now + milliseconds(60));
  EXPECT_NEAR(one.look(8), 0.5, 0.01);
}

TEST(ProcessorWatch, IsNotDueBeforeTicksTellSomething) {
  ProcessorWatch watch;
  EXPECT_TRUE(watch.due({}));
  ProcessorTimes times{.processors = {{0, {}}}};
  EXPECT_THAT(watch.look(milliseconds(500), times), IsEmpty());
  EXPECT_FALSE(watch.due(milliseconds(510)));
  EXPECT_TRUE(watch.due(milliseconds(600)));
}

TEST(ProcessorWatch, WhereTheSystemDoesNotSayNothingIsKnown) {
  ProcessorWatch watch;
  for (const std::int64_t instant : {0, 100, 200}) EXPECT_THAT(watch.look(milliseconds(instant), std::nullopt), IsEmpty());
}

}  // namespace
}  // namespace mosaic

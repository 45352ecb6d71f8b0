#include "mosaic/session/race.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>

#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

/// Runners that count: the n-th run of "a" takes n us, that of "b" 100 n us. `order` gets the name of each run.
std::vector<Runner> counting_runners(std::string& order) {
  std::vector<Runner> runners;
  for (const double unit : {1.0, 100.0}) {
    const std::string name = unit == 1.0 ? "a" : "b";
    runners.push_back({.name = name, .run = [&order, name, unit, calls = 0]() mutable -> Result<Microseconds> {
                         order += name;
                         return Microseconds(unit * ++calls);
                       }});
  }
  return runners;
}

TEST(Race, TakesTurnsInVisitsAndTurnsTheOrderRound) {
  // 12 timed runs: visits of 5, 5 and 2, each after two untimed ones.
  std::string order;
  const auto samples = expect(race(counting_runners(order), {.runs = 12, .most_seconds = 0}));
  EXPECT_EQ(order,
            "aaaaaaabbbbbbb"
            "bbbbbbbaaaaaaa"
            "aaaabbbb");
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_THAT(samples[0], ElementsAre(3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 17, 18));
  EXPECT_THAT(samples[1], ElementsAre(300, 400, 500, 600, 700, 1000, 1100, 1200, 1300, 1400, 1700, 1800));
}

TEST(Race, EndsEarlyAfterTenRunsWhereTimeIsUp) {
  std::string order;
  const auto samples = expect(race(counting_runners(order), {.runs = 1000, .most_seconds = 1e-9}));
  EXPECT_EQ(samples[0].size(), 10U);
  EXPECT_EQ(samples[1].size(), 10U);
}

TEST(Race, ReportsItsProgress) {
  std::string order;
  std::vector<double> shares;
  expect(race(counting_runners(order), {.runs = 10, .progress = [&](double share) { shares.push_back(share); }}));
  EXPECT_THAT(shares, ElementsAre(0.5, 1));
}

TEST(Race, NamesTheRunnerThatFails) {
  std::string order;
  std::vector<Runner> runners = counting_runners(order);
  runners.push_back({.name = "lame", .run = [] { return Result<Microseconds>(fail(ErrorCode::kDevice, "it limps")); }});
  const auto samples = race(runners, {.runs = 10});
  EXPECT_EQ(error_of(samples), "lame: it limps");
  EXPECT_EQ(samples.error().code, ErrorCode::kDevice);
}

TEST(Race, StopsBetweenRuns) {
  std::stop_source stop;
  std::string order;
  std::vector<Runner> runners = counting_runners(order);
  runners.push_back({.name = "last", .run = [&]() -> Result<Microseconds> {
                       stop.request_stop();
                       return Microseconds(1);
                     }});
  const auto samples = race(runners, {.runs = 100, .stop = stop.get_token()});
  EXPECT_EQ(samples.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(order, "aaaaaaabbbbbbb");
}

TEST(PairedRatio, IsTheMedianOfTheRatios) {
  // 4 / 2, 1 / 1 and 9 / 3: ratios 2, 1 and 3. The ratio of the medians would be 4 / 2 by luck; of the means 14 / 6.
  const PairedRatio ratio = paired_ratio({4, 1, 9}, {2, 1, 3});
  EXPECT_EQ(ratio.ratio, 2);
  EXPECT_GE(ratio.interval.low, 1);
  EXPECT_LE(ratio.interval.high, 3);
}

TEST(PairedRatio, CancelsDriftThatMeetsBoth) {
  // The machine slows down by half, the first is always 10 % slower than the second.
  const PairedRatio ratio = paired_ratio({110, 132, 165, 220}, {100, 120, 150, 200});
  EXPECT_NEAR(ratio.ratio, 1.1, 1e-12);
  EXPECT_NEAR(ratio.interval.low, 1.1, 1e-12);
  EXPECT_NEAR(ratio.interval.high, 1.1, 1e-12);
}

// In two visits of six the one was disturbed, and all five runs of each: twice as long. The interval knows that a third of the visits were.
TEST(PairedRatio, ResamplesWholeVisits) {
  std::vector<double> a(30, 10.0);
  for (const std::size_t visit : {1U, 4U}) std::fill_n(a.begin() + static_cast<std::ptrdiff_t>(5 * visit), 5, 20.0);
  const PairedRatio ratio = paired_ratio(a, std::vector<double>(30, 10.0));
  EXPECT_EQ(ratio.ratio, 1);
  EXPECT_EQ(ratio.interval.low, 1);
  EXPECT_EQ(ratio.interval.high, 2);
}

TEST(PairedRatio, IsOneWhereAClockShowsNothing) { EXPECT_EQ(paired_ratio({5}, {0}).ratio, 1); }

}  // namespace
}  // namespace mosaic

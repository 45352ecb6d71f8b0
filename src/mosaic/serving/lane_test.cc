#include "mosaic/serving/lane.h"

#include <gtest/gtest.h>

#include <vector>

namespace mosaic {
namespace {

constexpr Nanoseconds operator""_us(unsigned long long count) { return Nanoseconds(static_cast<std::int64_t>(count) * 1'000); }

/// Requests of 100 us in the table, one after another.
class Requests {
 public:
  /// Starts a request `by_system` after it could, that is once the one before it and then others of ours are done, and lets it take `takes`.
  Nanoseconds next(Nanoseconds arrived, Nanoseconds by_system = {}, Nanoseconds takes = 100_us, Nanoseconds by_others = {}) {
    lane_.ready = std::max(arrived, lane_.ended) + by_others;
    lane_.running_since = lane_.ready + by_system;
    const Nanoseconds delay = lane_.start(arrived, 100_us);
    lane_.ended = lane_.running_since + takes;
    return delay;
  }

 private:
  Lane lane_;
};

TEST(Lane, WhatTheSystemTakesToBeginCountsForThoseThatQueueBehind) {
  Requests requests;
  EXPECT_EQ(requests.next(0_us, 5_us), 5_us);
  EXPECT_EQ(requests.next(1000_us, 950_us), 950_us);
  EXPECT_EQ(requests.next(1500_us), 550_us);  // its predecessor ends at 2050 and would have at 1100
  EXPECT_EQ(requests.next(2500_us), 0_us);
}

TEST(Lane, ARequestThatTookTooLongDelaysTheNext) {
  Requests requests;
  EXPECT_EQ(requests.next(0_us, 0_us, 700_us), 0_us);
  EXPECT_EQ(requests.next(500_us), 200_us);
}

TEST(Lane, RequestsThatComeTooFastQueueWithoutTheSystem) {
  Requests requests;
  for (const Nanoseconds arrived : {0_us, 10_us, 20_us}) EXPECT_EQ(requests.next(arrived), 0_us);
  EXPECT_EQ(requests.next(30_us, 7_us), 7_us);
}

TEST(Lane, WaitingForOthersOfOursIsNoDelay) {
  Requests requests;
  EXPECT_EQ(requests.next(0_us, 4_us, 100_us, 300_us), 4_us);
  EXPECT_EQ(requests.next(350_us), 4_us);  // of its predecessor
}

TEST(Lane, RequestsThatAreFasterThanTheTableOweNothingLater) {
  Requests requests;
  for (int i = 0; i < 50; ++i) EXPECT_EQ(requests.next(i * 50_us, 0_us, 40_us), 0_us);
  EXPECT_EQ(requests.next(2600_us, 60_us), 60_us);
}

}  // namespace
}  // namespace mosaic

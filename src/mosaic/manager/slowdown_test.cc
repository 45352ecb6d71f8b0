#include "mosaic/manager/slowdown.h"

#include <gtest/gtest.h>

#include "mosaic/manager/test_machine.h"

namespace mosaic::manager {
namespace {

using test::operator""_ms;

/// Requests that follow each other.
class Slow {
 public:
  void observe(std::size_t count, Nanoseconds measured, Nanoseconds every = 40_ms) {
    for (std::size_t i = 0; i < count; ++i) slowdown.observe(10_ms, measured, now += every);
  }

  Slowdown slowdown;

 private:
  Nanoseconds now{};
};

TEST(Slowdown, IsOneUntilSomethingIsKnown) { EXPECT_EQ(Slowdown().factor(), 1); }

TEST(Slowdown, BelievesLoadAfterAHandfulOfRequestsAndThatItIsGoneAsSoon) {
  Slow slow;
  slow.observe(40, 10_ms);
  EXPECT_DOUBLE_EQ(slow.slowdown.factor(), 1);
  slow.observe(4, 20_ms);
  EXPECT_DOUBLE_EQ(slow.slowdown.factor(), 2);
  slow.observe(4, 10_ms);
  EXPECT_DOUBLE_EQ(slow.slowdown.factor(), 1);
}

TEST(Slowdown, OneSlowRequestOfManyIsNoLoad) {
  Slow slow;
  slow.observe(30, 10_ms);
  slow.observe(1, 80_ms);
  slow.observe(10, 10_ms);
  EXPECT_DOUBLE_EQ(slow.slowdown.factor(), 1);
}

TEST(Slowdown, StandsForNearlyAllRequests) {
  Slow slow;
  for (std::size_t i = 0; i < 10; ++i) {
    slow.observe(3, 10_ms);
    slow.observe(1, 12_ms);
  }
  EXPECT_NEAR(slow.slowdown.factor(), 1.2, 1e-9);
}

TEST(Slowdown, AnExpectationHoldsUntilTheFirstRequest) {
  Slow slow;
  slow.observe(5, 10_ms);
  slow.slowdown.expect(3);
  EXPECT_EQ(slow.slowdown.factor(), 3);
  slow.observe(1, 15_ms);
  EXPECT_DOUBLE_EQ(slow.slowdown.factor(), 1.5);
}

TEST(Slowdown, DelaysAreThereWhateverARequestTakes) {
  Slowdown slowdown;
  EXPECT_EQ(slowdown.delay(), 0_ms);
  for (int i = 0; i < 40; ++i) slowdown.observe(10_ms, 20_ms, (i + 1) * 100_ms, 3_ms);
  EXPECT_DOUBLE_EQ(slowdown.factor(), 2);
  EXPECT_EQ(slowdown.delay(), 3_ms);
  slowdown.expect(2);
  EXPECT_EQ(slowdown.delay(), 0_ms);
}

TEST(Slowdown, WhatIsLateOrSlowCountsTogetherInTheQuantile) {
  Slowdown slowdown;  // of each forty requests one comes late and one is slow
  for (int i = 0; i < 1000; ++i) {
    const int kind = i % 40;
    slowdown.observe(10_ms, kind == 1 ? 17_ms : 10_ms, (i + 1) * 1_ms, kind == 2 ? 5_ms : 0_ms);
  }
  EXPECT_DOUBLE_EQ(slowdown.factor(), 1);
  EXPECT_EQ(slowdown.delay(), 5_ms);
}

TEST(Slowdown, ASliceOfASchedulersTimeIsNoLoadForShortRequests) {
  Slow slow;
  slow.observe(800, 10_ms, 1_ms);
  slow.observe(5, 80_ms, 1_ms);
  EXPECT_DOUBLE_EQ(slow.slowdown.factor(), 1);
  slow.observe(800, 10_ms, 1_ms);
  slow.observe(50, 80_ms, 1_ms);
  EXPECT_DOUBLE_EQ(slow.slowdown.factor(), 8);
}

}  // namespace
}  // namespace mosaic::manager

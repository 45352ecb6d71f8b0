#include "mosaic/manager/slowdown.h"

#include <gtest/gtest.h>

#include "mosaic/manager/test_machine.h"

namespace mosaic::manager {
namespace {

using test::operator""_ms;

void observe(Slowdown& slowdown, std::size_t count, Nanoseconds measured) {
  for (std::size_t i = 0; i < count; ++i) slowdown.observe(10_ms, measured);
}

TEST(Slowdown, IsOneUntilSomethingIsKnown) { EXPECT_EQ(Slowdown().factor(), 1); }

TEST(Slowdown, BelievesLoadAfterAHandfulOfRequestsAndThatItIsGoneAsSoon) {
  Slowdown slowdown;
  observe(slowdown, 40, 10_ms);
  EXPECT_DOUBLE_EQ(slowdown.factor(), 1);
  observe(slowdown, 4, 20_ms);
  EXPECT_DOUBLE_EQ(slowdown.factor(), 2);
  observe(slowdown, 4, 10_ms);
  EXPECT_DOUBLE_EQ(slowdown.factor(), 1);
}

TEST(Slowdown, OneSlowRequestOfManyIsNoLoad) {
  Slowdown slowdown;
  observe(slowdown, 30, 10_ms);
  observe(slowdown, 1, 80_ms);
  observe(slowdown, 10, 10_ms);
  EXPECT_DOUBLE_EQ(slowdown.factor(), 1);
}

TEST(Slowdown, StandsForNearlyAllRequests) {
  Slowdown slowdown;
  for (std::size_t i = 0; i < 10; ++i) {
    observe(slowdown, 3, 10_ms);
    observe(slowdown, 1, 12_ms);
  }
  EXPECT_NEAR(slowdown.factor(), 1.2, 1e-9);
}

TEST(Slowdown, AnExpectationHoldsUntilTheFirstRequest) {
  Slowdown slowdown;
  observe(slowdown, 5, 10_ms);
  slowdown.expect(3);
  EXPECT_EQ(slowdown.factor(), 3);
  observe(slowdown, 1, 15_ms);
  EXPECT_DOUBLE_EQ(slowdown.factor(), 1.5);
}

}  // namespace
}  // namespace mosaic::manager

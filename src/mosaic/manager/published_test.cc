#include "mosaic/manager/published.h"

#include <gtest/gtest.h>

#include "mosaic/manager/test_machine.h"

namespace mosaic::manager {
namespace {

using test::operator""_ms;

/// Requests until the level changes; `most` where it does not.
std::size_t until_switch(PublishedController& controller, Nanoseconds time, bool wants_up, std::size_t most = 500) {
  for (std::size_t i = 1; i <= most; ++i) {
    if (controller.observe(time, 60_ms, wants_up)) return i;
  }
  return most;
}

TEST(PublishedController, GoesDownWhenTwentyTimesAddUpToTooMuch) {
  PublishedController controller(4, 6);
  EXPECT_EQ(until_switch(controller, 70_ms, false), 39U);  // 21 do not count; 18 times 70 are more than 20 times 60
  EXPECT_EQ(controller.level(), 3U);
}

TEST(PublishedController, DoesNotSeeWhatTakesHalfAsLongAgain) {
  PublishedController controller(4, 6);
  EXPECT_EQ(until_switch(controller, 90_ms, false), 500U);
  EXPECT_EQ(controller.level(), 4U);
}

TEST(PublishedController, GoesUpAfterSeventyTwoRequestsAndOnlyForAccuracy) {
  PublishedController controller(2, 6);
  EXPECT_EQ(until_switch(controller, 40_ms, false), 500U);
  PublishedController wanting(2, 6);
  EXPECT_EQ(until_switch(wanting, 40_ms, true), 72U);
  EXPECT_EQ(wanting.level(), 3U);
}

TEST(PublishedController, ALevelThatWasTooSlowAfterGoingUpIsLeftForGood) {
  PublishedController controller(2, 6);
  EXPECT_EQ(until_switch(controller, 40_ms, true), 72U);
  EXPECT_EQ(until_switch(controller, 70_ms, true), 39U);
  EXPECT_EQ(controller.level(), 2U);
  EXPECT_EQ(until_switch(controller, 40_ms, true), 500U);
  EXPECT_EQ(controller.level(), 2U);
}

TEST(PublishedController, HasAnEnd) {
  PublishedController lowest(0, 6);
  EXPECT_EQ(until_switch(lowest, 70_ms, false), 500U);
  PublishedController highest(5, 6);
  EXPECT_EQ(until_switch(highest, 40_ms, true), 500U);
}

}  // namespace
}  // namespace mosaic::manager

#include "mosaic/manager/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "mosaic/manager/test_machine.h"

namespace mosaic::manager {
namespace {

using test::operator""_ms;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Gate, TheEarliestDeadlineIsNext) {
  Gate gate;
  EXPECT_TRUE(gate.enter(0, 0b1, 50_ms));
  EXPECT_FALSE(gate.enter(1, 0b1, 40_ms));
  EXPECT_FALSE(gate.enter(2, 0b1, 30_ms));
  EXPECT_TRUE(gate.enter(3, 0b10, 90_ms));
  EXPECT_THAT(gate.leave(0), ElementsAre(2));
  EXPECT_THAT(gate.leave(2), ElementsAre(1));
  EXPECT_THAT(gate.leave(1), IsEmpty());
}

TEST(Gate, WhatIsFreeIsKeptForOneThatNeedsMore) {
  Gate gate;
  EXPECT_TRUE(gate.enter(0, 0b01, 10_ms));
  EXPECT_FALSE(gate.enter(1, 0b11, 20_ms));
  EXPECT_FALSE(gate.enter(2, 0b10, 30_ms));  // free, but kept for 1
  EXPECT_THAT(gate.leave(0), ElementsAre(1));
  EXPECT_THAT(gate.leave(1), ElementsAre(2));
}

TEST(Gate, WhoGivesUpLetsOthersIn) {
  Gate gate;
  EXPECT_TRUE(gate.enter(0, 0b01, 10_ms));
  EXPECT_FALSE(gate.enter(1, 0b11, 20_ms));
  EXPECT_FALSE(gate.enter(2, 0b10, 30_ms));
  EXPECT_THAT(gate.leave(1), ElementsAre(2));
}

TEST(Gate, NeverHoldsAUnitTwiceAndForgetsNobody) {
  Random random(3);
  Gate gate;
  std::map<std::size_t, Units> wanted;
  std::vector<std::size_t> running;
  std::size_t entered = 0;
  std::size_t started = 0;
  const auto start = [&](std::size_t who) {
    for (const std::size_t other : running) EXPECT_EQ(wanted.at(other) & wanted.at(who), 0U);
    running.push_back(who);
    ++started;
  };
  for (std::size_t turn = 0; turn < 20'000 || !running.empty(); ++turn) {
    if (turn < 20'000 && random.below(2) == 0) {
      const std::size_t who = entered++;
      wanted[who] = 1 + random.below(15);
      if (gate.enter(who, wanted[who], Nanoseconds(random.between(0, 1000)))) start(who);
    } else if (!running.empty()) {
      const std::size_t place = random.below(running.size());
      const std::size_t who = running[place];
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(place));
      for (const std::size_t each : gate.leave(who)) start(each);
    }
  }
  EXPECT_EQ(started, entered);
  EXPECT_EQ(gate.waiting(), 0U);
}

}  // namespace
}  // namespace mosaic::manager

#include "mosaic/precision/select.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "tests/support.h"

namespace mosaic::precision {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::IsEmpty;

// The third is not faster beyond doubt.
TEST(Sequence, BeginsWithTheFastest) {
  const std::vector<Trial> trials{{1.5, 1.4}, {1.4, 1.3}, {3, 0.9}, {2.2, 2}, {1.5, 1.2}};
  EXPECT_THAT(sequence(trials, 1.05, 9), ElementsAre(3, 0, 4, 1));
  EXPECT_THAT(sequence(trials, 1.05, 2), ElementsAre(3, 0));
  EXPECT_THAT(sequence(trials, 2.5, 3), IsEmpty());
}

// All ways for four trials to end: chosen is the first that holds, at its try, and nobody asks about the others.
TEST(Select, EndsWithTheFirstThatHolds) {
  const std::vector<std::size_t> order{7, 5, 3, 1};
  for (std::size_t code = 0; code < 16; ++code) {
    const auto holds = [&](std::size_t place) { return (code >> place & 1U) == 1U; };
    std::size_t asked = 0;
    const auto chosen = expect(select(order, [&](std::size_t trial, std::size_t tries) -> Result<bool> {
      EXPECT_EQ(tries, ++asked);
      EXPECT_EQ(trial, order[tries - 1]);
      return holds(tries - 1);
    }));
    std::size_t first = 0;
    while (first < 4 && !holds(first)) ++first;
    EXPECT_EQ(chosen, first < 4 ? std::optional(order[first]) : std::nullopt) << code;
    EXPECT_EQ(asked, first < 4 ? first + 1 : 4);
  }
}

TEST(Select, FailsWhereItCannotBeSaid) {
  const auto broken = [](std::size_t, std::size_t) -> Result<bool> { return fail(ErrorCode::kCancelled, "stopped"); };
  EXPECT_EQ(error_of(select(std::vector<std::size_t>{2, 1}, broken)), "stopped");
}

}  // namespace
}  // namespace mosaic::precision

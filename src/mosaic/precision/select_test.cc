#include "mosaic/precision/select.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <vector>

namespace mosaic::precision {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The third is not faster beyond doubt.
TEST(Sequence, BeginsWithTheFastest) {
  const std::vector<Trial> trials{{1.5, 1.4}, {1.4, 1.3}, {3, 0.9}, {2.2, 2}, {1.5, 1.2}};
  EXPECT_THAT(sequence(trials, 1.05, 9), ElementsAre(3, 0, 4, 1));
  EXPECT_THAT(sequence(trials, 1.05, 2), ElementsAre(3, 0));
  EXPECT_THAT(sequence(trials, 2.5, 3), IsEmpty());
}

// All ways for four trials to end: chosen is the first that passes, at its try, and nobody asks about the others.
TEST(Select, EndsWithTheFirstThatPasses) {
  constexpr Verdict kVerdicts[] = {Verdict::kPasses, Verdict::kFails, Verdict::kUnresolved};
  const std::vector<std::size_t> order{7, 5, 3, 1};
  for (int code = 0; code < 81; ++code) {
    std::vector<Verdict> verdicts;
    for (int i = 0, rest = code; i < 4; ++i, rest /= 3) verdicts.push_back(kVerdicts[rest % 3]);
    std::size_t asked = 0;
    const auto chosen = select(order, [&](std::size_t trial, std::size_t tries) {
      EXPECT_EQ(tries, ++asked);
      EXPECT_EQ(trial, order[tries - 1]);
      return verdicts[tries - 1];
    });
    std::size_t first = 0;
    while (first < 4 && verdicts[first] != Verdict::kPasses) ++first;
    EXPECT_EQ(chosen, first < 4 ? std::optional(order[first]) : std::nullopt) << code;
    EXPECT_EQ(asked, first < 4 ? first + 1 : 4);
  }
}

}  // namespace
}  // namespace mosaic::precision

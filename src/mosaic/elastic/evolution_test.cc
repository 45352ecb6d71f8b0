#include "mosaic/elastic/evolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaic::elastic {
namespace {

using testing::HasSubstr;

/// Each layer takes 10 us and an option more 5 us, each worth more accuracy at the back.
AdditiveScores ladder() {
  const Knob knob{.name = "e", .values = {1, 2, 3, 4}};
  AdditiveScores scores({.name = "ladder",
                         .resolutions = {16},
                         .stages = {{.name = "a", .depths = {1, 2, 3}, .knobs = {knob}}, {.name = "b", .depths = {1, 2, 3}, .knobs = {knob}}}});
  for (std::size_t place = 0; place < 6; ++place) {
    for (std::size_t option = 0; option < 4; ++option) {
      const auto worth = static_cast<std::int64_t>((place + 1) * (option + 2));
      scores.layer(0, place, option) = {.latency = std::chrono::microseconds(10 + 5 * option), .accuracy = {100 * worth}};
    }
  }
  return scores;
}

EvolutionOptions small_search(std::uint64_t seed) { return {.population = 40, .generations = 60, .seed = seed}; }

TEST(Evolution, FindsTheMostAccurateWithinALatency) {
  const AdditiveScores scores = ladder();
  const std::vector<Candidate> exact = exact_front(scores);
  for (const auto limit : {std::chrono::microseconds(45), std::chrono::microseconds(80), std::chrono::microseconds(1000)}) {
    const auto found = most_accurate_within(scores.space(), scores, limit, small_search(1));
    ASSERT_TRUE(found) << found.error().message;
    Score best;
    for (const Candidate& each : exact) {
      if (each.score.latency <= limit) best = each.score;
    }
    EXPECT_LE(found->score.latency, limit);
    EXPECT_EQ(found->score.accuracy, best.accuracy);
    EXPECT_EQ(scores(found->network), found->score);
  }
}

TEST(Evolution, FindsTheSmallestWhereNothingElseIsFastEnough) {
  const AdditiveScores scores = ladder();
  const auto found = most_accurate_within(scores.space(), scores, std::chrono::microseconds(20), small_search(1));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->network, smallest(scores.space()));
}

TEST(Evolution, SaysHowFastTheFastestWasWhereNoneIsFastEnough) {
  // The fastest has one layer of 10 us in each stage.
  const AdditiveScores scores = ladder();
  const auto found = most_accurate_within(scores.space(), scores, std::chrono::microseconds(19), small_search(1));
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("the smallest of ladder's sub-networks"));
  EXPECT_THAT(found.error().message, HasSubstr("take longer than 0.019 ms; the fastest takes 0.020 ms"));
}

TEST(Evolution, FrontIsWithinTheExactOneAndAboveRandom) {
  const AdditiveScores scores = ladder();
  const Score reference{.latency = std::chrono::microseconds(200), .accuracy = {0}};
  const double exact = hypervolume(exact_front(scores), reference);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const EvolutionOptions options{.population = 20, .generations = 20, .seed = seed};
    const auto front = evolved_front(scores.space(), scores, options);
    EXPECT_EQ(front_of(front), front);
    const double evolved = hypervolume(front, reference);
    EXPECT_LE(evolved, exact);
    EXPECT_GT(evolved, hypervolume(random_front(scores.space(), scores, evaluations_of(options), seed), reference));
    EXPECT_GT(evolved, 0.95 * exact);
  }
}

TEST(Evolution, IsTheSameForTheSameSeedAndMakesAsManyEvaluationsAsItSays) {
  const AdditiveScores scores = ladder();
  std::size_t calls = 0;
  const auto counted = [&](const SubNetwork& network) {
    ++calls;
    return scores(network);
  };
  const auto first = evolved_front(scores.space(), counted, small_search(9));
  EXPECT_EQ(calls, evaluations_of(small_search(9)));
  EXPECT_EQ(evolved_front(scores.space(), scores, small_search(9)), first);
  EXPECT_EQ(most_accurate_within(scores.space(), scores, std::chrono::microseconds(60), small_search(2))->network,
            most_accurate_within(scores.space(), scores, std::chrono::microseconds(60), small_search(2))->network);
}

}  // namespace
}  // namespace mosaic::elastic

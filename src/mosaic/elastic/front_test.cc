#include "mosaic/elastic/front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "mosaic/elastic/evolution.h"

namespace mosaic::elastic {
namespace {

using testing::ElementsAre;

Candidate scored(std::int64_t microseconds, std::int64_t millipoints) {
  return {.network = {}, .score = {.latency = std::chrono::microseconds(microseconds), .accuracy = {millipoints}}};
}

std::vector<Score> scores_of(const std::vector<Candidate>& candidates) {
  std::vector<Score> scores;
  for (const Candidate& each : candidates) scores.push_back(each.score);
  return scores;
}

/// Up to two resolutions, two stages of up to three layers, two knobs.
Space random_space(Random& random) {
  const std::vector<std::vector<int>> depths{{1}, {2}, {1, 2}, {1, 3}, {1, 2, 3}};
  Space space{.name = "random", .resolutions = {8}, .stages = {}};
  if (random.below(2) == 0) space.resolutions.push_back(16);
  for (std::size_t s = 0; s < 1 + random.below(2); ++s) {
    Stage stage{.name = "stage", .depths = depths[random.below(depths.size())], .knobs = {{.name = "k", .values = {3, 5}}}};
    if (random.below(2) == 0) stage.knobs.push_back({.name = "e", .values = {3, 4}});
    space.stages.push_back(stage);
  }
  return space;
}

AdditiveScores random_scores(const Space& space, Random& random) {
  AdditiveScores scores(space);
  const auto draw = [&] { return Score{.latency = Nanoseconds(random.below(12)), .accuracy = {random.between(-2, 8)}}; };
  for (std::size_t r = 0; r < space.resolutions.size(); ++r) {
    scores.fixed(r) = draw();
    std::size_t place = 0;
    for (const Stage& stage : space.stages) {
      for (std::size_t layer = 0; layer < stage.most_layers(); ++layer, ++place) {
        for (std::size_t option = 0; option < stage.options(); ++option) scores.layer(r, place, option) = draw();
      }
    }
  }
  return scores;
}

/// Every sub-network, by counting through its choices.
void for_each_network(const Space& space, const std::function<void(const SubNetwork&)>& visit) {
  std::vector<std::size_t> limits{space.resolutions.size()};
  for (const Stage& stage : space.stages) limits.push_back(stage.depths.size());
  for (const Stage& stage : space.stages) limits.insert(limits.end(), stage.most_layers(), stage.options());
  std::vector<std::size_t> digits(limits.size());
  for (std::size_t d = 0; d < limits.size();) {
    SubNetwork network{.resolution = static_cast<std::uint8_t>(digits[0]), .depths = {}, .options = {}};
    for (std::size_t s = 0; s < space.stages.size(); ++s) network.depths.push_back(static_cast<std::uint8_t>(digits[1 + s]));
    for (std::size_t i = 1 + space.stages.size(); i < digits.size(); ++i) network.options.push_back(static_cast<std::uint8_t>(digits[i]));
    visit(network);
    for (d = 0; d < limits.size() && ++digits[d] == limits[d]; ++d) digits[d] = 0;
  }
}

TEST(Front, LeavesOutWhatAnotherCovers) {
  // 2 ms at 70 % is slower and less accurate than 1 ms at 71 %; of the equal ones, one stays.
  const auto front = front_of({scored(3000, 75'000), scored(2000, 70'000), scored(1000, 71'000), scored(1000, 71'000)});
  EXPECT_THAT(scores_of(front), ElementsAre(scored(1000, 71'000).score, scored(3000, 75'000).score));
}

TEST(Front, ExactFrontIsThatOfAllSubNetworks) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    const Space space = random_space(random);
    const AdditiveScores scores = random_scores(space, random);
    std::vector<Candidate> all;
    for_each_network(space, [&](const SubNetwork& network) { all.push_back({.network = canonical(space, network), .score = scores(network)}); });
    const std::vector<Candidate> front = exact_front(scores);
    ASSERT_EQ(scores_of(front), scores_of(front_of(all))) << "round " << round;
    for (const Candidate& each : front) {
      ASSERT_EQ(scores(each.network), each.score);
      ASSERT_EQ(canonical(space, each.network), each.network);
    }
  }
}

TEST(Front, HypervolumeIsTheAreaCovered) {
  // Reference 10 ms, 60 %. From 2 ms to 5 ms 10 points are covered, from there to 10 ms 20: 3 * 10 + 5 * 20 = 130. A candidate behind the
  // reference and one below it add nothing.
  const Score reference = scored(10'000, 60'000).score;
  const std::vector<Candidate> two{scored(2000, 70'000), scored(5000, 80'000)};
  EXPECT_DOUBLE_EQ(hypervolume(two, reference), 130);
  const std::vector<Candidate> more{scored(1000, 50'000), scored(2000, 70'000), scored(5000, 80'000), scored(11'000, 90'000)};
  EXPECT_DOUBLE_EQ(hypervolume(more, reference), 130);
  EXPECT_DOUBLE_EQ(hypervolume({}, reference), 0);
}

TEST(Front, LevelsHaveTheEndsAndLatenciesInEvenRatios) {
  // 1, 2, ..., 64 ms: four levels are nearest to 1, 4, 16 and 64.
  std::vector<Candidate> front;
  for (std::int64_t i = 1; i <= 64; ++i) front.push_back(scored(1000 * i, 1000 * i));
  EXPECT_THAT(scores_of(levels_of(front, 4)), ElementsAre(front[0].score, front[3].score, front[15].score, front[63].score));
  EXPECT_EQ(levels_of(front, 64), front);
  EXPECT_EQ(levels_of(front, 100), front);
}

TEST(Front, LevelsAreAsManyAsAskedForEvenWhereLatenciesLieClose) {
  std::vector<Candidate> front;
  for (std::int64_t i = 0; i < 20; ++i) front.push_back(scored(1000 + i, 1000 * i));
  front.push_back(scored(100'000, 50'000));
  for (std::size_t count = 2; count < front.size(); ++count) {
    const auto levels = levels_of(front, count);
    ASSERT_EQ(levels.size(), count);
    EXPECT_EQ(front_of(levels), levels);
    EXPECT_EQ(levels.front(), front.front());
    EXPECT_EQ(levels.back(), front.back());
  }
}

}  // namespace
}  // namespace mosaic::elastic

#include "mosaic/evaluation/search/paired.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mosaic/base/random.h"

namespace mosaic::evaluation {
namespace {

using testing::ElementsAre;

Answers draw(Random& random, std::size_t seeds, std::size_t images, double share) {
  Answers answers(seeds, std::vector<double>(images));
  for (auto& seed : answers) {
    for (double& each : seed) each = random.uniform() < share ? 1 : 0;
  }
  return answers;
}

TEST(Paired, DifferenceByHand) {
  // Differences by image and seed: (1, 0, -1, 1) and (0, 0, 0, 1), by image 0.5, 0, -0.5, 1: mean 0.25, squares off it 0.0625 + 0.0625 + 0.5625 +
  // 0.5625 = 1.25. Deviation of the mean: sqrt(1.25 / 3 / 4) = 0.32275; times 3.1824 (3 degrees of freedom): 1.02712.
  const Answers a{{1, 1, 0, 1}, {1, 0, 1, 1}};
  const Answers b{{0, 1, 1, 0}, {1, 0, 1, 0}};
  const Estimate difference = difference_of(a, b);
  EXPECT_DOUBLE_EQ(difference.mean, 25);
  EXPECT_NEAR(difference.images.low, 25 - 102.712, 0.01);
  EXPECT_NEAR(difference.images.high, 25 + 102.712, 0.01);
  EXPECT_THAT(difference.seeds, ElementsAre(25, 25));
}

TEST(Paired, SameAnswersDifferByNothing) {
  Random random(1);
  const Answers a = draw(random, 3, 50, 0.7);
  const Estimate difference = difference_of(a, a);
  EXPECT_EQ(difference.mean, 0);
  EXPECT_EQ(difference.images.low, 0);
  EXPECT_EQ(difference.images.high, 0);
  EXPECT_EQ(mcnemar(a, a).p, 1);
}

TEST(Paired, DifferencesTurnedAroundChangeTheirSign) {
  Random random(2);
  for (int trial = 0; trial < 20; ++trial) {
    const Answers a = draw(random, 1 + random.below(3), 40, 0.6);
    const Answers b = draw(random, a.size(), 40, 0.7);
    const Estimate one = difference_of(a, b);
    const Estimate other = difference_of(b, a);
    ASSERT_NEAR(one.mean, -other.mean, 1e-9);
    ASSERT_NEAR(one.images.low, -other.images.high, 1e-9);
    ASSERT_NEAR(one.mean, accuracy_of(a).mean - accuracy_of(b).mean, 1e-9);
    ASSERT_EQ(mcnemar(a, b).p, mcnemar(b, a).p);
  }
}

TEST(Paired, TheIntervalHoldsTheTruthInAbout95OfAHundred) {
  // Answers of an image are correlated over seeds: each image has a hardness of its own.
  Random random(3);
  int held = 0;
  constexpr int kTrials = 600;
  for (int trial = 0; trial < kTrials; ++trial) {
    Answers a(3, std::vector<double>(60));
    Answers b = a;
    for (std::size_t i = 0; i < 60; ++i) {
      const double hard = random.uniform(0.3, 0.9);
      for (std::size_t s = 0; s < 3; ++s) {
        a[s][i] = random.uniform() < hard + 0.1 ? 1 : 0;
        b[s][i] = random.uniform() < hard ? 1 : 0;
      }
    }
    const Estimate difference = difference_of(a, b);
    held += difference.images.low <= 10 && difference.images.high >= 10 ? 1 : 0;
  }
  EXPECT_GE(held, kTrials * 92 / 100);
  EXPECT_LE(held, kTrials * 98 / 100);
}

TEST(Paired, AccuracyOfOneSeedHasWilsonsInterval) {
  const Answers answers{{1, 1, 1, 0}};
  const Interval wilson = share_interval(3, 4);
  EXPECT_EQ(accuracy_of(answers).mean, 75);
  EXPECT_DOUBLE_EQ(accuracy_of(answers).images.low, 100 * wilson.low);
  EXPECT_DOUBLE_EQ(accuracy_of(answers).images.high, 100 * wilson.high);
}

TEST(Paired, AccuracyStaysWithinAHundred) {
  const Estimate all = accuracy_of({{1, 1, 1}, {1, 1, 1}});
  EXPECT_EQ(all.mean, 100);
  EXPECT_EQ(all.images.high, 100);
  EXPECT_LT(all.images.low, 100);  // three images do not prove that all are right
  EXPECT_LE(accuracy_of({{1, 1, 1}, {1, 1, 0}}).images.high, 100);
}

TEST(Paired, McNemarByHand) {
  // One alone right five times, the other once: P(X <= 1 of 6) = (1 + 6) / 64, twice that is 0.21875.
  const Answers a{{1, 1, 1, 1, 1, 0, 1}};
  const Answers b{{0, 0, 0, 0, 0, 1, 1}};
  const Discordance found = mcnemar(a, b);
  EXPECT_EQ(found.first, 5U);
  EXPECT_EQ(found.second, 1U);
  EXPECT_NEAR(found.p, 0.21875, 1e-12);
}

// Right alone: a has image 0 under both seeds, b image 1 under one, and image 2 is had once by each.
TEST(Paired, McNemarCountsAnImageOnce) {
  const Answers a{{1, 0, 1, 1}, {1, 1, 0, 1}};
  const Answers b{{0, 1, 0, 1}, {0, 1, 1, 1}};
  const Discordance found = mcnemar(a, b);
  EXPECT_EQ(found.first, 1U);
  EXPECT_EQ(found.second, 1U);
  EXPECT_EQ(found.p, 1);
}

TEST(Paired, TheSameSearchTwiceProvesNoMore) {
  const Answers a{{1, 1, 1, 1, 1, 1}};
  const Answers b{{0, 0, 0, 0, 1, 1}};
  EXPECT_EQ(mcnemar(a, b).p, mcnemar({a[0], a[0], a[0]}, {b[0], b[0], b[0]}).p);
}

// Means of seeds: 0, 50 and 100 %; deviation 50, of the mean 50 / sqrt(3) = 28.87, times 4.3027 (2 degrees of freedom): 124.2.
TEST(Paired, TrainingsHaveAnIntervalOfTheirOwn) {
  const Estimate difference = difference_of({{1, 0}, {1, 1}, {1, 1}}, {{1, 0}, {0, 1}, {0, 0}});
  EXPECT_NEAR(difference.mean, 50, 1e-9);
  ASSERT_TRUE(difference.trainings.has_value());
  EXPECT_NEAR(difference.trainings->low, 50 - 124.2, 0.05);
  EXPECT_NEAR(difference.trainings->high, 50 + 124.2, 0.05);
  EXPECT_FALSE(difference_of({{1, 0}}, {{0, 0}}).trainings.has_value());
}

TEST(Student, Quantiles) {
  // Tables: 12.706 with 1, 2.228 with 10, 2.201 with 11, 2.042 with 30, 1.984 with 100.
  EXPECT_NEAR(student_quantile(1), 12.706, 1e-3);
  EXPECT_NEAR(student_quantile(10), 2.228, 1e-3);
  EXPECT_NEAR(student_quantile(11), 2.201, 1e-3);
  EXPECT_NEAR(student_quantile(30), 2.042, 1e-3);
  EXPECT_NEAR(student_quantile(100), 1.984, 1e-3);
}

}  // namespace
}  // namespace mosaic::evaluation

#include "mosaic/accelerators/rivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaic {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::Optional;

RatedMapping manual(double cost, double accuracy) {
  return {.method = MappingMethod::kHeuristic, .trained = false, .cost = cost, .accuracy = accuracy};
}

RatedMapping point(double cost, double accuracy) {
  return {.method = MappingMethod::kTrainingFree, .trained = false, .cost = cost, .accuracy = accuracy};
}

RatedMapping trained(RatedMapping each, double held_out) {
  each.trained = true;
  each.held_out = held_out;
  return each;
}

TEST(ManualRivals, AreTheCheapestOfThoseThatAreNearlyAsAccurate) {
  EXPECT_THAT(manual_rivals(std::vector{manual(100, 90), manual(40, 70), point(60, 90.5), point(50, 91), point(30, 60)}),
              ElementsAre(Optional(0), Optional(1), Optional(0), Eq(std::nullopt), Optional(1)));
}

// In binary, 64.4 - 0.5 is above 63.9: of 1,000 images, 639 are five less than 644.
TEST(ManualRivals, MayLackHalfAPointExactly) {
  EXPECT_GT(64.4 - 0.5, 63.9);
  EXPECT_THAT(manual_rivals(std::vector{manual(40, 63.9), point(60, 64.4)}), ElementsAre(Optional(0), Optional(0)));
  EXPECT_THAT(manual_rivals(std::vector{manual(40, 63.89), point(60, 64.4)}), ElementsAre(Optional(0), Eq(std::nullopt)));
}

TEST(ManualRivals, AreTrainedWhereTheMappingIs) {
  const std::vector all{manual(100, 90), manual(40, 80), trained(manual(101, 92), 91), point(60, 80), trained(point(60, 80), 80)};
  EXPECT_THAT(manual_rivals(all), ElementsAre(Optional(0), Optional(1), Optional(2), Optional(1), Optional(2)));
  EXPECT_THAT(manual_rivals(std::vector{manual(40, 80), trained(point(60, 80), 80)}), ElementsAre(Optional(0), Optional(0)))
      << "without trained heuristics the others have to do";
}

TEST(ManualRivals, AreChosenOnHeldOutImagesWhereThereAreAny) {
  const std::vector all{trained(manual(100, 70), 90), trained(manual(40, 90), 70), trained(point(60, 90), 90)};
  EXPECT_THAT(manual_rivals(all), ElementsAre(Optional(0), Optional(1), Optional(0)));
}

}  // namespace
}  // namespace mosaic

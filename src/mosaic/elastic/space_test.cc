#include "mosaic/elastic/space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace mosaic::elastic {
namespace {

using testing::Each;
using testing::ElementsAre;

/// Two resolutions; a stage of one or two layers with 2 x 2 options, one of two layers with three.
Space small_space() {
  return {.name = "small",
          .resolutions = {16, 32},
          .stages = {{.name = "first", .depths = {1, 2}, .knobs = {{.name = "k", .values = {3, 5}}, {.name = "e", .values = {2, 4}}}},
                     {.name = "second", .depths = {2}, .knobs = {{.name = "h", .values = {1, 2, 4}}}}}};
}

TEST(Space, CountsSubNetworksThatDiffer) {
  // 2 resolutions x (4 + 4^2) x 3^2.
  EXPECT_EQ(small_space().sub_networks(), 2 * 20 * 9);
  EXPECT_EQ(small_space().places(), 4U);
  Random random(1);
  std::set<SubNetwork> seen;
  for (int i = 0; i < 20'000; ++i) seen.insert(canonical(small_space(), random_sub_network(small_space(), random)));
  EXPECT_EQ(seen.size(), 360U);
}

TEST(Space, CanonicalForgetsLayersThatAreNotThere) {
  const SubNetwork one{.resolution = 0, .depths = {0, 0}, .options = {1, 3, 2, 1}};
  EXPECT_THAT(canonical(small_space(), one).options, ElementsAre(1, 0, 2, 1));
  const SubNetwork two{.resolution = 0, .depths = {1, 0}, .options = {1, 3, 2, 1}};
  EXPECT_EQ(canonical(small_space(), two), two);
}

TEST(Space, DescribesEndsByTheirValues) {
  EXPECT_EQ(describe(small_space(), smallest(small_space())), "16: 1 (k3 e2), 2 (h1, h1)");
  EXPECT_EQ(describe(small_space(), largest(small_space())), "32: 2 (k5 e4, k5 e4), 2 (h4, h4)");
}

TEST(Space, MutationWithProbabilityZeroChangesNothing) {
  Random random(3);
  const SubNetwork parent = largest(small_space());
  EXPECT_EQ(mutated(small_space(), parent, 0, random), parent);
}

TEST(Space, ChildOfTwoTakesEachChoiceFromOneOfThem) {
  // k from one parent, e from the other is a child that neither is: with 3 = (k5, e4) and 0 = (k3, e2), 1 and 2 must turn up too.
  Random random(5);
  std::set<int> first_options;
  std::set<int> second_options;
  for (int i = 0; i < 200; ++i) {
    const SubNetwork child = crossed(small_space(), smallest(small_space()), largest(small_space()), random);
    first_options.insert(child.options[0]);
    second_options.insert(child.options[2]);
  }
  EXPECT_THAT(first_options, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(second_options, ElementsAre(0, 2)) << "a knob's value is one of its parents'";
  const SubNetwork same = crossed(small_space(), largest(small_space()), largest(small_space()), random);
  EXPECT_EQ(same, largest(small_space()));
}

}  // namespace
}  // namespace mosaic::elastic

#include "mosaic/planner/versions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace mosaic {
namespace {

using testing::ElementsAre;

/// Six layers of 40 bytes; configuration 0 (the NPU) holds 100 and cannot run layer 3, 1 (the GPU) and 2 (big) run everything.
ChainCosts six_layers() {
  ChainCosts costs(6, 3);
  costs.weights.assign(6, 40);
  costs.slice_limit[0] = 100;
  costs.runs[costs.cell(0, 3)] = 0;
  return costs;
}

TEST(Preferred, PacksWhatFitsAndOpensTheNextSliceWhereItDoesNot) {
  // Two layers fit in 100 bytes: [0, 2), then 2 opens a slice, which 3 cannot join: it goes to the GPU alone, and [4, 6) is the NPU's again.
  const auto chain = preferred(six_layers(), 0, std::array<std::size_t, 2>{1, 2});
  ASSERT_TRUE(chain.has_value());
  EXPECT_THAT(chain->borders, ElementsAre(0, 2, 3, 4, 6));
  EXPECT_THAT(chain->configurations, ElementsAre(0, 0, 1, 0));
}

TEST(Preferred, TakesTheFirstFallbackThatCanRunTheLayer) {
  ChainCosts costs = six_layers();
  costs.runs[costs.cell(1, 3)] = 0;
  EXPECT_THAT(preferred(costs, 0, std::array<std::size_t, 2>{1, 2})->configurations, ElementsAre(0, 0, 2, 0));
  costs.runs[costs.cell(2, 3)] = 0;
  EXPECT_FALSE(preferred(costs, 0, std::array<std::size_t, 2>{1, 2}).has_value());
}

TEST(Preferred, GivesEachLayerThatCannotJoinASliceOfItsOwn) {
  // Layers 3 and 4 are both too large for the NPU: two slices on the GPU, not one (section VI.A: "in a separate slice").
  ChainCosts costs = six_layers();
  costs.weights[4] = 101;
  const auto chain = preferred(costs, 0, std::array<std::size_t, 2>{1, 2});
  EXPECT_THAT(chain->borders, ElementsAre(0, 2, 3, 4, 5, 6));
  EXPECT_THAT(chain->configurations, ElementsAre(0, 0, 1, 1, 0));
}

TEST(Preferred, IsOneSliceOnADeviceWithoutLimits) {
  EXPECT_THAT(preferred(six_layers(), 2, std::array<std::size_t, 1>{1})->borders, ElementsAre(0, 6));
}

TEST(Hca, TakesTheFastestForEachLayerWhateverTheHopCosts) {
  ChainCosts costs(2, 2);
  costs.execute = {1, 5, 2, 4};
  costs.enter.assign(costs.enter.size(), 1000);
  EXPECT_THAT(hca(costs)->configurations, ElementsAre(0, 1));
}

}  // namespace
}  // namespace mosaic

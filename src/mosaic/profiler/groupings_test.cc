#include "mosaic/profiler/groupings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chains.h"

namespace mosaic {
namespace {

using testing::ElementsAre;

Support everything(std::size_t configurations, std::size_t layers) {
  return Support(configurations, std::vector<std::optional<std::string>>(layers));
}

/// "0-1@d0 2@d1" for steps.
std::string describe(const std::optional<Grouping>& grouping) {
  if (!grouping) return "nothing";
  std::string text;
  for (const Step& step : grouping->steps) text += (text.empty() ? "" : " ") + format_layers(step.layers) + "@" + step.configuration;
  return text;
}

TEST(Grouping, CutsIntoSlicesOfOneSizeAfterTheFirst) {
  const Graph graph = test::line_graph(std::vector<std::int64_t>(7, 1), std::vector<std::int64_t>(7, 1));
  const Board board = test::row_board(1);
  const auto cut = [&](std::size_t size, std::size_t offset) {
    return describe(make_grouping(graph, board, everything(1, 7), ConfigurationId(0), size, offset));
  };
  EXPECT_EQ(cut(1, 0), "0@d0 1@d0 2@d0 3@d0 4@d0 5@d0 6@d0");
  EXPECT_EQ(cut(2, 0), "0-1@d0 2-3@d0 4-5@d0 6@d0");
  EXPECT_EQ(cut(2, 1), "0@d0 1-2@d0 3-4@d0 5-6@d0");
  EXPECT_EQ(cut(4, 2), "0-1@d0 2-5@d0 6@d0");
  EXPECT_EQ(cut(7, 0), "0-6@d0");
}

TEST(Grouping, VisitsTheFirstConfigurationThatCanForLayersThatThisOneCannotRun) {
  const Graph graph = test::line_graph(std::vector<std::int64_t>(6, 1), std::vector<std::int64_t>(6, 1));
  Support support = everything(3, 6);
  support[2][2] = support[2][3] = "no";
  support[0][3] = "no";
  const auto grouping = make_grouping(graph, test::row_board(3), support, ConfigurationId(2), 4, 0);
  EXPECT_EQ(describe(grouping), "0-1@d2 2@d0 3@d1 4-5@d2");
  EXPECT_THAT(grouping->measured, ElementsAre(true, false, false, true));
}

TEST(Grouping, KeepsToTheSliceLimit) {
  // Two layers of 4 and their largest activations of 1 fit into 9.
  const Graph graph = test::line_graph({4, 4, 4, 4, 4}, {1, 1, 1, 1, 1});
  Board board = test::row_board(1);
  board.devices[0].slice_limit = Bytes{9};
  EXPECT_EQ(describe(make_grouping(graph, board, everything(1, 5), ConfigurationId(0), 4, 0)), "0-1@d0 2-3@d0 4@d0");
}

TEST(Grouping, IsNothingWhereALayerHasNowhereToRun) {
  const Graph graph = test::line_graph({1, 1}, {1, 1});
  Support support = everything(1, 2);
  support[0][1] = "no";
  EXPECT_EQ(describe(make_grouping(graph, test::row_board(1), support, ConfigurationId(0), 1, 0)), "nothing");
}

}  // namespace
}  // namespace mosaic

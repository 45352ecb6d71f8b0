#include "mosaic/evaluation/xavier_nx/mobilenet.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mosaic/base/file.h"
#include "mosaic/evaluation/xavier_nx/evaluation.h"
#include "mosaic/evaluation/xavier_nx/report.h"
#include "tests/support.h"
#include "tests/xavier_nx_tables.h"

namespace mosaic::xavier_nx {
namespace {

using test::write_tables;
using testing::HasSubstr;

TEST(ElasticMobilenet, NamesBlocksAsTheTablesDo) {
  // At 160 pixels the first stage reads 80 x 80 pixels of 24 channels; the last writes 5 x 5.
  EXPECT_EQ(block_key(160, 0, 0, 3, 6), "expanded_conv-input:80x80x24-output:40x40x32-expand:144-kernel:3-stride:2-idskip:0-se:0-hs:0");
  EXPECT_EQ(block_key(160, 1, 3, 7, 4), "expanded_conv-input:20x20x48-output:20x20x48-expand:192-kernel:7-stride:1-idskip:1-se:1-hs:0");
  EXPECT_EQ(block_key(224, 3, 0, 5, 3), "expanded_conv-input:14x14x96-output:14x14x136-expand:288-kernel:5-stride:1-idskip:0-se:1-hs:1");
  EXPECT_EQ(block_key(160, 4, 0, 5, 3), "expanded_conv-input:10x10x136-output:5x5x192-expand:408-kernel:5-stride:2-idskip:0-se:1-hs:1");
}

TEST(ElasticMobilenet, HasTenToTheTwentiethSubNetworks) {
  // Three resolutions, five stages of 9^2 + 9^3 + 9^4 each.
  EXPECT_DOUBLE_EQ(elastic_mobilenet().sub_networks(), 3 * std::pow(81.0 + 729.0 + 6561.0, 5));
}

TEST(ElasticMobilenet, ProxyGrowsWithEveryChoiceAndHasTheEndsItSays) {
  elastic::AdditiveScores scores(elastic_mobilenet());
  add_accuracy_proxy(scores);
  const auto proxy = [&](const elastic::SubNetwork& network) { return scores(network).accuracy.value; };
  EXPECT_EQ(proxy(elastic::smallest(scores.space())), 71'100);
  EXPECT_EQ(proxy(elastic::largest(scores.space())), 79'500);
  const elastic::SubNetwork smallest = elastic::smallest(scores.space());
  elastic::SubNetwork deeper = smallest;
  deeper.depths[2] = 1;
  elastic::SubNetwork wider = smallest;
  wider.options[4] = 1;
  elastic::SubNetwork larger = smallest;
  larger.resolution = 1;
  for (const elastic::SubNetwork& each : {deeper, wider, larger}) EXPECT_GT(proxy(each), proxy(smallest));
}

TEST(ElasticMobilenet, AddsUpTheBlocksThatAreThere) {
  const test::TemporaryFolder folder;
  write_tables(folder.path());
  const auto scores = test::expect(read_scores(folder.path(), "board"));
  std::size_t letters = 0;
  for (const char* key : {"Conv-input:160x160x3-output:80x80x24", "Conv_1-input:5x5x192-output:5x5x1152", "AvgPool2D-input:5x5x1152-output:1x1x1152",
                          "Conv_2-input:1x1x1152-output:1x1x1536", "Logits-input:1x1x1536-output:1000",
                          "expanded_conv-input:80x80x24-output:80x80x24-expand:24-kernel:3-stride:1-idskip:1-se:0-hs:0"})
    letters += std::string_view(key).size();
  for (std::size_t stage = 0; stage < 5; ++stage) letters += block_key(160, stage, 0, 3, 3).size() + block_key(160, stage, 1, 3, 3).size();
  EXPECT_EQ(scores(elastic::smallest(scores.space())).latency, std::chrono::microseconds(letters));
}

TEST(ElasticMobilenet, RefusesTablesThatLackSomething) {
  const test::TemporaryFolder folder;
  write_tables(folder.path(), {.without = block_key(192, 2, 1, 5, 4)});
  EXPECT_THAT(test::error_of(read_scores(folder.path(), "board")),
              HasSubstr("board.192.json: there is no 'expanded_conv-input:12x12x96-output:12x12x96-expand:384-kernel:5"));
  EXPECT_THAT(test::error_of(read_scores(folder.path(), "other")), HasSubstr("other.160.json"));
  test::expect(write_file(folder.path() / "zero.160.json", R"({"Conv-input:160x160x3-output:80x80x24": {"mean": 0}})"));
  EXPECT_THAT(test::error_of(read_scores(folder.path(), "zero")), HasSubstr("a mean of 0 ms is no latency"));
  test::expect(write_file(folder.path() / "list.160.json", "[]"));
  EXPECT_THAT(test::error_of(read_scores(folder.path(), "list")), HasSubstr("not a table of blocks"));
}

TEST(ElasticMobilenet, EvaluationHasEverythingItWasAskedFor) {
  const test::TemporaryFolder folder;
  write_tables(folder.path());
  const EvaluationOptions options{.devices = {"board"}, .seeds = {4, 5}, .levels = 3, .evolution = {.population = 20, .generations = 30}};
  const auto devices = test::expect(evaluate(folder.path(), options));
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].seeds.size(), 2U);
  EXPECT_EQ(devices[0].levels.size(), 3U);
  for (const SeedFronts& each : devices[0].seeds) {
    EXPECT_LE(each.evolved_share, 1);
    EXPECT_GT(each.evolved_share, each.random_share);
  }
  EXPECT_THAT(result_page(devices, "tables"), HasSubstr("proxy made by hand"));
  EXPECT_EQ(result_tables(devices)[1].rows.size(), 3U);
}

}  // namespace
}  // namespace mosaic::xavier_nx

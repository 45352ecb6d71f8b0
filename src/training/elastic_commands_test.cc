// 'mosaic elastic', end to end on small images.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/family/family.h"
#include "tests/end_to_end/tool.h"
#include "training/synthetic_images.h"

namespace mosaic {
namespace {

using test::Desk;
using test::expect;
using test::expect_refusal;
using testing::HasSubstr;

class ElasticCommands : public testing::Test {
 protected:
  void SetUp() override { test::write_synthetic_data(desk_ / "data"); }

  [[nodiscard]] Json train(std::vector<std::string> more, const std::string& file = "net.elastic") const {
    std::vector<std::string> arguments{"elastic", "train", "--data", "data", "--hold-out", "40", "--batch", "20", "--epochs", "4", "-o", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return desk_.json(arguments);
  }

  [[nodiscard]] static std::vector<std::string> used(const std::string& command, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"elastic", command, "net.elastic"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  Desk desk_;
};

TEST_F(ElasticCommands, WhatIsTrainedIsCutOutAsAFamilyThatOtherCommandsRun) {
  const Json trained = train({});
  EXPECT_EQ(trained.at("losses").size(), 4U);
  EXPECT_EQ(trained.at("sub_networks").size(), 2U);
  const Json cut = desk_.json(used("extract", {"--largest", "--smallest", "--random", "3", "-o", "cut"}));
  ASSERT_EQ(cut.at("sub_networks").size(), 5U);
  EXPECT_EQ(cut.at("sub_networks").at(0).at("accuracy_pct"), trained.at("sub_networks").at(0).at("accuracy_pct"));
  EXPECT_GT(cut.at("sub_networks").at(0).at("macs").get<std::int64_t>(), 3 * cut.at("sub_networks").at(1).at("macs").get<std::int64_t>());
  const Family family = expect(read_family(desk_ / "cut/family.yaml"));
  EXPECT_EQ(family.variants.size(), 5U);
  EXPECT_EQ(family.variants[0].accuracy_from, "60 test images of data");
  EXPECT_NE(desk_.output({"inspect", "cut/smallest.onnx"}), "");

  const std::string named = cut.at("sub_networks").at(2).at("sub_network");
  const Json again = desk_.json(used("extract", {"--sub-network", named, "-o", "one"}));
  EXPECT_EQ(again.at("sub_networks").at(0).at("accuracy_pct"), cut.at("sub_networks").at(2).at("accuracy_pct"));
  EXPECT_EQ(desk_.read("one/sub_network_1.onnx"), desk_.read("cut/random_1.onnx"));
}

TEST_F(ElasticCommands, LevelsAreFoundAndWritten) {
  std::ignore = train({"--design", "widths"});
  const std::vector<std::string> few{"--levels", "3", "--threads",    "1,2", "--samples",     "20",
                                     "--runs",   "5", "--population", "20",  "--generations", "10"};
  std::vector<std::string> arguments = used("search", few);
  arguments.insert(arguments.end(), {"-o", "levels"});
  const Json found = desk_.json(arguments);
  const std::size_t levels = found.at("levels").size();
  EXPECT_GE(levels, 1U);
  EXPECT_LE(levels, 3U);
  EXPECT_EQ(found.at("latency_tables").size(), 2U);
  EXPECT_EQ(found.at("levels").at(0).at("latencies").at(1).at("threads"), 2);
  EXPECT_EQ(expect(read_family(desk_ / "levels/family.yaml")).variants.size(), levels);
  EXPECT_THAT(desk_.output(used("search", few)), HasSubstr("Kendall's tau"));
}

TEST_F(ElasticCommands, OneIsTrainedAlone) {
  const Json alone = train({"--only", "largest"});
  ASSERT_EQ(alone.at("sub_networks").size(), 1U);
  expect_refusal(desk_, {used("extract", {"--smallest"}), {"was not trained", "alone"}});
  expect_refusal(desk_, {used("search", {}), {"net.elastic was trained as", "nothing to search"}});
}

TEST_F(ElasticCommands, FaultsAreNamed) {
  const std::vector<std::string> train_it{"elastic", "train", "--data", "data", "--hold-out", "40", "-o", "x.elastic"};
  const auto with = [](std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  expect_refusal(desk_, {with(train_it, {"--only", "tiny"}), {"'tiny' is no sub-network of convolutions", "the largest is '8: 2 (k5 e100"}});
  expect_refusal(desk_, {with(train_it, {"--resume"}), {"--resume", "--checkpoint"}});
  expect_refusal(desk_, {{"elastic", "extract", "nowhere.elastic", "--largest"}, {"nowhere.elastic"}});
  std::ignore = train({});
  expect_refusal(desk_, {used("extract", {}), {"nothing is to be extracted"}});
  expect_refusal(desk_, {used("extract", {"--largest", "--data", "nowhere"}), {"--data nowhere: there is no such folder"}});
  desk_.write("net.elastic", desk_.read("net.elastic").substr(0, 1000));
  expect_refusal(desk_, {used("extract", {"--largest"}), {"net.elastic: damaged"}});
}

}  // namespace
}  // namespace mosaic

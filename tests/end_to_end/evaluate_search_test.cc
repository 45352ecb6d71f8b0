// 'mosaic evaluate search': what searches with several seeds say together.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t kImages = 40;

Json mapping(const std::string& name, const std::string& method, std::size_t wrong, double cycles, std::size_t split) {
  Json classes = Json::array();
  for (std::size_t i = 0; i < kImages; ++i) classes.push_back(i < wrong ? 9 : i % 4);
  return {{"name", name},     {"manual", method == "heuristic"}, {"method", method},  {"modelled_cycles", cycles}, {"modelled_uj", cycles / 10},
          {"proxy", 1.0 / 3}, {"split_layers", split},           {"classes", classes}};
}

/// 'mosaic search --json' as it might print: All-8bit and odimo 1 have as many images wrong as the number of the seed.
Json searched(int seed) {
  Json labels = Json::array();
  for (std::size_t i = 0; i < kImages; ++i) labels.push_back(i % 4);
  const auto wrong = static_cast<std::size_t>(seed);
  return {{"front_points", 7},
          {"seed", seed},
          {"test_labels", labels},
          {"mappings",
           {mapping("All-8bit", "heuristic", wrong, 1000, 0), mapping("Min-Cost", "min-cost", wrong + 20, 300, 1),
            mapping("point 1", "training-free", wrong + 3, 600, 2), mapping("odimo 1", "odimo", wrong, 600, 2)}}};
}

class EvaluateSearch : public testing::Test {
 protected:
  void SetUp() override {
    for (int seed = 1; seed <= 3; ++seed) desk_.write(fmt::format("seed{}.json", seed), searched(seed).dump());
  }

  Desk desk_;
};

TEST_F(EvaluateSearch, ShowsFrontsSavingsAndWhoWins) {
  const std::string text = desk_.output({"evaluate", "search", "seed1.json", "seed2.json", "seed3.json", "-o", "page"});
  EXPECT_THAT(text, AllOf(HasSubstr("3 seeds, 40 test images"), HasSubstr("odimo 1"), HasSubstr("The paper"), HasSubstr("McNemar"),
                          HasSubstr("chosen on the same test images"), HasSubstr("Page: page/index.html")));
  EXPECT_THAT(desk_.read("page/index.html"), HasSubstr("Methods against each other"));
  EXPECT_THAT(desk_.read("page/savings.csv"), HasSubstr("odimo 1"));
}

TEST_F(EvaluateSearch, GivesTheSameInJson) {
  const Json json = desk_.json({"evaluate", "search", "seed1.json", "seed2.json", "seed3.json"});
  EXPECT_EQ(json.at("seeds"), 3);
  // 1, 2 and 3 of 40 wrong: 95 %.
  EXPECT_NEAR(json.at("front").at(0).at("accuracy_percent").get<double>(), 95, 1e-9);
  const Json& saving = json.at("savings").back();
  EXPECT_EQ(saving.at("mapping"), "odimo 1");
  EXPECT_NEAR(saving.at("latency_percent").get<double>(), -40, 1e-9);
  EXPECT_NEAR(saving.at("points").get<double>(), 0, 1e-9);
  EXPECT_EQ(json.at("wishes").at(2).at("holds"), "yes");
  // Images 1 to 5 under some seed, all for odimo 1.
  EXPECT_NEAR(json.at("contests").at(0).at("mcnemar_p").get<double>(), 2 * std::pow(0.5, 5), 1e-12);
}

TEST_F(EvaluateSearch, RefusesWhatCannotBeCompared) {
  Json other = searched(2);
  other["mappings"][0]["modelled_cycles"] = 1001;
  desk_.write("network.json", other.dump());
  other = searched(2);
  other["test_labels"][5] = 3;
  desk_.write("images.json", other.dump());
  other = searched(2);
  other.erase("test_labels");
  desk_.write("unlabelled.json", other.dump());
  other = searched(2);
  other["objective"] = "energy";
  desk_.write("objective.json", other.dump());
  other = searched(2);
  other.erase("seed");
  desk_.write("seedless.json", other.dump());
  desk_.write("again.json", other.dump());
  desk_.write("torn.json", "{\"mappings\": [");
  expect_refusal(desk_, {{"evaluate", "search", "seed1.json", "network.json"}, {"different networks", "1000", "1001"}});
  expect_refusal(desk_, {{"evaluate", "search", "seed1.json", "images.json"}, {"different images"}});
  expect_refusal(desk_, {{"evaluate", "search", "unlabelled.json"}, {"unlabelled.json", "test_labels", "--truth"}});
  expect_refusal(desk_, {{"evaluate", "search", "torn.json"}, {"torn.json"}});
  expect_refusal(desk_, {{"evaluate", "search", "seed1.json", "seed1.json"}, {"one seed"}});
  expect_refusal(desk_, {{"evaluate", "search", "seed1.json", "objective.json"}, {"objective", "'energy'"}});
  expect_refusal(desk_, {{"evaluate", "search", "seedless.json", "again.json"}, {"seedless.json and again.json", "same answers"}});
  expect_refusal(desk_, {{"evaluate", "search", "nothing.json"}, {"nothing.json"}});
}

}  // namespace
}  // namespace mosaic

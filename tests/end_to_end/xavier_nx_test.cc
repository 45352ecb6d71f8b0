// Searches for sub-networks on published tables, and a manager on a board that is modelled from them, through the command line.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using testing::AllOf;
using testing::HasSubstr;

TEST(EvaluateXavierNx, IsAboveRandomSearchAndNearTheExactFront) {
  MOSAIC_NEEDS_SHARED(profiles, "profiles/xavier_nx");
  const Desk desk;
  const Json json = desk.json({"evaluate", "xavier_nx", "--profiles", profiles.string(), "-o", "page"});
  ASSERT_EQ(json.at("searches").size(), 6U);
  for (const Json& each : json.at("searches")) {
    EXPECT_GT(each.at("evolved_pct").get<double>(), each.at("random_pct").get<double>());
    EXPECT_GE(each.at("evolved_pct").get<double>(), 99.0);
    EXPECT_LE(each.at("evolved_pct").get<double>(), 100.0);
  }
  EXPECT_EQ(json.at("levels").size(), 12U);
  EXPECT_EQ(json.at("accuracies"), "proxy");
  EXPECT_THAT(desk.read("page/index.html"), AllOf(HasSubstr("proxy made by hand"), HasSubstr("<svg")));
  EXPECT_THAT(desk.read("page/searches.csv"), HasSubstr("jetson_GPU,1,"));
}

TEST(EvaluateXavierNx, FailsWhereTheSearchIsTooShort) {
  MOSAIC_NEEDS_SHARED(profiles, "profiles/xavier_nx");
  const Desk desk;
  const test::Outcome result =
      desk.run({"evaluate", "xavier_nx", "--profiles", profiles.string(), "--device", "jetson", "--seed", "1", "--generations", "5"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("jetson: with some seed evolution is not above random search and within 1 %"));
}

TEST(EvaluateXavierNx, RefusesFoldersWithoutTables) {
  const Desk desk;
  desk.write("tables/jetson_GPU.160.json", "{}");
  test::expect_refusal(
      desk, {.arguments = {"evaluate", "xavier_nx", "--profiles", "tables"}, .said = {"tables/jetson_GPU.160.json: there is no 'Conv-input"}});
  test::expect_refusal(desk, {.arguments = {"evaluate", "xavier_nx", "--profiles", "nowhere"}, .said = {"nowhere/jetson_GPU.160.json"}});
  test::expect_refusal(desk, {.arguments = {"evaluate", "xavier_nx"}, .said = {"--profiles is required"}});
}

TEST(EvaluateManager, HoldsTargetsOnTheModelledBoardAndRepeats) {
  MOSAIC_NEEDS_SHARED(profiles, "profiles/xavier_nx");
  const Desk desk;
  const std::vector<std::string> arguments{"evaluate", "manager", "--profiles", profiles.string()};
  const Json json = desk.json(arguments);  // fails where ours does not hold
  EXPECT_TRUE(json.at("simulated").get<bool>());
  EXPECT_EQ(json.at("board"), "modelled");
  EXPECT_EQ(json.at("checks").size(), 12U);
  EXPECT_EQ(json.at("figure_7").size(), 7U);
  EXPECT_EQ(json.at("figure_7")[0].at("policy"), "mosaic");
  EXPECT_GE(json.at("figure_7")[0].at("on_time_pct").get<double>(), 95);
  EXPECT_EQ(json.at("governors").size(), 2 * 11U);
  EXPECT_EQ(desk.json(arguments), json);
}

TEST(EvaluateManager, WritesAPageThatSaysWhatIsModelled) {
  MOSAIC_NEEDS_SHARED(profiles, "profiles/xavier_nx");
  const Desk desk;
  EXPECT_THAT(desk.output({"evaluate", "manager", "--profiles", profiles.string(), "--seed", "2", "-o", "page"}), HasSubstr("Page: page/index.html"));
  EXPECT_THAT(desk.read("page/index.html"), AllOf(HasSubstr("modelled Jetson Xavier NX"), HasSubstr("proxy made by hand"), HasSubstr("<svg")));
  EXPECT_THAT(desk.read("page/checks.csv"), HasSubstr("\"GPU at 803 MHz, one other application\",69,"));
}

TEST(EvaluateManager, RefusesWhatItCannotRead) {
  const Desk desk;
  test::expect_refusal(desk, {.arguments = {"evaluate", "manager", "--profiles", "nowhere"}, .said = {"nowhere/jetson_GPU.160.json"}});
  test::expect_refusal(desk, {.arguments = {"evaluate", "manager"}, .said = {"--profiles is required"}});
  test::expect_refusal(desk, {.arguments = {"evaluate", "manager", "--profiles", "x", "--relaunch", "soon"}, .said = {"soon"}});
}

}  // namespace
}  // namespace mosaic

// Searches for sub-networks on published tables, through the command line.

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

}  // namespace
}  // namespace mosaic

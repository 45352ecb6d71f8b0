// Boards with clocks and energy: their files, the paper's evaluation, plans for energy.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/base/file.h"
#include "tests/end_to_end/tool.h"

namespace mosaic {
namespace {

using test::Desk;
using test::expect;
using test::Outcome;
using testing::HasSubstr;

constexpr const char* kBoards = MOSAIC_SOURCE_FOLDER "/boards";

std::map<std::string, std::string> with_boards() { return {{"MOSAIC_BOARDS", kBoards}}; }

TEST(BoardCheck, DescribesAGoodFileAndNamesWhatIsWrongWithABadOne) {
  Desk desk;
  const std::string good = expect(read_file(std::string(kBoards) + "/hikey970.yaml"));
  desk.write("good.yaml", good);
  const Outcome outcome = desk.run({"board", "check", "good.yaml"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("board hikey970 (simulated): 25 configurations"));

  struct Case {
    std::string from;
    std::string to;
    std::vector<std::string> said;
  };
  const std::vector<Case> cases{
      {"slice_limit: 100 MB", "slice_limt: 100 MB", {"device 'npu'", "slice_limt"}},
      {"clock: 1018 MHz, voltage: 0.8", "clock: 1018 MHz", {"device 'big'", "4c@1018MHz", "clock without a voltage"}},
      {"kind: npu", "kind: tpu", {"device 'npu'", "tpu"}},
      {"period_ms: 20", "period_ms: -1", {"governor", "period_ms"}},
  };
  for (const Case& each : cases) {
    std::string text = good;
    text.replace(text.find(each.from), each.from.size(), each.to);
    desk.write("bad.yaml", text);
    expect_refusal(desk, {{"board", "check", "bad.yaml"}, each.said});
  }
}

TEST(EvaluatePaper, WritesThePageOnceAndTheSameBytesAgain) {
  Desk desk;
  const Outcome first = desk.run({"evaluate", "paper", "-o", "one", "--random-plans", "5"}, with_boards());
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("predictions reproduced"));
  for (const char* const file :
       {"one/index.html", "one/results.json", "one/csv/table_3.csv", "one/csv/figure_9.csv", "one/json/claims.json", "one/wall_clock/index.html"}) {
    EXPECT_TRUE(std::filesystem::exists(desk / file)) << file;
  }
  EXPECT_THAT(expect(read_file(desk / "one/index.html")), HasSubstr("simulated"));
  ASSERT_EQ(desk.run({"evaluate", "paper", "-o", "two", "--random-plans", "5"}, with_boards()).code, 0);
  EXPECT_EQ(expect(read_file(desk / "one/results.json")), expect(read_file(desk / "two/results.json")));
  EXPECT_EQ(expect(read_file(desk / "one/index.html")), expect(read_file(desk / "two/index.html")));
}

TEST(EvaluatePaper, NeverEstimatesMosaicAboveAnotherVersion) {
  Desk desk;
  ASSERT_EQ(desk.run({"evaluate", "paper", "-o", "paper", "--random-plans", "5"}, with_boards()).code, 0);
  const Json results = Json::parse(expect(read_file(desk / "paper/results.json")));
  ASSERT_EQ(results.at("networks").size(), 10);
  for (const Json& network : results.at("networks")) {
    for (const auto& [objective, unit] : {std::pair("latency", "us"), std::pair("energy", "joules")}) {
      double mosaic = 0;
      for (const Json& version : network.at(objective)) {
        if (version.at("version") == "MOSAIC") mosaic = version.at("estimated").at(unit);
      }
      for (const Json& version : network.at(objective)) {
        if (!version.contains("estimated")) continue;
        EXPECT_LE(mosaic, version.at("estimated").at(unit).get<double>() * (1 + 1e-9)) << network.at("key") << " " << version.at("version");
      }
    }
  }
}

TEST(EvaluatePaper, RefusesABoardOfRealDevices) {
  Desk desk;
  expect_refusal(desk, {{"evaluate", "paper", "-o", "paper", "--board", "host"}, {"is no simulated one", "evaluate host"}});
}

TEST(PlansForEnergy, NeedEnergiesInTheProfile) {
  Desk desk;
  desk.write("toy.yaml", test::simulated_board_text());
  desk.save("net.onnx", test::conv_chain(4));
  ASSERT_EQ(desk.run({"profile", "net.onnx", "--board", "toy.yaml", "-r", "3", "-o", "profile.json"}).code, 0);
  expect_refusal(desk, {{"plan", "net.onnx", "--board", "toy.yaml", "-p", "profile.json", "--objective", "energy", "-o", "plan.json"},
                        {"nothing says what energy"}});
}

TEST(PlansForEnergy, NeedLessThanPlansForLatencyOnASimulatedBoard) {
  Desk desk;
  desk.save("net.onnx", test::conv_chain(6));
  ASSERT_EQ(desk.run({"profile", "net.onnx", "--board", "hikey970", "-r", "3", "-o", "profile.json"}, with_boards()).code, 0);
  std::map<std::string, double> energy;
  for (const std::string objective : {"latency", "energy"}) {
    const Outcome outcome = desk.run(
        {"plan", "net.onnx", "--board", "hikey970", "-p", "profile.json", "--objective", objective, "--margin", "0", "--json"}, with_boards());
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    energy[objective] = Json::parse(outcome.out).at("prediction").at("energy_uj");
  }
  EXPECT_LE(energy["energy"], energy["latency"]);
}

}  // namespace
}  // namespace mosaic

// Evaluations and calibrations through the command line.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/base/file.h"
#include "tests/end_to_end/tool.h"
#include "tests/tables.h"
#include "tests/workspaces.h"

namespace mosaic {
namespace {

using test::Desk;
using testing::AllOf;
using testing::HasSubstr;

/// A folder of tables with one network of three layers, on whose runs everything takes 10 % longer than its profile says.
void write_tables(const Desk& desk) {
  desk.write("tables/layers.csv", test::kLayersHeader + test::exact_layers("tiny", 3));
  desk.write("tables/transfers.csv", "Graph,Layer,Dest,Src,Time\ntiny,0,L,B,0.5\ntiny,1,B,L,0.5\n");
  desk.write("tables/dvfs_switch.csv", "PE,Freq,NextFreq,T1\nBig,0,1,3e6\nBig,1,0,1e5\n");
  std::string runs = "graph,order,freq,total_time,total_e\n";
  for (const char* order : {"BBB", "BLB", "LLB", "BBL", "LBL", "LLL"}) {
    for (int i = 0; i < 4; ++i) runs += fmt::format("tiny,{},\"((0,), (0,), (0,))\",{},{}\n", order, 100 + i, 400 + i);
  }
  desk.write("tables/tiny.csv", runs);
}

TEST(EvaluateRk3399pro, TakesAnyNetworkOfTheFolder) {
  const Desk desk;
  write_tables(desk);
  const Json json = desk.json({"evaluate", "rk3399pro", "--profiles", "tables", "--network", "tiny"});
  EXPECT_EQ(json.at("whole_networks").at(0).at("network"), "tiny");
  EXPECT_EQ(json.at("whole_networks").at(0).at("runs"), 24);
  EXPECT_EQ(json.at("plans").at(0).at("network"), "tiny");
  EXPECT_THAT(desk.output({"evaluate", "rk3399pro", "--profiles", "tables"}),
              AllOf(HasSubstr("ours, calibrated"), HasSubstr("replayed on the measured tables and not run"), HasSubstr("exact, changes priced")));
}

TEST(EvaluateRk3399pro, GivesTheSameBytesAgain) {
  const Desk desk;
  write_tables(desk);
  const std::vector<std::string> command{"evaluate", "rk3399pro", "--profiles", "tables", "--json", "--seed", "5"};
  EXPECT_EQ(desk.output(command), desk.output(command));
}

TEST(EvaluateRk3399pro, RefusesWhatIsNotThere) {
  const Desk desk;
  write_tables(desk);
  test::expect_refusal(desk, {.arguments = {"evaluate", "rk3399pro", "--profiles", "tables", "--network", "tinny"},
                              .said = {"there is no network 'tinny', did you mean 'tiny'?"}});
  test::expect_refusal(desk, {.arguments = {"evaluate", "rk3399pro", "--profiles", "nowhere"}, .said = {"nowhere is not a folder"}});
  desk.write("broken/layers.csv", "Graph,Component,Freq,Layer,Metric,Time,Power\n");
  test::expect_refusal(desk, {.arguments = {"evaluate", "rk3399pro", "--profiles", "broken"},
                              .said = {"broken/layers.csv: column 'Freq_Host' is missing; there are Graph, Component"}});
  test::expect_refusal(desk, {.arguments = {"evaluate", "rk3399pro"}, .said = {"--profiles is required"}});
}

/// The paper's simulated board with another limit of the NPU.
std::string board_with_limit(const std::string& limit) {
  std::string text = *read_file(std::filesystem::path(MOSAIC_SOURCE_FOLDER) / "boards" / "hikey970.yaml");
  return text.replace(text.find("100 MB"), 6, limit);
}

TEST(EvaluatePaper, TakesUpKeptNetworksOnlyOnTheSameBoard) {
  const Desk desk;
  const std::vector<std::string> command{"evaluate", "paper", "--board", "board.yaml", "-o", "out", "--random-plans", "1"};
  desk.write("board.yaml", board_with_limit("100 MB"));
  EXPECT_THAT(desk.output(command), AllOf(HasSubstr("was an input"), HasSubstr("never above another version: holds"),
                                          HasSubstr("Exceptions from HCA >= HCCA >= MOSAIC"), testing::Not(HasSubstr("nan"))));
  const std::string kept = desk.read("out/networks/IN.json");
  const std::string results = desk.read("out/results.json");
  EXPECT_THAT(kept, HasSubstr("\"simulated\": true"));
  EXPECT_THAT(kept, HasSubstr("\"published\""));
  static_cast<void>(desk.output(command));
  EXPECT_EQ(desk.read("out/results.json"), results);
  // Slice N_1 of the published plan for IN needs 76.7 MiB: it is left out, and nothing of this board was fitted to the paper.
  desk.write("board.yaml", board_with_limit("60 MB"));
  EXPECT_THAT(desk.output(command), AllOf(testing::Not(HasSubstr("was an input")), testing::Not(HasSubstr("nan"))));
  EXPECT_THAT(desk.read("out/networks/IN.json"), testing::Not(HasSubstr("\"published\"")));
  EXPECT_THAT(desk.read("out/csv/claims.csv"), HasSubstr("ours_simulated"));
  EXPECT_THAT(desk.read("out/csv/table_3.csv"), HasSubstr("simulated"));
}

TEST(EvaluatePaper, RefusesABoardWithoutPower) {
  const Desk desk;
  test::expect_refusal(desk, {.arguments = {"evaluate", "paper", "--board", "example-sim", "-o", "out"},
                              .said = {"board 'example-sim'", "needs big, little, gpu and npu, with watts: see boards/hikey970.yaml"}});
}

TEST(ReplayedBoard, IsShownAndNotRun) {
  const Desk desk;
  desk.save("net.onnx", test::conv_chain(3));
  EXPECT_THAT(desk.output({"devices", "--board", "rk3399pro"}),
              AllOf(HasSubstr("measured tables"), HasSubstr("big/2c@1800MHz"), HasSubstr("gpu/800MHz")));
  test::expect_refusal(desk, {.arguments = {"run", "net.onnx", "--board", "rk3399pro"},
                              .said = {"board 'rk3399pro' is known from tables that others measured", "mosaic evaluate rk3399pro --profiles DIR"}});
}

TEST(Calibrate, WritesAFileThatPlansAreCorrectedBy) {
  const Desk desk;
  desk.save("net.onnx", test::specialists_model());
  desk.write("board.yaml", test::specialists_text());
  static_cast<void>(desk.output({"profile", "net.onnx", "--board", "board.yaml", "-o", "profile.json", "--repetitions", "3"}));
  const Json json =
      desk.json({"calibrate", "net.onnx", "--board", "board.yaml", "--profile", "profile.json", "-o", "calibration.json", "--plans", "6"});
  EXPECT_EQ(json.at("plans").size(), 6);
  EXPECT_EQ(json.at("simulated"), true);
  // Twice as long in every layer: so must be the plan's prediction, but for what entering and links take.
  Json file = Json::parse(desk.read("calibration.json"));
  for (Json& term : file.at("terms")) {
    if (term.at("term") == "layers") term.at("value") = 2.0 * term.at("value").get<double>();
  }
  desk.write("twice.json", file.dump());
  const auto predicted = [&](const std::string& calibration) {
    return desk.json({"plan", "net.onnx", "--board", "board.yaml", "--profile", "profile.json", "--margin", "0", "--calibration", calibration})
        .at("prediction")
        .at("latency_us")
        .get<double>();
  };
  EXPECT_GT(predicted("twice.json"), 1.3 * predicted("calibration.json"));
  test::expect_refusal(desk, {.arguments = {"calibrate", "net.onnx", "--board", "board.yaml", "--profile", "profile.json", "-o", "profile.json"},
                              .said = {"profile.json would be overwritten"}});
}

}  // namespace
}  // namespace mosaic

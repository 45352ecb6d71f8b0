// Times on a simulated board's clock, and the trace that shows them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/base/json.h"
#include "mosaic/runtime/executor.h"
#include "mosaic/runtime/trace.h"
#include "tests/chains.h"
#include "tests/running.h"

namespace mosaic {
namespace {

using namespace std::chrono_literals;
using test::chain_plan;
using test::expect;
using test::make_executor;
using test::Network;
using test::simulated_backends;
using testing::ElementsAre;
using testing::HasSubstr;

/// Layers of 10,000 multiply-accumulates, 2,000 bytes of weights and 3,000 of activations with tensors of 1,000 bytes between. On the hand board each
/// takes 2 + 10 + 0.2 * 5 = 13 us, entering a slice 3 us and 1 us for each tensor that comes in.
Network hand_network(std::size_t layers) {
  Network network{.prepared = {}, .graph = test::line_graph(std::vector<std::int64_t>(layers, 2000), std::vector<std::int64_t>(layers, 3000), 1000)};
  for (Layer& layer : network.graph.layers) layer.macs = 10'000;
  return network;
}

/// 0 -> 1 and 2 side by side -> 3.
Network hand_diamond() {
  Network network = hand_network(4);
  network.graph.layers[2].inputs = {TensorId(1)};
  network.graph.layers[3].inputs = {TensorId(2), TensorId(3)};
  return network;
}

RunReport run_once(Executor& executor) {
  const Tensor input(ElementType::kUint8, {1000});
  std::vector<Tensor> outputs;
  return expect(executor.run({&input}, outputs));
}

RunReport run_once(const Network& network, const Board& board, const Plan& plan) {
  return run_once(*make_executor(network, board, plan, simulated_backends(board, false)));
}

TEST(VirtualTime, IsWhatTheHandBoardSaysForAChain) {
  const RunReport report = run_once(hand_network(3), test::hand_board(), chain_plan({0, 1, 3}, {"a", "b"}));
  EXPECT_EQ(report.steps[0].ready, 0us);
  EXPECT_EQ(report.steps[0].start, 8us) << "from the caller: 7 us and 1,000 bytes";
  EXPECT_EQ(report.steps[0].finish, 25us) << "3 + 1 + 13";
  EXPECT_EQ(report.steps[1].ready, 25us);
  EXPECT_EQ(report.steps[1].start, 77us) << "a to b: 50 us and 1,000 bytes at 2 ns";
  EXPECT_EQ(report.steps[1].finish, 107us) << "3 + 1 + 2 * 13";
  EXPECT_EQ(report.total, 107us);
  EXPECT_TRUE(report.simulated);
}

TEST(VirtualTime, IsWhatTheHandBoardSaysForBranches) {
  Plan plan = chain_plan({0, 1, 2, 3, 4}, {"a", "a", "b", "a"});
  plan.steps[2].after = {StepId(0)};
  plan.steps[3].after = {StepId(1), StepId(2)};
  const RunReport report = run_once(hand_diamond(), test::hand_board(), plan);
  EXPECT_EQ(report.steps[1].ready, 25us);
  EXPECT_EQ(report.steps[1].start, 25us) << "no hop";
  EXPECT_EQ(report.steps[1].finish, 42us);
  EXPECT_EQ(report.steps[2].ready, 25us);
  EXPECT_EQ(report.steps[2].start, 77us);
  EXPECT_EQ(report.steps[2].finish, 94us);
  EXPECT_EQ(report.steps[3].ready, 94us);
  EXPECT_EQ(report.steps[3].start, 195us) << "b to a: 100 us and 1,000 bytes; what layer 1 made is there";
  EXPECT_EQ(report.total, 213us) << "3 + 2 * 1 + 13";
}

std::vector<Nanoseconds> totals(const Board& board, int runs) {
  const Network network = hand_network(3);
  const auto executor = make_executor(network, board, chain_plan({0, 1, 3}, {"a", "b"}), simulated_backends(board, false));
  std::vector<Nanoseconds> all;
  for (int i = 0; i < runs; ++i) all.push_back(run_once(*executor).total);
  return all;
}

TEST(VirtualTime, IsTheSameAgain) { EXPECT_THAT(totals(test::hand_board(), 3), testing::Each(Nanoseconds(107us))); }

TEST(VirtualTime, HasNoiseThatIsTheSameInEveryProcess) {
  std::string text = test::hand_board_text();
  text.replace(text.find("noise_percent: 0"), 16, "noise_percent: 5");
  const Board board = expect(parse_board(text));
  const auto first = totals(board, 50);
  EXPECT_EQ(first, totals(board, 50));
  std::vector<double> relative;
  for (const Nanoseconds each : first) relative.push_back(Microseconds(each).count() / 107);
  EXPECT_GT(spread_percent(relative), 1);
  EXPECT_LT(spread_percent(relative), 10);
  EXPECT_NEAR(median(relative), 1, 0.02) << "times of 8, 17, 52 and 30 us each with 5 %: 3 % in sum, 0.5 % of the median of 50";
}

struct Traced {
  Network network = hand_network(3);
  Board board = test::hand_board();
  ValidPlan plan = expect(validate(network.graph, board, chain_plan({0, 1, 3}, {"a", "b"})));
  RunReport report = run_once(network, board, plan.plan());
  Json json = expect(parse_json(format_trace({report, report}, plan, network.graph, board)));

  [[nodiscard]] std::vector<Json> events(const std::string& key, const std::string& value) const {
    std::vector<Json> found;
    for (const Json& event : json.at("traceEvents")) {
      if (event.contains(key) && event.at(key) == value) found.push_back(event);
    }
    return found;
  }
};

TEST(Trace, HasATrackForEachDevice) {
  const Traced traced;
  const auto tracks = traced.events("name", "thread_name");
  ASSERT_EQ(tracks.size(), 2U);
  EXPECT_EQ(tracks[0].at("args").at("name"), "a");
  EXPECT_EQ(tracks[1].at("args").at("name"), "b");
  EXPECT_NE(tracks[0].at("tid"), tracks[1].at("tid"));
}

TEST(Trace, SaysThatItIsSimulated) {
  const auto process = Traced().events("name", "process_name");
  ASSERT_EQ(process.size(), 1U);
  EXPECT_THAT(process[0].at("args").at("name").get<std::string>(), testing::AllOf(HasSubstr("simulated"), HasSubstr("hand")));
}

TEST(Trace, HasABarForEachStepOfEachRunOneRunAfterTheOther) {
  const Traced traced;
  const auto steps = traced.events("cat", "step");
  ASSERT_EQ(steps.size(), 4U);
  std::vector<double> begins;
  std::vector<double> lengths;
  std::vector<int> runs;
  for (const Json& step : steps) {
    EXPECT_EQ(step.at("ph"), "X");
    begins.push_back(step.at("ts").get<double>());
    lengths.push_back(step.at("dur").get<double>());
    runs.push_back(step.at("args").at("run").get<int>());
  }
  EXPECT_THAT(begins, ElementsAre(8, 77, 107 + 8, 107 + 77));
  EXPECT_THAT(lengths, ElementsAre(17, 30, 17, 30));
  EXPECT_THAT(runs, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(steps[1].at("name").get<std::string>(), HasSubstr("layers 1-2"));
  EXPECT_EQ(steps[1].at("args").at("configuration"), "b");
}

TEST(Trace, HasABarForEachTransfer) {
  const auto transfers = Traced().events("cat", "transfer");
  ASSERT_EQ(transfers.size(), 4U);
  EXPECT_EQ(transfers[1].at("ts").get<double>(), 25);
  EXPECT_EQ(transfers[1].at("dur").get<double>(), 52);
}

}  // namespace
}  // namespace mosaic

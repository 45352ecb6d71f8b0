#include "mosaic/runtime/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>
#include <thread>

#include "mosaic/base/random.h"
#include "mosaic/runtime/program.h"
#include "tests/running.h"

namespace mosaic {
namespace {

using test::chain_plan;
using test::error_of;
using test::expect;
using test::make_executor;
using test::Network;
using test::reference_outputs;
using test::same_bits;
using test::seeded_inputs;
using test::simulated_backends;
using testing::Each;
using testing::HasSubstr;

std::vector<Tensor> run(Executor& executor, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> outputs;
  expect(executor.run(pointers(inputs), outputs));
  return outputs;
}

TEST(Executor, ComputesWhatTheUnslicedModelComputesForRandomChains) {
  const Network network = test::import_network(test::conv_chain(6));
  const Board board = test::simulated_board();
  const Backends backends = simulated_backends(board);
  const auto inputs = seeded_inputs(network.graph, 1);
  const auto expected = reference_outputs(network, inputs);
  Random random(20);
  for (int i = 0; i < 12; ++i) {
    std::vector<std::size_t> borders{0};
    std::vector<std::string> names;
    for (std::size_t cut = 1; cut <= network.graph.layers.size(); ++cut) {
      if (cut < network.graph.layers.size() && random.below(2) == 0) continue;
      borders.push_back(cut);
      names.push_back(board.configurations[random.below(board.configurations.size())].name);
    }
    for (const bool inline_steps : {true, false}) {
      const auto executor = make_executor(network, board, chain_plan(borders, names), backends, {.inline_steps = inline_steps});
      EXPECT_TRUE(same_bits(expected, run(*executor, inputs))) << i;
    }
  }
}

/// The diamond's branches, layers 1 and 2, side by side on gpu and npu:
///
///               .-> 1 (gpu) -.
///   0 (big/4c) -.             3, 4 (big/4c)
///               '-> 2 (npu) -'
Plan parallel_plan() {
  const auto step = [](std::vector<LayerId> layers, const std::string& configuration, std::vector<StepId> after) {
    return Step{.layers = std::move(layers), .channels = {}, .configuration = configuration, .after = std::move(after), .predicted = {}};
  };
  Plan plan;
  plan.steps = {step({LayerId(0)}, "big/4c", {}), step({LayerId(1)}, "gpu", {StepId(0)}), step({LayerId(2)}, "npu", {StepId(0)}),
                step({LayerId(3), LayerId(4)}, "big/4c", {StepId(1), StepId(2)})};
  return plan;
}

/// Five layers: a stem, two branches, a concatenation, a convolution.
Network wide_diamond() {
  onnx::Builder net("diamond", 1);
  const std::string stem = net.relu(net.conv(net.input("x", {1, 8, 8, 8}), {.in = 8, .out = 8}));
  const std::string left = net.relu(net.conv(stem, {.in = 8, .out = 8}));
  const std::string right = net.conv(stem, {.in = 8, .out = 8, .kernel = {1, 1}});
  net.output(net.conv(net.node("Concat", {left, right}, {{"axis", std::int64_t{1}}}), {.in = 16, .out = 8}), {1, 8, 8, 8});
  return test::import_network(net.build());
}

TEST(Executor, RunsBranchesAtTheSameVirtualTime) {
  const Network network = wide_diamond();
  ASSERT_EQ(network.graph.layers.size(), 5U);
  const Board board = test::simulated_board();
  const auto executor = make_executor(network, board, parallel_plan(), simulated_backends(board));
  const auto inputs = seeded_inputs(network.graph, 2);
  std::vector<Tensor> outputs;
  const RunReport report = expect(executor->run(pointers(inputs), outputs));
  EXPECT_TRUE(same_bits(reference_outputs(network, inputs), outputs));
  const auto& steps = report.steps;
  EXPECT_EQ(steps[1].ready, steps[0].finish);
  EXPECT_EQ(steps[2].ready, steps[0].finish);
  EXPECT_GT(steps[1].finish, steps[1].ready);
  EXPECT_GT(steps[2].finish, steps[2].ready);
  EXPECT_EQ(steps[3].ready, std::max(steps[1].finish, steps[2].finish));
  EXPECT_EQ(report.total, steps[3].finish);
  EXPECT_TRUE(report.simulated);
}

TEST(Executor, GivesEachOfManyCallersTheRightOutput) {
  constexpr std::size_t kCallers = 8;
  constexpr int kRuns = 25;
  const Network network = test::import_network(test::conv_chain(4));
  const Board board = test::simulated_board();
  const auto executor =
      make_executor(network, board, chain_plan({0, 1, 3, 4}, {"gpu", "npu", "big/4c"}), simulated_backends(board), {.inline_steps = false});
  std::vector<std::vector<Tensor>> inputs;
  std::vector<std::vector<Tensor>> expected;
  for (std::size_t caller = 0; caller < kCallers; ++caller) {
    inputs.push_back(seeded_inputs(network.graph, 100 + caller));
    expected.push_back(reference_outputs(network, inputs.back()));
  }
  ASSERT_FALSE(same_bits(expected[0], expected[1])) << "the callers must not want the same";
  std::vector<int> right(kCallers, 0);
  {
    std::vector<std::jthread> callers;
    for (std::size_t caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        std::vector<Tensor> outputs;
        for (int i = 0; i < kRuns; ++i) {
          const auto report = executor->run(pointers(inputs[caller]), outputs);
          right[caller] += report && same_bits(expected[caller], outputs) ? 1 : 0;
        }
      });
    }
  }
  EXPECT_THAT(right, Each(kRuns));
}

TEST(Executor, ServesManyCallersOfAPlanWithBranches) {
  const Network network = wide_diamond();
  const Board board = test::simulated_board();
  const auto executor = make_executor(network, board, parallel_plan(), simulated_backends(board));
  const auto inputs = seeded_inputs(network.graph, 3);
  const auto expected = reference_outputs(network, inputs);
  std::vector<int> right(4, 0);
  {
    std::vector<std::jthread> callers;
    for (int& count : right) {
      callers.emplace_back([&] {
        for (int i = 0; i < 10; ++i) count += same_bits(expected, run(*executor, inputs)) ? 1 : 0;
      });
    }
  }
  EXPECT_THAT(right, Each(10));
}

TEST(Executor, ComputesOnTheCoresOfThisMachine) {
  const Network network = test::import_network(test::diamond());
  const Board board = test::split_board();
  const Backends backends{{"ort", expect(ort::make_backend())}};
  const auto inputs = seeded_inputs(network.graph, 4);
  const auto executor = make_executor(network, board, chain_plan({0, 1, network.graph.layers.size()}, {"core0/1c", "core1/1c"}), backends);
  std::vector<Tensor> outputs;
  const RunReport report = expect(executor->run(pointers(inputs), outputs));
  EXPECT_TRUE(same_bits(reference_outputs(network, inputs), outputs));
  EXPECT_FALSE(report.simulated);
  EXPECT_GE(report.steps[1].ready, report.steps[0].finish);
}

TEST(Executor, WritesOutputsInPlaceAndAllocatesThoseThatDoNotFit) {
  const Network network = test::import_network(test::conv_chain(2));
  const Board board = test::simulated_board();
  const auto executor = make_executor(network, board, chain_plan({0, 1, 2}, {"gpu", "npu"}), simulated_backends(board));
  const auto inputs = seeded_inputs(network.graph, 5);
  const auto expected = reference_outputs(network, inputs);
  std::vector<Tensor> outputs;
  outputs.emplace_back(ElementType::kFloat32, Shape{1, 8, 8, 8});
  const void* const memory = outputs[0].bytes().data();
  expect(executor->run(pointers(inputs), outputs));
  EXPECT_EQ(outputs[0].bytes().data(), memory);
  EXPECT_TRUE(same_bits(expected, outputs));
  outputs[0] = Tensor(ElementType::kInt8, {3});
  expect(executor->run(pointers(inputs), outputs));
  EXPECT_TRUE(same_bits(expected, outputs));
}

TEST(Executor, FollowsTensorsThatMoveBetweenRuns) {
  const Network network = test::import_network(test::conv_chain(2));
  const Board board = test::simulated_board();
  const auto executor = make_executor(network, board, chain_plan({0, 2}, {"gpu"}), simulated_backends(board));
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const auto inputs = seeded_inputs(network.graph, seed);
    EXPECT_TRUE(same_bits(reference_outputs(network, inputs), run(*executor, inputs))) << seed;
  }
}

TEST(Executor, RefusesInputsThatDoNotFit) {
  const Network network = test::import_network(test::conv_chain(1));
  const Board board = test::simulated_board();
  const auto executor = make_executor(network, board, chain_plan({0, 1}, {"gpu"}), simulated_backends(board));
  std::vector<Tensor> outputs;
  const auto message_of = [&](const std::vector<Tensor>& inputs) {
    const auto ran = executor->run(pointers(inputs), outputs);
    EXPECT_EQ(ran.error().code, ErrorCode::kInvalidInput);
    return error_of(ran);
  };
  EXPECT_THAT(message_of({}), HasSubstr("1 inputs, 0 were given"));
  EXPECT_THAT(message_of({Tensor(ElementType::kFloat32, {1, 8, 8, 7})}), testing::AllOf(HasSubstr("'x'"), HasSubstr("1x8x8x7")));
  EXPECT_THAT(message_of({Tensor(ElementType::kInt32, {1, 8, 8, 8})}), HasSubstr("int32"));
  const auto inputs = seeded_inputs(network.graph, 6);
  EXPECT_TRUE(same_bits(reference_outputs(network, inputs), run(*executor, inputs))) << "works afterwards";
}

TEST(Executor, NamesABackendThatIsNotLoaded) {
  const Network network = test::import_network(test::conv_chain(1));
  const Board board = test::simulated_board();
  const ValidPlan plan = expect(validate(network.graph, board, chain_plan({0, 1}, {"gpu"})));
  const auto executor = Executor::create(network.prepared, network.graph, board, plan, {});
  EXPECT_THAT(error_of(executor), testing::AllOf(HasSubstr("'gpu'"), HasSubstr("'sim'")));
}

TEST(Executor, HandsEachTensorBetweenStepsToTheHook) {
  const Network network = test::import_network(test::conv_chain(4));
  const Board board = test::simulated_board();
  std::vector<std::pair<std::size_t, std::string>> seen;
  const auto hook = [&](StepId step, const Port& port, std::span<std::byte> bytes) {
    seen.emplace_back(step.index(), port.name);
    EXPECT_GE(bytes.size(), 8U * 8 * 8 * sizeof(float));
  };
  const auto executor =
      make_executor(network, board, chain_plan({0, 1, 3, 4}, {"big/1c", "big/4c", "big/1c"}), simulated_backends(board), {.at_boundary = hook});
  run(*executor, seeded_inputs(network.graph, 7));
  ASSERT_EQ(seen.size(), 2U) << "the last step hands its output to nobody";
  EXPECT_EQ(seen[0].first, 0U);
  EXPECT_EQ(seen[1].first, 1U);
  EXPECT_NE(seen[0].second, seen[1].second);
}

TEST(Executor, ComputesOnWithWhatTheHookLeaves) {
  const Network network = test::import_network(test::conv_chain(2));
  const Board board = test::simulated_board();
  const auto spoil = [](StepId, const Port&, std::span<std::byte> bytes) { std::ranges::fill(bytes, std::byte{0}); };
  const auto executor = make_executor(network, board, chain_plan({0, 1, 2}, {"gpu", "npu"}), simulated_backends(board), {.at_boundary = spoil});
  const auto one = run(*executor, seeded_inputs(network.graph, 8));
  const auto two = run(*executor, seeded_inputs(network.graph, 9));
  EXPECT_TRUE(same_bits(one, two)) << "the second step sees zeros whatever went in";
  EXPECT_FALSE(same_bits(one, reference_outputs(network, seeded_inputs(network.graph, 8))));
}

TEST(Program, SharesTwoBuffersAlongAChain) {
  const Network network = test::import_network(test::conv_chain(6));
  const Board board = test::simulated_board();
  const Plan plan = chain_plan({0, 1, 2, 3, 4, 5, 6}, {"big/1c", "gpu", "big/1c", "gpu", "big/1c", "gpu"});
  const Program program =
      expect(compile_plan(network.prepared, network.graph, board, expect(validate(network.graph, board, plan)), simulated_backends(board)));
  EXPECT_EQ(program.slots.size(), 2U);
  for (const Bytes size : program.slots) EXPECT_GE(size.value, 8 * 8 * 8 * 4);
}

/// Outputs of a static shape, of one that depends on the data, and of one both.
Network counting_network() {
  onnx::Builder net("counting", 1);
  const std::string x = net.relu(net.input("x", {4, 4}));
  net.output(x, {4, 4});
  net.output(net.node("NonZero", {x}), {2, -1}, ElementType::kInt64);
  net.output(net.add(x, x), {4, 4});
  return test::import_network(net.build());
}

TEST(Executor, HandsOutOutputsWhoseShapeDependsOnTheData) {
  const Network network = counting_network();
  const Board board = test::split_board();
  const Backends backends{{"ort", expect(ort::make_backend())}};
  const Plan plan = chain_plan({0, network.graph.layers.size()}, {board.configurations[0].name});
  const auto executor = make_executor(network, board, plan, backends);
  std::vector<Tensor> outputs;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto inputs = seeded_inputs(network.graph, seed);
    expect(executor->run(pointers(inputs), outputs));
    EXPECT_TRUE(same_bits(reference_outputs(network, inputs), outputs)) << seed;
  }
}

TEST(Executor, CutsAheadOfATailThatDependsOnTheData) {
  onnx::Builder net("tail", 1);
  std::string x = net.input("x", {1, 16, 8, 8});
  for (int i = 0; i < 2; ++i) x = net.relu(net.conv(x, {.in = 16, .out = 16, .bias = false}));
  const std::string where = net.node("NonZero", {x});
  const std::string k = net.constant("k", std::vector<std::int64_t>{1});
  net.output(net.node("TopK", {where, k}, {{"axis", std::int64_t{1}}}, 2), {4, 1}, ElementType::kInt64);  // fails where all is zero
  const Network network = test::import_network(net.build());
  const Board board = test::split_board();
  const Backends backends{{"ort", expect(ort::make_backend())}};
  const Plan plan = chain_plan({0, 1, network.graph.layers.size()}, {board.configurations[0].name, board.configurations[1].name});
  const auto inputs = seeded_inputs(network.graph, 1);
  EXPECT_TRUE(same_bits(reference_outputs(network, inputs), run(*make_executor(network, board, plan, backends), inputs)));
}

/// A stem and three residual blocks, x + conv(relu(conv(x))).
onnx::Model residual_network() {
  onnx::Builder net("residual", 1);
  std::string x = net.relu(net.conv(net.input("x", {1, 3, 16, 16}), {.in = 3, .out = 16}));
  for (int block = 0; block < 3; ++block) {
    const std::string inner = net.relu(net.conv(x, {.in = 16, .out = 16}));
    x = net.relu(net.add(x, net.conv(inner, {.in = 16, .out = 16})));
  }
  net.output(net.conv(x, {.in = 16, .out = 8}), {1, 8, 16, 16});
  return net.build();
}

TEST(Program, LetsASumLieWhereItsSummandLay) {
  const Network network = test::import_network(residual_network());
  const Board board = test::split_board();
  const Backends backends{{"ort", expect(ort::make_backend())}};
  std::vector<std::size_t> borders(network.graph.layers.size() + 1);
  std::iota(borders.begin(), borders.end(), std::size_t{0});
  std::vector<std::string> names;
  for (std::size_t s = 0; s + 1 < borders.size(); ++s) names.push_back(board.configurations[s % board.configurations.size()].name);
  const Plan plan = chain_plan(borders, names);
  const Program program = expect(compile_plan(network.prepared, network.graph, board, expect(validate(network.graph, board, plan)), backends));
  std::map<std::string, std::size_t> slot_of;
  std::size_t sums = 0;
  for (const Wire& wire : program.wires) {
    if (!wire.slot) continue;
    const Port& port = program.steps[wire.from->step]->outputs()[wire.from->port];
    slot_of[port.name] = *wire.slot;
    if (port.replaces.empty()) continue;
    EXPECT_EQ(*wire.slot, slot_of.at(port.replaces)) << port.name;
    ++sums;
  }
#if defined(__x86_64__)  // on Arm this engine keeps the plain layout and fuses no sum, so that nothing replaces anything
  EXPECT_GE(sums, 2U);
#endif
  const auto inputs = seeded_inputs(network.graph, 1);
  const auto expected = reference_outputs(network, inputs);
  for (const bool inline_steps : {true, false}) {
    EXPECT_TRUE(same_bits(expected, run(*make_executor(network, board, plan, backends, {.inline_steps = inline_steps}), inputs)));
  }
}

}  // namespace
}  // namespace mosaic

#include "mosaic/plan/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/graphs.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

/// Four layers of 400 bytes of weights and 16 bytes a value:
///
///            .-> left --.
///   x -> stem           join -> y
///            '-> right -'
Graph diamond() {
  test::GraphDrawing net("diamond");
  const TensorId stem = net.node("stem", "Conv", {net.input("x")}, {.weights = 400});
  const TensorId left = net.node("left", "MaxPool", {stem}, {.weights = 400});
  const TensorId right = net.node("right", "Conv", {stem}, {.weights = 400});
  net.output(net.node("join", "Concat", {left, right}, {.weights = 400}));
  return expect(net.group());
}

/// Two CPU devices that share core 1, an accelerator with a limit for each slice, and a GPU in a memory with one for all of them.
Board board(const std::string& npu = "", const std::string& gpu_limit = "1 MB") {
  return expect(parse_board("{schema_version: 1, name: toy, spaces: [{name: gpu, limit: " + gpu_limit +
                            "}], devices: [{name: a, kind: cpu, cores: [0, 1]}, {name: b, kind: cpu, cores: [1, 2]}, {name: npu, kind: npu" + npu +
                            "}, {name: gpu, kind: gpu}]}"));
}

Step step(const std::string& layers, const std::string& configuration, const std::vector<std::size_t>& after = {}) {
  Step out{.layers = expect(parse_layers(layers)), .channels = {}, .configuration = configuration, .after = {}, .predicted = {}};
  for (const std::size_t each : after) out.after.emplace_back(each);
  return out;
}

Plan plan_of(std::vector<Step> steps) {
  Plan plan;
  plan.steps = std::move(steps);
  return plan;
}

TEST(Validate, TakesAChain) {
  const ValidPlan valid = expect(validate(diamond(), board(), plan_of(chain_steps({0, 2, 4}, {"a/1c", "npu"}))));
  EXPECT_EQ(valid.size(), 2U);
  EXPECT_TRUE(valid.is_chain());
  EXPECT_THAT(valid.order(), ElementsAre(StepId(0), StepId(1)));
  EXPECT_TRUE(valid.before(StepId(0), StepId(1)));
  EXPECT_FALSE(valid.before(StepId(1), StepId(0)));
  EXPECT_EQ(valid.configuration(StepId(1)), ConfigurationId(4));  // a/1c, a/2c, b/1c, b/2c, npu, gpu
  EXPECT_EQ(valid.step(StepId(1)).configuration, "npu");
}

TEST(Validate, TakesBranchesSideBySide) {
  const Graph graph = diamond();
  const ValidPlan valid =
      expect(validate(graph, board(), plan_of({step("0", "a/1c"), step("1", "npu", {0}), step("2", "gpu", {0}), step("3", "a/1c", {1, 2})})));
  EXPECT_FALSE(valid.is_chain());
  EXPECT_TRUE(valid.before(StepId(0), StepId(3)));
  EXPECT_FALSE(valid.before(StepId(1), StepId(2)));
  EXPECT_THAT(valid.users(graph.inputs[0]), ElementsAre(StepId(0)));
  EXPECT_THAT(valid.users(graph.layers[0].outputs[0]), ElementsAre(StepId(1), StepId(2)));
  EXPECT_THAT(valid.users(graph.outputs[0]), testing::IsEmpty());
}

TEST(Validate, OrdersStepsThatAreWrittenInAnotherOrder) {
  const ValidPlan valid = expect(validate(diamond(), board(), plan_of({step("1-3", "npu", {1}), step("0", "a/1c")})));
  EXPECT_THAT(valid.order(), ElementsAre(StepId(1), StepId(0)));
}

TEST(Validate, TakesABranchThatIsNotConsecutive) {
  // left and right are layers 1 and 2; the stem goes with the right one.
  EXPECT_TRUE(validate(diamond(), board(), plan_of({step("0,2", "a/1c"), step("1", "npu", {0}), step("3", "a/1c", {1})})).has_value());
}

TEST(Validate, NamesTheOffender) {
  struct Case {
    std::vector<Step> steps;
    const char* why;
    ErrorCode code = ErrorCode::kInvalidInput;
  };
  Step part = step("0-3", "npu");
  part.channels = Channels{};
  Step empty = step("0", "npu");
  empty.layers.clear();
  const std::vector<Case> cases{
      {{}, "the plan has no step"},
      {{part}, "step 0 computes only some channels: such plans belong to a network in integers", ErrorCode::kUnsupported},
      {{step("0-3", "npu"), empty}, "step 1 has no layer"},
      {{step("0-4", "npu")}, "step 0 has layer 4, the model has layers 0 to 3"},
      {{step("0-1", "npu"), step("3", "npu", {0})}, "layer 2 ('right') is in no step"},
      {{step("0-2", "npu"), step("2-3", "npu", {0})}, "layer 2 ('right') is in steps 0 and 1"},
      {{step("0-3", "tpu")}, "step 0: board 'toy' has no configuration 'tpu'; it has a/1c, a/2c, b/1c, b/2c, npu, gpu"},
      {{step("0-1", "npu"), step("2-3", "npu", {2})}, "step 1 comes after step 2, which does not exist"},
      {{step("0-3", "npu", {0})}, "step 0 waits for itself: the steps form a cycle"},
      {{step("0-1", "npu", {1}), step("2-3", "npu", {0})}, "step 0 waits for itself: the steps form a cycle"},
      {{step("0-1", "npu"), step("2-3", "npu")}, "step 1 uses 'stem', which step 0 makes, but does not come after it"},
      {{step("0-1", "npu", {1}), step("2-3", "npu")}, "steps 0 and 1 need each other: a cycle (layer 2 uses 'stem')"},
      {{step("0,3", "npu"), step("1-2", "npu", {0})}, "steps 1 and 0 need each other: a cycle (layer 3 uses 'left')"},
      {{step("0", "npu"), step("1", "a/1c", {0}), step("2", "b/2c", {0}), step("3", "npu", {1, 2})},
       "steps 1 (a/1c) and 2 (b/2c) may run at the same time but share a device or its cores"},
      {{step("0", "npu"), step("1", "gpu", {0}), step("2", "gpu", {0}), step("3", "npu", {1, 2})},
       "steps 1 (gpu) and 2 (gpu) may run at the same time but share a device"},
  };
  for (const Case& each : cases) {
    const auto valid = validate(diamond(), board(), plan_of(each.steps));
    EXPECT_THAT(error_of(valid), HasSubstr(each.why));
    EXPECT_EQ(valid.error().code, each.code) << each.why;
  }
}

TEST(Validate, RefusesPlansOfSomethingElse) {
  Plan plan = plan_of(chain_steps({0, 4}, {"npu"}));
  plan.graph_name = "other";
  plan.graph = "12345678";
  EXPECT_THAT(error_of(validate(diamond(), board(), plan)), HasSubstr("the plan is for another model: 'other' (12345678), this is 'diamond'"));
  plan.graph = diamond().fingerprint;
  plan.board_name = "else";
  plan.board = "87654321";
  EXPECT_THAT(error_of(validate(diamond(), board(), plan)), HasSubstr("the plan is for board 'else', this is 'toy': give --board"));
  plan.board = board().fingerprint;
  EXPECT_TRUE(validate(diamond(), board(), plan).has_value());
}

TEST(Validate, RefusesOperatorsThatADeviceLacks) {
  const Board lacking = board(", missing_operators: [MaxPool]");
  const auto valid = validate(diamond(), lacking, plan_of(chain_steps({0, 1, 4}, {"a/1c", "npu"})));
  EXPECT_EQ(error_of(valid), "step 1: layer 1 ('left') needs operator MaxPool, which device 'npu' lacks");
  EXPECT_EQ(valid.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(validate(diamond(), lacking, plan_of(chain_steps({0, 2, 4}, {"a/1c", "npu"}))).has_value());
}

TEST(Validate, RefusesASliceThatIsTooLarge) {
  // Layers 1 to 3: 1200 bytes of weights and the join's activations, 3 * 16 bytes: 1248 bytes, 1.22 KiB.
  const Plan plan = plan_of(chain_steps({0, 1, 4}, {"a/1c", "npu"}));
  const auto valid = validate(diamond(), board(", slice_limit: 1247"), plan);
  EXPECT_EQ(error_of(valid), "step 1 (layers 1-3) needs 1.22 KiB on npu, where a slice may have 1.22 KiB");
  EXPECT_EQ(valid.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(validate(diamond(), board(", slice_limit: 1248"), plan).has_value());
}

TEST(Validate, RefusesSlicesThatAreTooLargeTogether) {
  // Step 0: 400 + 32 bytes; step 2: 800 + 48 bytes; both in the GPU's memory: 1280.
  const Plan plan = plan_of(chain_steps({0, 1, 2, 4}, {"gpu", "npu", "gpu"}));
  const auto valid = validate(diamond(), board("", "1279"), plan);
  EXPECT_EQ(error_of(valid), "the slices in memory space 'gpu' need 1.25 KiB in all, it has 1.25 KiB");
  EXPECT_EQ(valid.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(validate(diamond(), board("", "1280"), plan).has_value());
}

/// A chain with random borders and configurations.
Plan random_plan(const Graph& graph, const Board& where, Random& random) {
  std::vector<std::size_t> borders{0};
  std::vector<std::string> configurations;
  for (std::size_t layer = 1; layer <= graph.layers.size(); ++layer) {
    if (layer < graph.layers.size() && random.below(3) != 0) continue;
    borders.push_back(layer);
    configurations.push_back(where.configurations[random.below(where.configurations.size())].name);
  }
  return plan_of(chain_steps(borders, configurations));
}

TEST(Validate, TakesEveryChainOfAnyGraph) {
  const Board where = board();
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Graph graph = expect(test::random_drawing(seed, 3 + seed % 25).group());
    Random random(seed);
    const Plan plan = random_plan(graph, where, random);
    const ValidPlan valid = expect(validate(graph, where, plan));
    EXPECT_TRUE(valid.is_chain());
    EXPECT_EQ(valid.order().size(), plan.steps.size());
  }
}

void mutate(Plan& plan, Random& random) {
  Step& changed = plan.steps[random.below(plan.steps.size())];
  switch (random.below(7)) {
    case 0:
      changed.layers.push_back(LayerId(random.below(30)));
      break;
    case 1:
      if (!changed.layers.empty()) changed.layers.pop_back();
      break;
    case 2:
      changed.after.emplace_back(random.below(plan.steps.size() + 2));
      break;
    case 3:
      changed.after.clear();
      break;
    case 4:
      changed.configuration = random.below(2) == 0 ? "gpu" : "b/1c";
      break;
    case 5:
      plan.steps.push_back(changed);
      break;
    default:
      std::swap(changed, plan.steps[random.below(plan.steps.size())]);
  }
}

/// What a valid plan promises, found by brute force: each layer in one step, and everything made before it is used.
bool can_be_executed(const Graph& graph, const ValidPlan& valid) {
  std::vector<int> times(graph.layers.size(), 0);
  std::set<TensorId> there(graph.inputs.begin(), graph.inputs.end());
  for (const StepId id : valid.order()) {
    for (const LayerId layer : valid.step(id).layers) {
      ++times[layer.index()];
      for (const TensorId input : graph.layer(layer).inputs) {
        if (!there.contains(input)) return false;
      }
      there.insert(graph.layer(layer).outputs.begin(), graph.layer(layer).outputs.end());
    }
  }
  return std::ranges::all_of(times, [](int count) { return count == 1; });
}

TEST(Validate, JudgesMutatedPlansRightly) {
  const Board where = board();
  int accepted = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const Graph graph = expect(test::random_drawing(seed, 3 + seed % 15).group());
    Random random(seed);
    Plan plan = random_plan(graph, where, random);
    for (std::size_t i = random.below(3) + 1; i > 0; --i) mutate(plan, random);
    const auto valid = validate(graph, where, plan);
    if (valid) {
      ++accepted;
      EXPECT_TRUE(can_be_executed(graph, *valid)) << seed << "\n" << format_plan(plan);
    } else {
      EXPECT_FALSE(valid.error().message.empty());
    }
  }
  EXPECT_GT(accepted, 50);  // both verdicts are reached
  EXPECT_LT(accepted, 950);
}

}  // namespace
}  // namespace mosaic

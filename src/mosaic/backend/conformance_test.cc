// What every backend must do, whatever drives it. A backend joins by adding itself to `kSubjects`.

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <thread>

#include "mosaic/backend/backend.h"
#include "mosaic/backend/ort/ort_backend.h"
#include "mosaic/backend/ort/reference.h"
#include "mosaic/backend/sim/sim_backend.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using test::Network;

/// A backend with a board that has at least one device for it.
struct Rig {
  Board board;
  std::shared_ptr<Backend> backend;
  std::string missing_operator;  ///< a layer of this kind must be refused; empty: there is none to be had
};

Rig cpu_rig() { return {.board = test::split_board(), .backend = expect(ort::make_backend()), .missing_operator = ""}; }

Rig simulated_rig() {
  const Board board = test::simulated_board("", ", lacks: [MaxPool]");
  return {.board = board, .backend = expect(sim::make_backend(board, expect(ort::make_backend()))), .missing_operator = "MaxPool"};
}

/// The Vulkan driver that runs on the CPU, or with MOSAIC_TEST_GPU=1 the machine's own.
bool load_vulkan() {
  if (!environment("MOSAIC_TEST_GPU").empty()) return ::dlopen("libvulkan.so.1", RTLD_NOW | RTLD_GLOBAL) != nullptr;
  const std::filesystem::path folder = MOSAIC_VULKAN_FOLDER;
  ::setenv("VK_ICD_FILENAMES", (folder / "vk_swiftshader_icd.json").c_str(), 1);
  return ::dlopen((folder / "libvulkan.so.1").c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr;
}

Rig webgpu_rig() {
  const std::string text =
      "{schema_version: 1, name: webgpu, devices: [{name: gpu, kind: gpu, provider: WebGPU}, {name: gpu2, kind: gpu, provider: WebGPU}]}";
  return {.board = expect(parse_board(text)), .backend = expect(ort::make_backend()), .missing_operator = "Det"};
}

struct Subject {
  std::string name;
  Rig (*make)();
  double tolerance;  ///< of the outputs' range; 0: bit for bit
};

void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }

class Conformance : public testing::TestWithParam<Subject> {
 protected:
  void SetUp() override {
    if (GetParam().name == "webgpu") {
      if (!load_vulkan()) GTEST_SKIP() << "webgpu: no Vulkan driver (scripts/setup gpu fetches one that runs on the CPU)";
      if (const auto tried = ort::try_provider("WebGPU"); !tried) GTEST_SKIP() << "webgpu: " << tried.error().message;
    }
    rig_ = GetParam().make();
  }

  /// Consecutive layers on the configurations in turn, all of one domain.
  std::vector<std::unique_ptr<Executable>> compile(const Network& network, const std::vector<std::size_t>& borders) {
    mosaic::Run run{
        .prepared = network.prepared, .graph = network.graph, .board = rig_.board, .steps = {}, .leaving = network.graph.outputs, .alone = false};
    for (std::size_t s = 0; s + 1 < borders.size(); ++s) {
      mosaic::Run::Step step{.layers = {}, .configuration = configuration(s)};
      for (std::size_t layer = borders[s]; layer < borders[s + 1]; ++layer) step.layers.emplace_back(layer);
      run.steps.push_back(std::move(step));
    }
    return expect(rig_.backend->compile(run, "scope/"));
  }

  /// Devices of one domain only: another GPU is another domain.
  ConfigurationId configuration(std::size_t step) const {
    const std::size_t c = step % rig_.board.configurations.size();
    const bool same = rig_.backend->domain(rig_.board, ConfigurationId(c)) == rig_.backend->domain(rig_.board, ConfigurationId(0));
    return ConfigurationId(same ? c : 0);
  }

  Rig rig_;
};

/// Invocations of a run's steps with host buffers between them.
class Pipeline {
 public:
  explicit Pipeline(const std::vector<std::unique_ptr<Executable>>& steps) {
    for (const auto& step : steps) {
      invocations_.push_back(expect(step->make_invocation()));
      executables_.push_back(step.get());
    }
  }

  Tensor run(const Tensor& input, const std::string& input_name, const GraphTensor& output) {
    Tensor result(output.element, *output.shape);
    for (std::size_t s = 0; s < executables_.size(); ++s) {
      for (std::size_t i = 0; i < executables_[s]->inputs().size(); ++i) {
        const Port& port = executables_[s]->inputs()[i];
        if (port.name == input_name) {
          expect(invocations_[s]->bind_input(i, input));
        } else {
          EXPECT_TRUE(buffers_.contains(port.name)) << port.name << " is used before it is made";
          expect(invocations_[s]->bind_input(i, *buffers_.at(port.name)));
        }
      }
      for (std::size_t i = 0; i < executables_[s]->outputs().size(); ++i) {
        const Port& port = executables_[s]->outputs()[i];
        if (port.name == output.name) {
          expect(invocations_[s]->bind_output(i, result));
        } else {
          auto& buffer = buffers_[port.name];
          if (!buffer) buffer = std::make_unique<HostBuffer>(*byte_size(port.element, *port.shape));
          expect(invocations_[s]->bind_output(i, *buffer));
        }
      }
      expect(invocations_[s]->run());
    }
    return result;
  }

  Invocation& invocation(std::size_t step) { return *invocations_[step]; }

 private:
  std::vector<std::unique_ptr<Invocation>> invocations_;
  std::vector<const Executable*> executables_;
  std::map<std::string, std::unique_ptr<Buffer>> buffers_;
};

Tensor input_for(const Network& network, std::uint64_t seed) {
  const GraphTensor& input = network.graph.tensor(network.graph.inputs[0]);
  Tensor tensor(input.element, *input.shape);
  fill_random(tensor, seed);
  return tensor;
}

/// What plain ONNX Runtime computes.
Tensor reference_output(const Network& network, const Tensor& input) {
  const test::TemporaryFolder folder;
  expect(onnx::save_model(network.prepared.model, folder / "model.onnx"));
  const auto reference = expect(ort::Reference::open(folder / "model.onnx", {.threads = 1, .spin = false}));
  expect(reference->bind({&input}));
  expect(reference->run());
  return expect(reference->results())[0];
}

Tensor run_pipeline(Pipeline& pipeline, const Network& network, const Tensor& input) {
  const Graph& graph = network.graph;
  return pipeline.run(input, graph.tensor(graph.inputs[0]).name, graph.tensor(graph.outputs[0]));
}

TEST_P(Conformance, SaysWhatIsBehindIt) {
  const EngineInfo engine = rig_.backend->engine();
  EXPECT_FALSE(engine.name.empty());
  EXPECT_FALSE(engine.version.empty());
  EXPECT_EQ(engine.fingerprint, rig_.backend->engine().fingerprint);
  EXPECT_EQ(rig_.backend->simulated(), rig_.board.simulated());
  EXPECT_FALSE(rig_.backend->domain(rig_.board, ConfigurationId(0)).empty());
  EXPECT_TRUE(rig_.backend->check_device(rig_.board, DeviceId(0)).has_value());
}

TEST_P(Conformance, ComputesWhatTheWholeModelComputesHoweverItIsCut) {
  const Network network = test::import_network(test::diamond());
  const std::size_t layers = network.graph.layers.size();
  ASSERT_GE(layers, 3U);
  const Tensor input = input_for(network, 3);
  const Tensor expected = reference_output(network, input);
  std::vector<std::vector<std::size_t>> cuttings{{0, layers}, {0, 1, layers}, {0, layers - 1, layers}};
  std::vector<std::size_t> finest(layers + 1);
  for (std::size_t i = 0; i <= layers; ++i) finest[i] = i;
  cuttings.push_back(finest);
  for (const auto& borders : cuttings) {
    const auto steps = compile(network, borders);
    ASSERT_EQ(steps.size(), borders.size() - 1);
    Pipeline pipeline(steps);
    EXPECT_LE(compare(expected, run_pipeline(pipeline, network, input)).relative, GetParam().tolerance) << borders.size() - 1 << " steps";
  }
}

TEST_P(Conformance, GivesEveryTensorThatLeavesTheRunUnderItsOwnName) {
  const Network network = test::import_network(test::conv_chain(3));
  const auto steps = compile(network, {0, 2, 3});
  std::set<std::string> made;
  for (const auto& step : steps) {
    for (const Port& port : step->outputs()) EXPECT_TRUE(made.insert(port.name).second) << port.name << " is made twice";
  }
  EXPECT_TRUE(made.contains(network.graph.tensor(network.graph.outputs[0]).name));
}

TEST_P(Conformance, GivesTheSameAnswerAgain) {
  const Network network = test::import_network(test::conv_chain(2));
  const auto steps = compile(network, {0, 1, 2});
  Pipeline pipeline(steps);
  const Tensor input = input_for(network, 5);
  const Tensor first = run_pipeline(pipeline, network, input);
  EXPECT_TRUE(compare(first, run_pipeline(pipeline, network, input)).equal_bits);
}

TEST_P(Conformance, KeepsInvocationsApart) {
  const Network network = test::import_network(test::conv_chain(2));
  const auto steps = compile(network, {0, 1, 2});
  Pipeline one(steps);
  Pipeline two(steps);
  const Tensor a = input_for(network, 1);
  const Tensor b = input_for(network, 2);
  const Tensor from_a = run_pipeline(one, network, a);
  const Tensor from_b = run_pipeline(two, network, b);
  EXPECT_FALSE(compare(from_a, from_b).equal_bits);
  EXPECT_TRUE(compare(from_a, run_pipeline(two, network, a)).equal_bits);
}

TEST_P(Conformance, ServesSeveralThreadsAtOnce) {
  const Network network = test::import_network(test::conv_chain(2));
  const auto steps = compile(network, {0, 1, 2});
  const Tensor input = input_for(network, 9);
  Pipeline alone(steps);
  const Tensor expected = run_pipeline(alone, network, input);
  constexpr int kThreads = 3;
  std::vector<int> right(kThreads, 0);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Pipeline own(steps);
        for (int i = 0; i < 3; ++i)
          right[static_cast<std::size_t>(t)] += compare(expected, run_pipeline(own, network, input)).relative <= GetParam().tolerance ? 1 : 0;
      });
    }
  }
  EXPECT_THAT(right, testing::Each(3));
}

TEST_P(Conformance, RefusesAnInputThatDoesNotFit) {
  const Network network = test::import_network(test::conv_chain(1));
  const auto steps = compile(network, {0, 1});
  const auto invocation = expect(steps[0]->make_invocation());
  EXPECT_EQ(invocation->bind_input(0, Tensor(ElementType::kFloat32, {1, 8, 8, 7})).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(invocation->bind_input(0, Tensor(ElementType::kInt32, {1, 8, 8, 8})).error().code, ErrorCode::kInvalidInput);
}

TEST_P(Conformance, RunsAgainAfterACancelThatCameTooLate) {
  const Network network = test::import_network(test::conv_chain(1));
  const auto steps = compile(network, {0, 1});
  Pipeline pipeline(steps);
  const Tensor input = input_for(network, 4);
  const Tensor expected = run_pipeline(pipeline, network, input);
  pipeline.invocation(0).cancel();
  pipeline.invocation(0).reset();
  EXPECT_TRUE(compare(expected, run_pipeline(pipeline, network, input)).equal_bits);
}

TEST_P(Conformance, NamesTheOperatorThatADeviceLacks) {
  if (rig_.missing_operator.empty()) GTEST_SKIP() << "this backend runs whatever can be imported";
  onnx::Builder builder("missing", 1);
  const std::string x = builder.input("x", {1, 4, 4});
  const bool pool = rig_.missing_operator == "MaxPool";
  const std::string shaped = builder.node("Unsqueeze", {x, builder.constant("axis", std::vector<std::int64_t>{0})});
  builder.output(pool ? builder.max_pool(shaped, 2, 2) : builder.node("Det", {x}), pool ? Shape{1, 1, 2, 2} : Shape{1});
  const Network network = test::import_network(builder.build());
  std::vector<LayerId> all;
  for (std::size_t l = 0; l < network.graph.layers.size(); ++l) all.emplace_back(l);
  const std::size_t last = rig_.board.configurations.size() - 1;
  const mosaic::Run run{.prepared = network.prepared,
                        .graph = network.graph,
                        .board = rig_.board,
                        .steps = {{.layers = all, .configuration = ConfigurationId(last)}},
                        .leaving = network.graph.outputs,
                        .alone = true};
  const auto compiled = rig_.backend->compile(run, "scope/");
  ASSERT_FALSE(compiled.has_value());
  EXPECT_EQ(compiled.error().code, ErrorCode::kUnsupported) << compiled.error().message;
  EXPECT_THAT(error_of(compiled), testing::HasSubstr(rig_.missing_operator));
}

INSTANTIATE_TEST_SUITE_P(Backends, Conformance,
                         testing::Values(Subject{"ort_cpu", cpu_rig, 0}, Subject{"simulated", simulated_rig, 0}, Subject{"webgpu", webgpu_rig, 1e-4}),
                         [](const testing::TestParamInfo<Subject>& subject) { return subject.param.name; });

}  // namespace
}  // namespace mosaic

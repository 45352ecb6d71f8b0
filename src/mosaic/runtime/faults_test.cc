// What becomes of a run in which something fails, is stopped, or takes too long. No test waits for a time: steps that must not end wait for a gate.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "mosaic/runtime/executor.h"
#include "tests/chains.h"
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
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Executor, SaysWhichStepFailedAndWorksAfterwards) {
  // One run makes four calls: two of npu, one of big, one of gpu. So npu's call k belongs to run (k - 1) / 2 and to its first or second step.
  const Network network = test::import_network(test::conv_chain(4));
  const auto inputs = seeded_inputs(network.graph, 1);
  const auto expected = reference_outputs(network, inputs);
  const Plan plan = chain_plan({0, 1, 2, 3, 4}, {"npu", "big/1c", "npu", "gpu"});
  for (int k = 1; k <= 6; ++k) {
    for (const bool inline_steps : {true, false}) {
      const Board board = test::simulated_board("", ", fail_at_call: " + std::to_string(k));
      const auto executor = make_executor(network, board, plan, simulated_backends(board), {.inline_steps = inline_steps});
      std::vector<Tensor> outputs;
      for (int run = 0; run < 4; ++run) {
        const auto report = executor->run(pointers(inputs), outputs);
        if (run != (k - 1) / 2) {
          ASSERT_TRUE(report.has_value()) << report.error().message;
          EXPECT_TRUE(same_bits(expected, outputs)) << "call " << k << ", run " << run;
          continue;
        }
        EXPECT_THAT(error_of(report), AllOf(HasSubstr(k % 2 == 1 ? "step 0" : "step 2"), HasSubstr("'npu' failed at call " + std::to_string(k))));
        EXPECT_EQ(report.error().code, ErrorCode::kDevice);
      }
    }
  }
}

TEST(Executor, SaysThatADeviceIsOutOfMemory) {
  const Network network = test::import_network(test::conv_chain(3));
  const Bytes one = slice_memory(network.graph, std::vector<LayerId>{LayerId(0)});
  const Board board = test::simulated_board("", ", memory_bytes: " + std::to_string(one.value));
  const Backends backends = simulated_backends(board);
  make_executor(network, board, chain_plan({0, 1, 3}, {"npu", "gpu"}), backends);  // a single layer fits
  const ValidPlan plan = expect(validate(network.graph, board, chain_plan({0, 2, 3}, {"npu", "gpu"})));
  const auto executor = Executor::create(network.prepared, network.graph, board, plan, backends);
  EXPECT_THAT(error_of(executor), AllOf(HasSubstr("'npu' is out of memory"), HasSubstr("KiB")));
  EXPECT_EQ(executor.error().code, ErrorCode::kDevice);
}

TEST(Executor, HandsNothingToTheHookThatAFailedStepDidNotMake) {
  const Network network = test::import_network(test::conv_chain(3));
  const Board board = test::simulated_board("", ", fail_at_call: 1");
  std::vector<std::size_t> seen;
  const auto hook = [&](StepId step, const Port&, std::span<std::byte>) { seen.push_back(step.index()); };
  const auto executor =
      make_executor(network, board, chain_plan({0, 1, 2, 3}, {"gpu", "npu", "big/1c"}), simulated_backends(board), {.at_boundary = hook});
  std::vector<Tensor> outputs;
  const auto inputs = seeded_inputs(network.graph, 1);
  EXPECT_FALSE(executor->run(pointers(inputs), outputs).has_value());
  EXPECT_THAT(seen, ElementsAre(0));
}

/// Something to wait for.
class Gate {
 public:
  void open() {
    const std::scoped_lock lock(mutex_);
    is_open_ = true;
    opened_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
};

/// A backend for graphs in a row whose steps do what a test says; `on_cancel` hears of each call of `cancel`.
class FakeBackend final : public Backend {
 public:
  using Work = std::function<Result<void>(std::size_t first_layer)>;
  FakeBackend(Work work, std::function<void()> on_cancel) : work_(std::move(work)), on_cancel_(std::move(on_cancel)) {}

  EngineInfo engine() const override { return {.name = "fake", .version = "1", .fingerprint = {}}; }
  bool simulated() const override { return false; }
  Result<void> check_device(const Board&, DeviceId) const override { return {}; }
  std::string domain(const Board&, ConfigurationId) const override { return "fake"; }
  Result<std::vector<std::unique_ptr<Executable>>> compile(const Run& run, std::string_view) override {
    std::vector<std::unique_ptr<Executable>> executables;
    for (const Run::Step& step : run.steps) executables.push_back(std::make_unique<FakeExecutable>(*this, run.graph, step));
    return executables;
  }

  bool out_of_memory = false;  ///< when buffers are made

 private:
  class FakeInvocation final : public Invocation {
   public:
    FakeInvocation(const FakeBackend& backend, std::size_t layer) : backend_(backend), layer_(layer) {}
    Result<void> bind_input(std::size_t, Buffer&) override { return {}; }
    Result<void> bind_input(std::size_t, const Tensor&) override { return {}; }
    Result<void> bind_output(std::size_t, Buffer&) override { return {}; }
    Result<void> bind_output(std::size_t, Tensor&) override { return {}; }
    Result<Times> run() override {
      MOSAIC_RETURN_IF_ERROR(backend_.work_(layer_));
      return Times{};
    }
    Result<Tensor> output(std::size_t) override { return Tensor(); }
    void cancel() override { backend_.on_cancel_(); }
    void reset() override {}

   private:
    const FakeBackend& backend_;
    std::size_t layer_;
  };

  class FakeExecutable final : public Executable {
   public:
    FakeExecutable(const FakeBackend& backend, const Graph& graph, const Run::Step& step)
        : backend_(backend),
          layer_(step.layers.front().index()),
          input_(port(graph, graph.layer(step.layers.front()).inputs[0])),
          output_(port(graph, graph.layer(step.layers.back()).outputs[0])) {}
    std::span<const Port> inputs() const override { return {&input_, 1}; }
    std::span<const Port> outputs() const override { return {&output_, 1}; }
    Result<std::unique_ptr<Invocation>> make_invocation() const override {
      if (backend_.out_of_memory) throw std::bad_alloc();
      return std::make_unique<FakeInvocation>(backend_, layer_);
    }
    Result<std::unique_ptr<Buffer>> allocate_output(std::size_t) const override { return nullptr; }

   private:
    static Port port(const Graph& graph, TensorId id) {
      return {.name = graph.tensor(id).name, .element = graph.tensor(id).element, .shape = graph.tensor(id).shape};
    }
    const FakeBackend& backend_;
    std::size_t layer_;
    Port input_;
    Port output_;
  };

  Work work_;
  std::function<void()> on_cancel_;
};

/// Three steps on two fake devices; the second one, if it blocks, waits for a gate that `cancel` or the test opens.
class Blocking {
 public:
  explicit Blocking(bool inline_steps, bool blocks = true) : blocks_(blocks) {
    for (Device& device : board_.devices) device.backend = "fake";
    const auto work = [this](std::size_t layer) -> Result<void> {
      ran_.fetch_or(1 << layer);
      if (layer != 1 || !blocks_) return {};
      entered.open();
      release.pass();
      return {};
    };
    const Backends backends{{"fake", std::make_shared<FakeBackend>(work, [this] { release.open(); })}};
    const ValidPlan plan = expect(validate(network_.graph, board_, chain_plan({0, 1, 2, 3}, {"d0", "d1", "d0"})));
    executor = expect(Executor::create(network_.prepared, network_.graph, board_, plan, backends, {.inline_steps = inline_steps}));
  }

  Result<RunReport> run(const RunOptions& options) {
    const Tensor input(ElementType::kUint8, {16});
    std::vector<Tensor> outputs;
    return executor->run({&input}, outputs, options);
  }

  /// A bit for each step that ran.
  int steps_run() { return ran_.exchange(0); }
  void let_through() { blocks_ = false; }

  Gate entered;
  Gate release;
  std::unique_ptr<Executor> executor;

 private:
  Network network_{.prepared = {}, .graph = test::line_graph({1, 1, 1}, {1, 1, 1}, 16)};
  Board board_ = test::row_board(2);
  std::atomic<bool> blocks_;
  std::atomic<int> ran_ = 0;
};

TEST(OutOfMemory, FailsTheRunAndNothingElse) {
  const Network network{.prepared = {}, .graph = test::line_graph({1, 1, 1}, {1, 1, 1}, 16)};
  Board board = test::row_board(1);
  board.devices[0].backend = "fake";
  const auto backend = std::make_shared<FakeBackend>([](std::size_t) { return Result<void>(); }, [] {});
  const ValidPlan plan = expect(validate(network.graph, board, chain_plan({0, 3}, {"d0"})));
  const auto executor = expect(Executor::create(network.prepared, network.graph, board, plan, {{"fake", backend}}));
  const Tensor input(ElementType::kUint8, {16});
  std::vector<Tensor> outputs;
  backend->out_of_memory = true;
  const auto report = executor->run({&input}, outputs);
  EXPECT_THAT(error_of(report), HasSubstr("memory"));
  EXPECT_EQ(report.error().code, ErrorCode::kDevice);
  backend->out_of_memory = false;
  EXPECT_TRUE(executor->run({&input}, outputs).has_value());
}

class Stopped : public testing::TestWithParam<bool> {};

TEST_P(Stopped, RunsNothingWhereTheStopCameFirst) {
  Blocking subject(GetParam(), false);
  std::stop_source stop;
  stop.request_stop();
  const auto report = subject.run({.deadline = {}, .stop = stop.get_token()});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(subject.steps_run(), 0);
  EXPECT_TRUE(subject.run({}).has_value());
}

TEST_P(Stopped, EndsTheStepInProgressAndSkipsTheRest) {
  Blocking subject(GetParam());
  std::stop_source stop;
  std::jthread stopper([&] {
    subject.entered.pass();
    stop.request_stop();
  });
  const auto report = subject.run({.deadline = {}, .stop = stop.get_token()});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(subject.steps_run(), 0b011);
}

TEST_P(Stopped, RunsAgainAfterwards) {
  Blocking subject(GetParam());
  std::stop_source stop;
  {
    std::jthread stopper([&] {
      subject.entered.pass();
      stop.request_stop();
    });
    EXPECT_FALSE(subject.run({.deadline = {}, .stop = stop.get_token()}).has_value());
  }
  subject.let_through();
  subject.steps_run();
  EXPECT_TRUE(subject.run({}).has_value());
  EXPECT_EQ(subject.steps_run(), 0b111);
}

TEST_P(Stopped, EndsAtADeadline) {
  Blocking subject(GetParam());
  const auto report = subject.run({.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20), .stop = {}});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kDeadline);
  EXPECT_EQ(subject.steps_run() & 0b100, 0);
}

TEST_P(Stopped, RunsNothingAfterADeadlineThatHasPassed) {
  Blocking subject(GetParam(), false);
  const auto report = subject.run({.deadline = std::chrono::steady_clock::now(), .stop = {}});
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kDeadline);
  EXPECT_EQ(subject.steps_run(), 0);
}

TEST_P(Stopped, MeetsADeadlineThatIsFarAway) {
  Blocking subject(GetParam(), false);
  EXPECT_TRUE(subject.run({.deadline = std::chrono::steady_clock::now() + std::chrono::hours(1), .stop = {}}).has_value());
  EXPECT_EQ(subject.steps_run(), 0b111);
}

TEST_P(Stopped, IsWaitedForByTheDestructor) {
  Blocking subject(GetParam());
  bool ended = false;
  std::jthread caller([&] { ended = subject.run({}).has_value(); });
  subject.entered.pass();
  std::jthread destroyer([&] { subject.executor.reset(); });
  subject.release.open();
  destroyer.join();
  EXPECT_EQ(subject.steps_run(), 0b111) << "the run went on to its end";
  caller.join();
  EXPECT_TRUE(ended);
}

INSTANTIATE_TEST_SUITE_P(Executor, Stopped, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& where) { return where.param ? "OnTheCaller" : "OnWorkers"; });

}  // namespace
}  // namespace mosaic

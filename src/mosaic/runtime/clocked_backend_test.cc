#include "mosaic/runtime/clocked_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "tests/running.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Notes what it is told.
class NotingSetter final : public ClockSetter {
 public:
  Result<void> check(const Board& board, DeviceId device) const override {
    note("check " + board.device(device).name);
    return {};
  }
  Result<void> acquire(const Board& board, ConfigurationId configuration, const std::stop_token& stop) override {
    if (!refusal.empty()) return fail(ErrorCode::kDevice, refusal);
    if (busy) {  // another step has the clock and keeps it
      std::unique_lock lock(mutex_);
      std::condition_variable_any().wait(lock, stop, [] { return false; });
      return fail(ErrorCode::kCancelled, "stopped while it waited for the clock");
    }
    note("set " + board.configuration(configuration).name);
    return {};
  }
  void release(const Board& board, ConfigurationId configuration) override { note("free " + board.configuration(configuration).name); }
  void restore() override { note("restore"); }

  [[nodiscard]] std::vector<std::string> notes() const {
    const std::scoped_lock lock(mutex_);
    return notes_;
  }
  std::string refusal;
  bool busy = false;

 private:
  void note(const std::string& text) const {
    const std::scoped_lock lock(mutex_);
    notes_.push_back(text);
  }
  mutable std::mutex mutex_;
  mutable std::vector<std::string> notes_;
};

Board clocked_board(const std::string& extra_a = "") {
  std::string text = test::hand_board_text(extra_a);
  text.replace(text.find("kind: gpu"), 9, "kind: gpu, operating_points: [{clock: 1 GHz}, {clock: 2 GHz}]");
  return expect(parse_board(text));
}

class ClockedBackendTest : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<Executor> executor(const Board& board, const std::vector<std::string>& configurations) const {
    const Backends backends{{"sim", make_clocked_backend(test::simulated_backends(board).at("sim"), setter_)}};
    return test::make_executor(network_, board, test::chain_plan({0, 1, 2}, configurations), backends);
  }
  Result<RunReport> run(Executor& executor) const {
    std::vector<Tensor> outputs;
    return executor.run(pointers(test::seeded_inputs(network_.graph, 1)), outputs);
  }

  test::Network network_ = test::import_network(test::conv_chain(2));
  std::shared_ptr<NotingSetter> setter_ = std::make_shared<NotingSetter>();
};

TEST_F(ClockedBackendTest, SetsTheClockOfEachStepWhileItRuns) {
  const Board board = clocked_board();
  auto both = executor(board, {"a/1000MHz", "a/2000MHz"});
  EXPECT_THAT(setter_->notes(), IsEmpty());
  expect(run(*both));
  both.reset();
  EXPECT_THAT(setter_->notes(), ElementsAre("set a/1000MHz", "free a/1000MHz", "set a/2000MHz", "free a/2000MHz", "restore"));
}

TEST_F(ClockedBackendTest, LeavesDevicesWithoutClocksAlone) {
  auto both = executor(clocked_board(), {"b", "a/2000MHz"});
  expect(run(*both));
  EXPECT_THAT(setter_->notes(), ElementsAre("set a/2000MHz", "free a/2000MHz"));
}

TEST_F(ClockedBackendTest, ComputesTheSame) {
  const Board board = clocked_board();
  const auto inputs = test::seeded_inputs(network_.graph, 1);
  std::vector<Tensor> outputs;
  const auto both = executor(board, {"b", "a/2000MHz"});
  expect(both->run(pointers(inputs), outputs));
  EXPECT_TRUE(test::same_bits(test::reference_outputs(network_, inputs), outputs));
}

TEST_F(ClockedBackendTest, PutsClocksBackWithTheLastExecutor) {
  const Board board = clocked_board();
  const Backends backends{{"sim", make_clocked_backend(test::simulated_backends(board).at("sim"), setter_)}};
  const Plan plan = test::chain_plan({0, 2}, {"a/1000MHz"});
  auto first = test::make_executor(network_, board, plan, backends);
  auto second = test::make_executor(network_, board, plan, backends);
  expect(run(*first));
  first.reset();
  expect(run(*second));
  EXPECT_THAT(setter_->notes(), ElementsAre("set a/1000MHz", "free a/1000MHz", "set a/1000MHz", "free a/1000MHz"));
  second.reset();
  EXPECT_EQ(setter_->notes().back(), "restore");
}

TEST_F(ClockedBackendTest, FailsTheRunWhereAClockCannotBeSet) {
  const auto both = executor(clocked_board(), {"a/1000MHz", "b"});
  setter_->refusal = "the clock is held";
  EXPECT_THAT(error_of(run(*both)), HasSubstr("step 0: the clock is held"));
  EXPECT_THAT(setter_->notes(), IsEmpty());
  setter_->refusal.clear();
  expect(run(*both));
}

TEST_F(ClockedBackendTest, StopsAStepThatWaitsForItsClock) {
  const auto both = executor(clocked_board(), {"a/1000MHz", "b"});
  setter_->busy = true;
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  std::vector<Tensor> outputs;
  const auto stopped = both->run(pointers(test::seeded_inputs(network_.graph, 1)), outputs, {.stop = stop.get_token()});
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  setter_->busy = false;
  expect(run(*both));
}

TEST_F(ClockedBackendTest, FreesTheClockWhereAStepFails) {
  const auto both = executor(clocked_board(", fail_at_call: 1"), {"a/1000MHz", "b"});
  EXPECT_FALSE(run(*both).has_value());
  EXPECT_THAT(setter_->notes(), ElementsAre("set a/1000MHz", "free a/1000MHz"));
}

// The engine refuses clocks, which it would not set: it is asked without them, and the setter about them.
TEST_F(ClockedBackendTest, AsksForClocksWhereTheyAreSet) {
  Board board = test::split_board(2);
  board.devices[1].points[0].clock = Hertz{600'000'000};
  const std::shared_ptr<Backend> engine = expect(ort::make_backend());
  const auto clocked = make_clocked_backend(engine, setter_);
  EXPECT_THAT(error_of(engine->check_device(board, DeviceId(1))), HasSubstr("which the engine does not set"));
  expect(clocked->check_device(board, DeviceId(0)));
  EXPECT_THAT(setter_->notes(), IsEmpty());
  expect(clocked->check_device(board, DeviceId(1)));
  EXPECT_THAT(setter_->notes(), ElementsAre("check core1"));
}

}  // namespace
}  // namespace mosaic

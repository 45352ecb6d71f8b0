#include "mosaic/serving/serving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "mosaic/base/random.h"
#include "mosaic/manager/manager.h"
#include "mosaic/serving/serve.h"
#include "tests/families.h"

namespace mosaic {
namespace {

using test::expect;
using testing::HasSubstr;

manager::Scenario clients_only(const test::SmallFamily& family, std::size_t applications = 1) {
  manager::Scenario scenario{.name = "clients"};
  for (std::size_t i = 0; i < applications; ++i) {
    manager::Tenant tenant{.name = "app" + std::to_string(i), .family = family.path()};
    tenant.queue = 4096;
    scenario.tenants.push_back(std::move(tenant));
  }
  return scenario;
}

/// Another level and placement for each application whenever it is asked.
class RandomPolicy final : public manager::Policy {
 public:
  [[nodiscard]] std::string name() const override { return "random"; }
  [[nodiscard]] manager::Assignment step(const manager::Situation& situation) override {
    manager::Assignment assignment{.operations = {}, .clocks = std::vector<std::size_t>(situation.machine->domains.size()), .reason = "random"};
    for (const manager::Application& each : situation.applications) {
      std::vector<manager::Operation> all;
      for (std::size_t level = 0; each.table != nullptr && level < each.table->levels.size(); ++level) {
        for (std::size_t p = 0; p < situation.machine->placements.size(); ++p) {
          if (manager::usable(situation, each, {.level = level, .placement = p})) all.push_back({.level = level, .placement = p});
        }
      }
      assignment.operations.push_back(all.empty() ? std::nullopt : std::optional(all[random_.below(all.size())]));
    }
    return assignment;
  }

 private:
  Random random_{1};
};

/// Serves in a thread of its own until it goes away.
class Running {
 public:
  Running(const ServeStage& stage, manager::Policy& policy, TakeOver take_over = {})
      : serving_(stage.scenario(), stage.levels(), stage.tables(), policy, std::move(take_over)), thread_([this] {
          auto outcome = serving_.run(stop_.get_token());
          done_.set_value(std::move(outcome));
        }) {
    while (!serving_.open()) std::this_thread::yield();
  }
  ~Running() {
    stop_.request_stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  Serving& operator*() { return serving_; }
  Serving* operator->() { return &serving_; }
  Result<manager::Outcome> stop() {
    stop_.request_stop();
    return done_.get_future().get();
  }

 private:
  std::stop_source stop_;
  std::promise<Result<manager::Outcome>> done_;
  Serving serving_;
  std::thread thread_;
};

TEST(Serving, AnswersEveryClientWithItsLevelsOutputsWhileLevelsChange) {
  const test::SmallFamily family;
  const auto stage = expect(ServeStage::open({.scenario = clients_only(family, 2)}));
  const auto inputs = expect(random_inputs(stage->levels()[0]->graph(), 1));
  std::vector<std::vector<Tensor>> expected(2);
  for (std::size_t level = 0; level < 2; ++level)
    expect(stage->levels()[0]->run({.level = level, .placement = 0}, pointers(inputs), expected[level]));
  RandomPolicy policy;
  Running running(*stage, policy);
  constexpr std::ptrdiff_t kRequests = 600;
  std::latch answered(2 * kRequests);
  std::atomic<int> wrong = 0;
  std::array<std::atomic<int>, 2> by_level{};
  const auto client = [&](std::size_t tenant) {
    for (int i = 0; i < kRequests; ++i) {
      running->submit(tenant, {.inputs = inputs}, [&](const Result<Answer>& answer) {
        const std::size_t level = answer && answer->variant == "large" ? 1 : 0;
        if (!answer || compare(expected[level][0], answer->outputs[0]).relative > 1e-5) ++wrong;
        ++by_level[level];
        answered.count_down();
      });
      expect(running->change(manager::Retarget{.application = "app0", .accuracy_percent = 1.0 + i % 7}));  // asks the policy
    }
  };
  std::thread other([&] { client(1); });
  client(0);
  other.join();
  answered.wait();
  const manager::Outcome outcome = expect(running.stop());
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(by_level[0], 0);
  EXPECT_GT(by_level[1], 0);
  EXPECT_EQ(outcome.records.size(), 2U * kRequests);
  EXPECT_GE(outcome.decisions.size(), 2U * kRequests);
  EXPECT_FALSE(outcome.simulated);
}

TEST(Serving, EveryChangeOfLevelWaitsForWhatTakesOver) {
  const test::SmallFamily family;
  manager::Scenario scenario = clients_only(family);
  scenario.period = std::chrono::hours(1);  // the policy is asked by this test alone
  const auto stage = expect(ServeStage::open({.scenario = scenario}));
  const auto inputs = expect(random_inputs(stage->levels()[0]->graph(), 1));
  RandomPolicy policy;
  std::vector<std::string> taken;  // only the application's thread takes over
  bool failed = false;
  Running running(*stage, policy, [&](const FamilyLevels& levels, const manager::Operation& operation) -> Result<void> {
    if (taken.size() == 2 && !std::exchange(failed, true)) return fail(ErrorCode::kDevice, "the third one fails");
    taken.push_back(levels.family().variants[operation.level].name);
    return {};
  });
  std::vector<std::string> changes;
  std::string last;
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    expect(running->change(manager::Retarget{.application = "app0", .accuracy_percent = 1.0 + i % 7}));
    std::promise<Result<Answer>> answered;
    running->submit(0, {.inputs = inputs}, [&](Result<Answer> answer) { answered.set_value(std::move(answer)); });
    const Result<Answer> answer = answered.get_future().get();
    if (!answer) {
      ++refused;
      EXPECT_EQ(answer.error().message, "the third one fails");
      continue;
    }
    if (!last.empty() && answer->variant != last) changes.push_back(answer->variant);
    last = answer->variant;
  }
  expect(running.stop());
  EXPECT_EQ(refused, 1);
  EXPECT_GT(taken.size(), 3U);
  EXPECT_EQ(taken, changes);
}

TEST(Serving, WhatWaitsAtTheEndIsAnsweredAndWhatComesLaterIsRefused) {
  const test::SmallFamily family;
  const auto stage = expect(ServeStage::open({.scenario = clients_only(family)}));
  const auto inputs = expect(random_inputs(stage->levels()[0]->graph(), 1));
  manager::Manager policy({});
  std::atomic<int> right = 0;
  std::atomic<int> refused = 0;
  const auto count = [&](const Result<Answer>& answer) {
    answer ? ++right : ++refused;
    if (!answer) {
      EXPECT_EQ(answer.error().code, ErrorCode::kCancelled);
    }
  };
  Running running(*stage, policy);
  for (int i = 0; i < 300; ++i) running->submit(0, {.inputs = inputs}, count);
  const manager::Outcome outcome = expect(running.stop());
  EXPECT_EQ(right, 300);
  running->submit(0, {.inputs = inputs}, count);
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(outcome.records.size(), 300U);
}

TEST(Serving, AFullQueueRefuses) {
  const test::SmallFamily family;
  manager::Scenario scenario = clients_only(family);
  scenario.tenants[0].queue = 1;
  const auto stage = expect(ServeStage::open({.scenario = std::move(scenario)}));
  const auto inputs = expect(random_inputs(stage->levels()[0]->graph(), 1));
  manager::Manager policy({});
  Running running(*stage, policy);
  std::latch blocked(1);
  std::latch in_progress(1);
  running->submit(0, {.inputs = inputs}, [&](const Result<Answer>&) {
    in_progress.count_down();
    blocked.wait();  // holds the application's thread
  });
  in_progress.wait();
  std::atomic<int> busy = 0;
  std::atomic<int> answered = 0;
  const auto count = [&](const Result<Answer>& answer) { !answer&& answer.error().code == ErrorCode::kBusy ? ++busy : ++answered; };
  for (int i = 0; i < 5; ++i) running->submit(0, {.inputs = inputs}, count);
  EXPECT_EQ(busy, 4);
  blocked.count_down();
  expect(running.stop());
  EXPECT_EQ(answered, 1);
}

TEST(Serving, ARequestWhoseDeviceFailsIsAnsweredByAnother) {
  const test::SmallFamily family;
  constexpr int kMeasured = 32;  // calls of each variant, before the first request
  for (int call = 1; call <= 40; ++call) {
    const std::string board = test::simulated_board_text("", ", fail_at_call: " + std::to_string(kMeasured + call));
    expect(write_file(family / "board.yaml", board));
    manager::Scenario scenario = clients_only(family);
    scenario.board = (family / "board.yaml").string();
    const auto stage = expect(ServeStage::open({.scenario = std::move(scenario)}));
    const auto inputs = expect(random_inputs(stage->levels()[0]->graph(), 1));
    RandomPolicy policy;
    Running running(*stage, policy);
    std::latch answered(40);
    std::atomic<int> right = 0;
    for (int i = 0; i < 40; ++i) {
      running->submit(0, {.inputs = inputs}, [&](const Result<Answer>& answer) {
        if (answer) ++right;
        answered.count_down();
      });
      expect(running->change(manager::Retarget{.application = "app0", .accuracy_percent = 1.0 + i % 7}));
    }
    answered.wait();
    EXPECT_EQ(right, 40) << call;
    const manager::Outcome outcome = expect(running.stop());
    EXPECT_TRUE(std::ranges::any_of(outcome.decisions, [](const manager::Logged& each) { return each.reason == "random"; }));
  }
}

TEST(Serving, SaysWhatAChangeNamesInVain) {
  const test::SmallFamily family;
  const auto stage = expect(ServeStage::open({.scenario = clients_only(family)}));
  manager::Manager policy({});
  Running running(*stage, policy);
  EXPECT_THAT(test::error_of(running->change(manager::Leave{"nobody"})), HasSubstr("there is no application 'nobody'"));
  EXPECT_THAT(test::error_of(running->change(manager::Offline{.units = {"cpu99"}})), HasSubstr("cpu99"));
}

}  // namespace
}  // namespace mosaic

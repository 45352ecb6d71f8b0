#include "mosaic/manager/manager.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <vector>

#include "mosaic/manager/test_machine.h"

namespace mosaic::manager {
namespace {

using test::operator""_ms;

/// Where two applications run, each with a core of its own, once requests on the first one's core take longer. `others`: the load of others.
std::array<Operation, 2> after_a_slow_core(const std::vector<double>& others) {
  const Machine machine = test::small_machine();
  const LevelTable table = test::small_table(3, 4_ms);
  std::array<Application, 2> applications;
  for (Application& each : applications) {
    each = {.name = "a", .priority = 0, .targets = {}, .period = 40_ms, .table = &table};
    each.targets.latency = 20_ms;  // level 2 takes 12 ms: one to a core
    each.targets.accuracy_percent = 84;
  }
  applications[0].priority = 1;
  Manager manager({.rules = {}, .allowed = [](const Situation&, const Application&, const Operation& operation) { return operation.placement < 2; }});
  Situation situation{.machine = &machine, .applications = applications, .caps = {3}, .others = others, .event = "start"};
  std::vector<std::optional<Operation>> now = manager.step(situation).operations;
  const std::size_t slow = now[0]->placement;
  EXPECT_NE(now[0]->placement, now[1]->placement);
  situation.event.clear();
  for (int period = 1; period < 60; ++period) {
    situation.now = period * 100_ms;
    std::vector<Completed> completed;
    for (std::size_t a = 0; a < 2; ++a) {
      const bool late = period > 30 && now[a]->placement == slow;
      completed.push_back({.application = a,
                           .operation = *now[a],
                           .arrived = situation.now - 30_ms,
                           .started = situation.now - 30_ms,
                           .finished = situation.now - 30_ms + (late ? 22_ms : 12_ms)});
    }
    situation.completed = completed;
    now = manager.step(situation).operations;
  }
  return {*now[0], *now[1]};
}

TEST(Manager, WhatAHostDoesToOneOfTwoCoresThatAreAlikeMovesNothing) {
  const auto [first, second] = after_a_slow_core({0, 0, 0});
  EXPECT_EQ(first.placement, 0U);
  EXPECT_EQ(second.placement, 1U);
}

TEST(Manager, WhereNobodyLooksAtTheLoadOfOthersEachCoreSpeaksForItself) {
  const auto [first, second] = after_a_slow_core({});
  EXPECT_EQ(first.placement, 1U);
}

}  // namespace
}  // namespace mosaic::manager

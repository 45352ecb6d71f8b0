#include "mosaic/manager/policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/manager/test_machine.h"
#include "tests/support.h"

namespace mosaic::manager {
namespace {

using test::operator""_ms;

TEST(Policies, EachOneAnswersWithWhatMayBeUsed) {
  const Machine machine = test::small_machine();
  const LevelTable table = test::small_table(3, 4_ms);
  Application application{.name = "a", .priority = 0, .targets = {}, .period = 40_ms, .table = &table};
  application.targets.latency = 20_ms;
  for (const NamedPolicy& each : named_policies()) {
    EXPECT_EQ(test::expect(find_policy(each.name)).name, each.name);
    const auto policy = make_policy(each, machine, {});
    for (const std::string event : {"start", "", "cpu1 offline", ""}) {
      const Situation situation{.machine = &machine,
                                .applications = {&application, 1},
                                .offline = event == "start" ? 0U : 0b010U,
                                .caps = {2},
                                .memory = {},
                                .completed = {},
                                .others = {},
                                .event = event};
      const Assignment assignment = policy->step(situation);
      ASSERT_EQ(assignment.operations.size(), 1U) << each.name;
      ASSERT_EQ(assignment.clocks.size(), 1U) << each.name;
      if (event.empty()) continue;  // rivals look at what may be used when they are asked after an event, ours always
      ASSERT_TRUE(assignment.operations[0]) << each.name;
      EXPECT_TRUE(usable(situation, application, *assignment.operations[0])) << each.name << event;
    }
  }
}

TEST(Policies, SingleKnobsMoveNothingElse) {
  const Machine machine = test::small_machine();
  const LevelTable table = test::small_table(3, 4_ms);
  Application application{.name = "a", .priority = 0, .targets = {}, .period = 100_ms, .table = &table};
  const auto chosen = [&](const std::string& name, Nanoseconds latency) {
    application.targets.latency = latency;
    const auto policy = make_policy(test::expect(find_policy(name)), machine, {});
    return policy->step({.machine = &machine, .applications = {&application, 1}, .caps = {3}, .event = "start"}).operations[0].value();
  };
  EXPECT_EQ(machine.placements[chosen("mosaic:level", 2_ms).placement].name, "gpu@400MHz");
  EXPECT_EQ(machine.placements[chosen("mosaic:level", 90_ms).placement].name, "gpu@400MHz");
  EXPECT_LT(chosen("mosaic:level", 2_ms).level, chosen("mosaic:level", 90_ms).level);
  EXPECT_EQ(chosen("mosaic:hardware", 2_ms).level, 2U);
  EXPECT_EQ(chosen("mosaic:hardware", 90_ms).level, 2U);
  EXPECT_NE(chosen("mosaic:hardware", 4_ms).placement, chosen("mosaic:hardware", 90_ms).placement);
}

TEST(Policies, NamesThatAreNone) {
  EXPECT_EQ(test::expect(find_policy("largest")).name, "largest:performance");
  EXPECT_THAT(test::error_of(find_policy("larges:schedutil")), testing::HasSubstr("did you mean 'largest:schedutil'?"));
  EXPECT_THAT(test::error_of(find_policy("best")), testing::HasSubstr("there is no policy 'best'"));
}

}  // namespace
}  // namespace mosaic::manager

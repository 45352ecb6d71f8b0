#include "mosaic/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(FormatPlan, LeavesOutEnergyAndClocksThatNobodyPredicted) {
  Plan plan;
  plan.prediction = Prediction{.expected = Microseconds(5), .low = Microseconds(4), .high = Microseconds(6)};
  plan.steps = chain_steps({0, 1}, {"a"});
  plan.steps[0].predicted = Step::Predicted{.transfer = Microseconds(1), .execute = Microseconds(4)};
  EXPECT_THAT(format_plan(plan), testing::Not(testing::AnyOf(HasSubstr("energy_uj"), HasSubstr("clocks_us"))));
  EXPECT_FALSE(expect(parse_plan(format_plan(plan))).prediction->energy.has_value());
}

TEST(ParsePlan, RefusesEnergiesThatAreNone) {
  const auto with = [](const std::string& energy) {
    return parse_plan(R"({"schema_version": 1, "prediction": {"latency_us": 1, "low_us": 1, "high_us": 1, )" + energy +
                      R"(}, "steps": [{"layers": "0", "configuration": "a"}]})");
  };
  EXPECT_TRUE(with(R"("energy_uj": 3)").has_value());
  EXPECT_THAT(error_of(with(R"("energy_uj": 1e300)")), HasSubstr("no energy"));
  EXPECT_THAT(error_of(with(R"("energy_mj": 3)")), HasSubstr("energy_mj"));
}

Plan example() {
  Plan plan;
  plan.graph_name = "net \"x\"";
  plan.graph = "0123456789abcdef0123456789abcdef";
  plan.variant = "half";
  plan.board_name = "toy";
  plan.board = "fedcba9876543210fedcba9876543210";
  plan.objective = "energy";
  plan.prediction = Prediction{.expected = Microseconds(1234.5), .low = Microseconds(1200), .high = Microseconds(1300.125), .energy = Joules{0.0042}};
  plan.sources = {.model = "a/b.onnx", .board = "toy.yaml", .profile = "p.json"};
  plan.steps = chain_steps({0, 3, 4, 7}, {"big/4c", "npu", "big/1c"});
  plan.steps[1].predicted =
      Step::Predicted{.transfer = Microseconds(1.25), .clocks = Microseconds(3.5), .execute = Microseconds(70), .energy = Joules{1.5e-6}};
  plan.steps[2].channels = Channels{.axis = 1, .begin = 0, .end = 16};
  plan.steps[2].after = {StepId(0), StepId(1)};
  return plan;
}

TEST(ChainSteps, CutsAtTheBorders) {
  const auto steps = chain_steps({0, 2, 5}, {"a", "b"});
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_THAT(steps[0].layers, ElementsAre(LayerId(0), LayerId(1)));
  EXPECT_THAT(steps[0].after, IsEmpty());
  EXPECT_THAT(steps[1].layers, ElementsAre(LayerId(2), LayerId(3), LayerId(4)));
  EXPECT_THAT(steps[1].after, ElementsAre(StepId(0)));
  EXPECT_EQ(steps[1].configuration, "b");
}

TEST(FormatPlan, IsReadBackByteForByte) {
  for (const Plan& plan : {example(), Plan()}) {
    const std::string text = format_plan(plan);
    EXPECT_EQ(format_plan(expect(parse_plan(text))), text);
  }
}

TEST(ParsePlan, GivesBackEveryField) {
  const Plan plan = expect(parse_plan(format_plan(example())));
  EXPECT_EQ(plan.graph_name, "net \"x\"");
  EXPECT_EQ(plan.graph, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(plan.variant, "half");
  EXPECT_EQ(plan.objective, "energy");
  ASSERT_TRUE(plan.prediction.has_value());
  EXPECT_EQ(plan.prediction->high.count(), 1300.125);
  EXPECT_NEAR(plan.prediction->energy->value, 0.0042, 1e-15);
  EXPECT_EQ(plan.sources.profile, "p.json");
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_EQ(plan.steps[1].predicted->transfer.count(), 1.25);
  EXPECT_EQ(plan.steps[1].predicted->clocks.count(), 3.5);
  EXPECT_NEAR(plan.steps[1].predicted->energy->value, 1.5e-6, 1e-15);
  EXPECT_FALSE(plan.steps[0].predicted.has_value());
  EXPECT_FALSE(plan.steps[0].channels.has_value());
  EXPECT_EQ(plan.steps[2].channels->end, 16);
  EXPECT_THAT(plan.steps[2].after, ElementsAre(StepId(0), StepId(1)));
}

TEST(ParsePlan, TakesTheLeastAPersonCanWrite) {
  const Plan plan = expect(parse_plan(R"({"schema_version": 1, "steps": [
      {"layers": "0-4", "configuration": "a"}, {"layers": "5", "configuration": "b"}, {"layers": "6,7", "configuration": "a", "after": []}]})"));
  EXPECT_EQ(plan.graph, "");
  EXPECT_EQ(plan.objective, "latency");
  EXPECT_THAT(plan.steps[0].after, IsEmpty());
  EXPECT_THAT(plan.steps[1].after, ElementsAre(StepId(0)));  // who does not say comes after the one before
  EXPECT_THAT(plan.steps[2].after, IsEmpty());
}

TEST(ParsePlan, SaysWhatIsWrongAndWhere) {
  const auto with_step = [](const std::string& step) { return R"({"schema_version": 1, "steps": [)" + step + "]}"; };
  struct Case {
    std::string text;
    const char* why;
  };
  const std::vector<Case> cases{
      {"", "p: not valid JSON"},
      {"{}", "p: not a plan: key 'schema_version' is missing"},
      {R"({"schema_version": 9})", "p: plan has schema version 9"},
      {R"({"schema_version": 1})", "p: key 'steps' is missing"},
      {R"({"schema_version": 1, "steps": {}})", "p: key 'steps' must be a list"},
      {R"({"schema_version": 1, "steps": [], "stepz": 1})", "p: unknown key 'stepz' (did you mean 'steps'?)"},
      {R"({"schema_version": 1, "steps": [], "graph": 1})", "p: key 'graph': must be a mapping"},
      {R"({"schema_version": 1, "steps": [], "board": {"nam": "x"}})", "p: key 'board': unknown key 'nam' (did you mean 'name'?)"},
      {R"({"schema_version": 1, "steps": [], "prediction": {"latency_us": 1, "low_us": 1}})", "p: key 'prediction': key 'high_us' is missing"},
      {with_step("7"), "p: step 0: must be a mapping"},
      {with_step(R"({"configuration": "a"})"), "p: step 0: key 'layers' is missing"},
      {with_step(R"({"layers": "0"})"), "p: step 0: key 'configuration' is missing"},
      {with_step(R"({"layers": [0], "configuration": "a"})"), "p: step 0: key 'layers' must be a text"},
      {with_step(R"({"layers": "2-1", "configuration": "a"})"), "p: step 0: '2-1' is not a list of layers such as '0-4,7'"},
      {with_step(R"({"id": 1, "layers": "0", "configuration": "a"})"), "p: step 0: has id 1, steps are numbered from 0"},
      {with_step(R"({"layers": "0", "configuration": "a", "after": [-1]})"), "p: step 0: comes after step -1, which does not exist"},
      {with_step(R"({"layers": "0", "configuration": "a", "after": [4294967296]})"), "p: step 0: comes after step 4294967296, which does not exist"},
      {with_step(R"({"layers": "0", "configuration": "a", "part": "half"})"), "p: step 0, key 'part' (\"whole\" or channels): must be a mapping"},
      {with_step(R"({"layers": "0", "configuration": "a", "part": {"axis": 1}})"), "key 'begin' is missing"},
      {with_step(R"({"layers": "0", "configuration": "a", "predicted": {"execute_us": 1}})"),
       "p: step 0, key 'predicted': key 'transfer_us' is missing"},
  };
  for (const Case& each : cases) {
    const auto parsed = parse_plan(each.text, "p");
    EXPECT_THAT(error_of(parsed), HasSubstr(each.why)) << each.text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidInput);
  }
}

TEST(ParsePlan, NeverCrashesOnDamagedFiles) {
  // Every truncation, and every byte turned into another one: read or refused with a message.
  const std::string text = format_plan(example());
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(parse_plan(text.substr(0, i)).has_value() && i + 1 < text.size()) << i;
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ static_cast<char>(1 << (i % 7)));
    const auto parsed = parse_plan(damaged);
    EXPECT_TRUE(parsed.has_value() || !parsed.error().message.empty());
  }
}

TEST(WritePlan, IsReadBackFromTheFile) {
  const test::TemporaryFolder folder;
  expect(write_plan(example(), folder / "plan.json"));
  EXPECT_EQ(format_plan(expect(read_plan(folder / "plan.json"))), format_plan(example()));
  EXPECT_THAT(error_of(read_plan(folder / "none.json")), HasSubstr("none.json"));
}

TEST(Layers, AreWrittenAsRanges) {
  struct Case {
    std::vector<std::size_t> layers;
    const char* text;
  };
  for (const Case& each :
       std::vector<Case>{{{0}, "0"}, {{0, 1}, "0-1"}, {{0, 1, 2, 3, 4, 7}, "0-4,7"}, {{1, 3, 5}, "1,3,5"}, {{8, 10, 11}, "8,10-11"}}) {
    std::vector<LayerId> layers;
    for (const std::size_t layer : each.layers) layers.emplace_back(layer);
    EXPECT_EQ(format_layers(layers), each.text);
    EXPECT_EQ(expect(parse_layers(each.text)), layers);
  }
  EXPECT_EQ(format_layers({}), "");
}

TEST(Layers, AreRefusedInAnyOtherForm) {
  for (const char* text : {"",           ",",           "a",  "1,", ",1",  "1-", "-1",  "1-2-3",   "2-1",       "1,1",
                           "2,1",        "1-3,2",       " 1", "1 ", "1;2", "+1", "0x1", "1000000", "0-1000000", "18446744073709551616",
                           "4294967296", "0-4294967295"}) {
    EXPECT_THAT(error_of(parse_layers(text)), HasSubstr("is not a list of layers")) << text;
  }
  EXPECT_EQ(expect(parse_layers("0-999999")).size(), 1'000'000U);
}

}  // namespace
}  // namespace mosaic

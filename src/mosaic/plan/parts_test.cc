#include "mosaic/plan/parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "mosaic/base/random.h"
#include "mosaic/board/board_file.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

Board two_arrays() { return expect(parse_board("{schema_version: 1, name: pair, devices: [{name: left, kind: npu}, {name: right, kind: npu}]}")); }

const std::array<DividedLayer, 2> kLayers{{{.name = "stem", .channels = 8}, {.name = "fc", .channels = 4}}};

struct Part {
  std::string layers;
  std::optional<std::pair<std::int64_t, std::int64_t>> channels;
  std::string configuration = "left";
  std::vector<std::size_t> after = {};
  std::int64_t axis = 1;
};

Plan plan_of(const std::vector<Part>& parts) {
  Plan plan;
  for (const Part& part : parts) {
    Step step{.layers = expect(parse_layers(part.layers)), .channels = {}, .configuration = part.configuration, .after = {}, .predicted = {}};
    if (part.channels) step.channels = Channels{.axis = part.axis, .begin = part.channels->first, .end = part.channels->second};
    for (const std::size_t each : part.after) step.after.emplace_back(each);
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

LayerPart part(std::size_t step, std::size_t configuration, std::int64_t begin, std::int64_t end) {
  return {.step = StepId(step), .configuration = ConfigurationId(configuration), .begin = begin, .end = end};
}

TEST(DivideLayers, GivesThePartsOfEachLayerByChannels) {
  const Plan plan = plan_of({{"0", {{5, 8}}, "right"}, {"0", {{0, 5}}, "left"}, {"1", {}, "right", {0, 1}}});
  const auto parts = expect(divide_layers(plan, two_arrays(), kLayers));
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_THAT(parts[0], ElementsAre(part(1, 0, 0, 5), part(0, 1, 5, 8)));
  EXPECT_THAT(parts[1], ElementsAre(part(2, 1, 0, 4)));
}

TEST(DivideLayers, TakesSeveralWholeLayersInOneStep) {
  const auto parts = expect(divide_layers(plan_of({{"0-1", {}}}), two_arrays(), kLayers));
  EXPECT_THAT(parts[0], ElementsAre(part(0, 0, 0, 8)));
  EXPECT_THAT(parts[1], ElementsAre(part(0, 0, 0, 4)));
}

TEST(DivideLayers, SaysWhatDoesNotFit) {
  struct Case {
    std::vector<Part> parts;
    std::string said;
  };
  const Part rest{"1", {}, "left", {0, 1}};
  for (const Case& each : std::vector<Case>{
           {{}, "the plan has no step"},
           {{{"0", {{0, 5}}}, {"0", {{4, 8}}}, rest}, "layer 0 ('stem'): channel 4 in steps 0 and 1"},
           {{{"0", {{0, 8}}}, {"0", {{2, 5}}}, rest}, "layer 0 ('stem'): channels 2 to 4 in steps 0 and 1"},
           {{{"0", {{0, 5}}}, {"0", {{6, 8}}}, rest}, "layer 0 ('stem'): channel 5 of 8 in no step"},
           {{{"0", {{0, 5}}}, {"1", {}, "left", {0}}}, "layer 0 ('stem'): channels 5 to 7 of 8 in no step"},
           {{{"0", {}}}, "layer 1 ('fc'): channels 0 to 3 of 4 in no step"},
           {{{"0", {{0, 9}}}}, "step 0 computes channels [0, 9) of layer 0 ('stem'), which has 8"},
           {{{"0", {{3, 3}}}}, "step 0 computes channels [3, 3) of layer 0"},
           {{{"0", {{0, 8}}, "left", {}, 2}}, "along axis 2: channels are axis 1"},
           {{{"0-1", {{0, 4}}}}, "step 0 computes some channels of 2 layers"},
           {{{"0-2", {}}}, "step 0 has layer 2, there are 2 layers"},
           {{{"0", {}, "middle"}}, "step 0: board 'pair' has no configuration 'middle'; it has left, right"},
           {{{"0", {{0, 5}}}, {"0", {{5, 8}}, "right", {0}}, rest}, "steps 0 and 1 compute parts of layer 0 ('stem') one after the other"},
           {{{"0", {}}, {"1", {}}}, "step 1, layer 1 ('fc'), does not come after step 0, layer 0 ('stem')"},
           {{{"0", {}, "left", {1}}, {"1", {}, "left", {0}}}, "step 0, layer 0 ('stem'), comes after step 1, layer 1 ('fc')"},
           {{{"0", {}, "left", {7}}, {"1", {}, "left", {0}}}, "step 0 comes after step 7, which does not exist"}}) {
    EXPECT_THAT(error_of(divide_layers(plan_of(each.parts), two_arrays(), kLayers)), HasSubstr(each.said));
  }
  const std::array<DividedLayer, 3> three{{{.name = "a", .channels = 1}, {.name = "b", .channels = 1}, {.name = "c", .channels = 1}}};
  EXPECT_THAT(error_of(divide_layers(plan_of({{"0,2", {}}, {"1", {}, "left", {0}}}), two_arrays(), three)), HasSubstr("layer 2 behind layer 0"));
}

/// Random intervals are accepted just where a count of each channel says one.
TEST(DivideLayers, AcceptsJustWhatCoversEachChannelOnce) {
  Random random(1);
  int accepted = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::array<DividedLayer, 1> layer{{{.name = "only", .channels = 4}}};
    std::vector<Part> parts(1 + random.below(3), Part{"0", {}});
    std::array<int, 4> count{};
    for (Part& each : parts) {
      const auto begin = static_cast<std::int64_t>(random.below(4));
      const auto end = begin + 1 + static_cast<std::int64_t>(random.below(static_cast<std::size_t>(4 - begin)));
      each.channels = {begin, end};
      for (std::int64_t c = begin; c < end; ++c) ++count.at(static_cast<std::size_t>(c));
    }
    const bool once = count == std::array<int, 4>{1, 1, 1, 1};
    EXPECT_EQ(divide_layers(plan_of(parts), two_arrays(), layer).has_value(), once);
    accepted += once ? 1 : 0;
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace mosaic

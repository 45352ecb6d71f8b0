#include "mosaic/session/mapped_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "mosaic/base/file.h"
#include "mosaic/board/board_file.h"
#include "mosaic/integers/modelled_cost.h"
#include "mosaic/integers/permute.h"
#include "tests/integer_networks.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

Board diana_board() { return expect(read_board(MOSAIC_SOURCE_FOLDER "/boards/diana.yaml")); }

/// conv of 16 channels, split -> depthwise, digital -> linear layer of 4 classes, split
integers::QuantizedNetwork small_network(bool permuted = true) {
  test::NetworkMaker maker(3, {.channels = 3, .height = 8, .width = 8});
  const std::size_t depthwise = maker.convolution(maker.convolution(0, {.out = 16}), {.out = 16, .kernel = 1, .groups = 16});
  maker.convolution(maker.global_pool(depthwise), {.out = 4, .kernel = 1, .activation = network::Activation::kNone});
  const auto plain = test::quantized_network(maker.take(), 3);
  return permuted ? integers::permute(plain) : plain;
}

Plan plan_for(const integers::QuantizedNetwork& network) { return expect(mapped_plan(network, diana_board(), {.model = "small.integers.json"})); }

TEST(MappedPlan, HasAPartForEachArrayAndTheModelledCost) {
  const auto network = small_network();
  const auto layers = integers::modelled_layers(network);
  const Plan plan = plan_for(network);
  ASSERT_EQ(layers.size(), 3U);
  ASSERT_EQ(plan.steps.size(), 5U);  // two parts, a whole depthwise layer, two parts
  ASSERT_TRUE(plan.steps[0].channels && plan.steps[1].channels);
  EXPECT_EQ(plan.steps[0].channels->begin, 0);
  EXPECT_EQ(plan.steps[0].channels->end, layers[0].digital);
  EXPECT_EQ(plan.steps[1].channels->begin, layers[0].digital);
  EXPECT_EQ(plan.steps[1].channels->end, 16);
  EXPECT_EQ(plan.steps[0].configuration, "digital/260MHz");
  EXPECT_EQ(plan.steps[1].configuration, "analog/260MHz");
  EXPECT_FALSE(plan.steps[2].channels);
  EXPECT_THAT(plan.steps[2].after, testing::ElementsAre(StepId(0), StepId(1)));
  EXPECT_THAT(plan.steps[4].after, testing::ElementsAre(StepId(2)));
  EXPECT_DOUBLE_EQ(plan.steps[1].predicted->execute.count(), layers[0].cost.analog_cycles / 260);
  EXPECT_DOUBLE_EQ(plan.prediction->expected.count(), integers::modelled_cost(network).cycles / 260);
  EXPECT_THAT(plan.prediction->energy_source, HasSubstr("modelled"));
  expect(validate_mapped(network, diana_board(), plan));
}

TEST(MappedPlan, SurvivesItsFile) {
  const auto network = small_network();
  const Plan plan = plan_for(network);
  const Plan again = expect(parse_plan(format_plan(plan)));
  EXPECT_EQ(format_plan(again), format_plan(plan));
  expect(validate_mapped(network, diana_board(), again));
}

/// Rows in the channels' order: several blocks of each array.
TEST(MappedPlan, TakesRowsInAnyOrder) {
  const auto network = small_network(false);
  ASSERT_FALSE(network.nodes[1].convolution.contiguous());
  const Plan plan = plan_for(network);
  EXPECT_GT(plan.steps.size(), 5U);
  expect(validate_mapped(network, diana_board(), plan));
}

TEST(MappedPlan, RefusesWhatDoesNotFitTheNetworkOrTheBoard) {
  const auto network = small_network();
  const auto said = [&](const std::function<void(Plan&)>& spoil) {
    Plan plan = plan_for(network);
    spoil(plan);
    return error_of(validate_mapped(network, diana_board(), plan));
  };
  EXPECT_THAT(said([](Plan& plan) { plan.graph = "12345678"; }), HasSubstr("the plan is for another network: 'net3' (12345678), this is 'net3'"));
  EXPECT_THAT(said([](Plan& plan) { plan.board = "12345678"; }), HasSubstr("the plan is for board 'diana' (12345678), this is 'diana'"));
  EXPECT_THAT(said([](Plan& plan) { plan.steps[0].configuration = "npu"; }), HasSubstr("board 'diana' has no configuration 'npu'"));
  EXPECT_THAT(said([](Plan& plan) { ++plan.steps[0].channels->end; }), HasSubstr("layer 0 ('node/1'): channel"));
  EXPECT_THAT(said([](Plan& plan) { --plan.steps[0].channels->end; }), HasSubstr("in no step"));
  EXPECT_THAT(said([](Plan& plan) {
                ++plan.steps[0].channels->end;
                ++plan.steps[1].channels->begin;
              }),
              testing::AllOf(HasSubstr("step 0 puts channels 0 to"), HasSubstr("on 'digital', which computes with 8-bit weights"),
                             HasSubstr("has ternary ones")));
  EXPECT_THAT(said([](Plan& plan) { plan.steps[2].configuration = "analog/260MHz"; }),
              HasSubstr("step 2: layer 'node/2' has 16 groups, which the analog array cannot compute"));
}

TEST(FindArrays, WantsOneOfEachPrecision) {
  const Arrays arrays = expect(find_arrays(diana_board()));
  EXPECT_EQ(diana_board().configuration(arrays.analog).name, "analog/260MHz");
  const Board single = expect(parse_board(
      "{schema_version: 1, name: half, devices: [{name: array, kind: npu, backend: modelled, cost_function: diana/digital, precision: int8}]}"));
  EXPECT_THAT(error_of(find_arrays(single)),
              testing::AllOf(HasSubstr("board 'half' computes in one precision alone (int8, device 'array')"), HasSubstr("diana/analog")));
  std::string other = expect(read_file(MOSAIC_SOURCE_FOLDER "/boards/diana.yaml"));
  other.replace(other.find("260 MHz, power: 0.02496"), 7, "200 MHz");
  EXPECT_THAT(error_of(find_arrays(expect(parse_board(other)))),
              HasSubstr("another clock or power than the published cost functions, which are of 260 MHz"));
  const Board plain = expect(parse_board("{schema_version: 1, name: plain, devices: [{name: cpu, kind: cpu, cores: [0]}]}"));
  EXPECT_THAT(error_of(find_arrays(plain)), HasSubstr("board 'plain' has no accelerators that split a layer"));
}

}  // namespace
}  // namespace mosaic

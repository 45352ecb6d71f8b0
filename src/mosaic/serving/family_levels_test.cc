#include "mosaic/serving/family_levels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/input/resize.h"
#include "tests/families.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

std::vector<Tensor> by_the_engine(const std::filesystem::path& model, const Tensor& input) {
  const auto session = expect(ort::Reference::open(model, {.threads = 1, .spin = false}));
  expect(session->bind({&input}));
  expect(session->run());
  return expect(session->results());
}

TEST(FamilyLevels, EveryLevelOnEveryPlacementIsItsOwnFileOnTheResizedInput) {
  const test::SmallFamily family;
  const auto levels = expect(FamilyLevels::open({.family = family.path(), .board = ""}));
  const Tensor input = std::move(expect(random_inputs(levels->graph(), 3))[0]);
  ASSERT_EQ(input.shape(), (Shape{1, 1, 8, 8}));
  Tensor smaller(ElementType::kFloat32, {1, 1, 6, 6});
  expect(resize_planes(input, smaller));
  for (std::size_t p = 0; p < levels->machine().seats.size(); ++p) {
    std::vector<Tensor> outputs;
    expect(levels->run({.level = 0, .placement = p}, {&input}, outputs));
    EXPECT_LT(compare(by_the_engine(family / "small.onnx", smaller)[0], outputs[0]).relative, 1e-5);
    expect(levels->run({.level = 1, .placement = p}, {&input}, outputs));
    EXPECT_LT(compare(by_the_engine(family / "large.onnx", input)[0], outputs[0]).relative, 1e-5);
  }
}

TEST(FamilyLevels, MeasuresEveryLevelOnEveryPlacement) {
  const test::SmallFamily family;
  const auto levels = expect(FamilyLevels::open({.family = family.path(), .board = ""}));
  const manager::LevelTable table = expect(levels->measure({.runs = 3}));
  ASSERT_EQ(table.levels.size(), 2U);
  EXPECT_EQ(table.levels[1].name, "large");
  EXPECT_EQ(table.levels[1].accuracy_percent, 80);
  EXPECT_GT(table.levels[1].memory, table.levels[0].memory);
  for (const auto& level : table.levels) {
    ASSERT_EQ(level.costs.size(), levels->machine().seats.size());
    for (const auto& cost : level.costs) {
      EXPECT_GT(cost.value().latency.count(), 0);
      EXPECT_GT(cost->energy.value, 0);
    }
  }
  EXPECT_THAT(levels->energy_source(), HasSubstr("modelled"));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(levels->measure({.runs = 3, .stop = stop.get_token()}).error().code, ErrorCode::kCancelled);
}

TEST(FamilyLevels, OnASimulatedBoardTimesAndEnergiesAreItsOwn) {
  const test::SmallFamily family;
  const auto levels = expect(FamilyLevels::open({.family = family.path(), .board = std::string(MOSAIC_SOURCE_FOLDER) + "/boards/hikey970.yaml"}));
  EXPECT_EQ(levels->energy_source(), "simulated");
  const manager::LevelTable table = expect(levels->measure({.runs = 2}));
  std::size_t impossible = 0;
  for (std::size_t p = 0; p < levels->machine().seats.size(); ++p) {
    if (!table.levels[1].costs[p]) ++impossible;
  }
  EXPECT_EQ(impossible, 1U);  // the NPU has no Gemm
  EXPECT_EQ(levels->machine().machine.domains.size(), 4U);
}

TEST(FamilyLevels, VariantsMustFitTogether) {
  test::SmallFamily family;
  expect(onnx::save_model(test::small_classifier(6, 4, 5), family / "small.onnx"));
  EXPECT_THAT(error_of(FamilyLevels::open({.family = family.path(), .board = ""})),
              HasSubstr("variants of a family give the same outputs: 'small' gives"));
  onnx::Builder net("planes", 1);
  net.output(net.dense(net.global_average_pool(net.conv(net.input("x", {1, 3, 6, 6}), {.in = 3, .out = 4})), 4, 3), {1, 3});
  expect(onnx::save_model(net.build(), family / "small.onnx"));
  EXPECT_THAT(error_of(FamilyLevels::open({.family = family.path(), .board = ""})), HasSubstr("differ in height and width alone"));
  family.family().variants[0].model = family / "nothing.onnx";
  family.write();
  EXPECT_THAT(error_of(FamilyLevels::open({.family = family.path(), .board = ""})), HasSubstr("variant 'small'"));
  EXPECT_FALSE(FamilyLevels::open({.family = family.path(), .board = "no-such-board"}));
}

}  // namespace
}  // namespace mosaic

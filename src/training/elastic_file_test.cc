#include "training/elastic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/base/file.h"
#include "tests/support.h"

namespace mosaic::training {
namespace {

using test::expect;
using testing::HasSubstr;

ElasticModel model_of(const std::string& name) {
  return {.design = expect(make_elastic_design(name, {.channels = 1, .height = 28, .width = 28}, 10)),
          .only = "largest",
          .data = "some \"data\"",
          .preprocess = "tf",
          .held_out = 3,
          .training = "2 epochs",
          .weights = {{.name = "a", .values = {1, 2.5F}}}};
}

TEST(ElasticFile, ComesBackAsItWas) {
  for (const std::string& name : elastic_designs()) {
    const ElasticModel model = model_of(name);
    const ElasticModel back = expect(parse_elastic(format_elastic(model)));
    EXPECT_EQ(format_elastic(back), format_elastic(model));
    EXPECT_EQ(describe(back.design.space, largest(back.design.space)), describe(model.design.space, largest(model.design.space)));
    EXPECT_EQ(back.weights, model.weights);
    EXPECT_EQ(back.data, model.data);
  }
}

TEST(ElasticFile, IsRefusedWhereItIsTruncatedOrAnotherFile) {
  const test::TemporaryFolder folder;
  const auto path = folder / "net.elastic";
  expect(write_elastic(model_of("convolutions"), path));
  std::filesystem::resize_file(path, 600);
  EXPECT_THAT(test::error_of(read_elastic(path)), HasSubstr("net.elastic: damaged"));
  expect(write_file(path, "no such thing"));
  EXPECT_THAT(test::error_of(read_elastic(path)), HasSubstr("net.elastic: not a checkpoint"));
  expect(write_checkpoint({.network = "0123", .options = "3 epochs", .losses = {}, .tensors = {}}, path));
  EXPECT_THAT(test::error_of(read_elastic(path)), HasSubstr("a checkpoint of a training"));
}

TEST(ElasticDesign, WhatCannotBeIsRefused) {
  const std::string good = format_design(model_of("convolutions").design);
  const auto error_with = [&](const std::string& what, const std::string& by) {
    std::string text = good;
    return test::error_of(parse_design(text.replace(text.find(what), what.size(), by)));
  };
  EXPECT_THAT(error_with("[3,5]", "[2,5]"), HasSubstr("kernels have odd sides, not 2, 5"));
  EXPECT_THAT(error_with("[3,5]", "[5,3]"), HasSubstr("values of k must ascend"));
  EXPECT_THAT(error_with("[1,2]", "[]"), HasSubstr("depths must ascend from 1"));
  EXPECT_THAT(error_with("[20,24,28]", "[20,29]"), HasSubstr("resolutions must ascend from 4 or more to 28"));
  EXPECT_THAT(error_with("[16,32,64]", "[16,32]"), HasSubstr("a width for each stage"));
  EXPECT_THAT(error_with("\"e\"", "\"w\""), HasSubstr("have the knobs k and e"));
  EXPECT_THAT(error_with("convolutions", "spirals"), HasSubstr("there are no blocks 'spirals'"));
  EXPECT_THAT(test::error_of(make_elastic_design("spirals", {.channels = 1, .height = 28, .width = 28}, 10)),
              HasSubstr("convolutions, widths, transformer"));
  EXPECT_THAT(test::error_of(make_elastic_design("widths", {.channels = 1, .height = 28, .width = 20}, 10)), HasSubstr("square images"));
}

}  // namespace
}  // namespace mosaic::training

#include "mosaic/precision/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace mosaic::precision {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;
using Entry = FormTable::Entry;
using enum Form;

/// Four layers: the third has no integer form, and int8 is slower in the fourth.
struct Example {
  Graph graph;
  FormTable table{.layers = {{Entry{10, 0}, Entry{4, 0.1}, std::nullopt},
                             {Entry{10, 0}, Entry{5, 0.5}, Entry{7, 0.2}},
                             {Entry{3, 0}, Entry{3, 0}, std::nullopt},
                             {Entry{2, 0}, Entry{3, 0.1}, std::nullopt}},
                  .conversion = {0, 1, 1, 1, 0}};
  std::vector<LayerForms> has{{.integer = true}, {.integer = true, .sum = true}, {}, {.integer = true}};

  Example() {
    for (const char* name : {"a", "b", "c", "d"}) graph.layers.push_back({.name = name, .kind = "Conv"});
  }
  [[nodiscard]] std::vector<LayerRecord> explain(const std::vector<Form>& forms, bool proven = true) const {
    return explain_layers(graph, table, has, assess(table, forms), forms, proven);
  }
};

TEST(ExplainLayers, SaysWhatEachOtherFormWouldChange) {
  const auto layers = Example().explain({kInt8, kFloat, kFloat, kFloat});
  EXPECT_EQ(layers[0].why, Why::kFaster);
  EXPECT_DOUBLE_EQ(layers[0].instead->microseconds, 10 - 4 - 1);  // the border would go, too
  EXPECT_DOUBLE_EQ(layers[0].instead->noise, -0.1);
  EXPECT_EQ(layers[1].why, Why::kSensitive);
  EXPECT_EQ(layers[1].instead->form, kInt8);
  EXPECT_DOUBLE_EQ(layers[1].instead->microseconds, -5);  // the border moves
  EXPECT_EQ(layers[2].why, Why::kNoIntegerForm);
  EXPECT_FALSE(layers[2].instead.has_value());
  EXPECT_EQ(layers[3].why, Why::kNotFaster);
  EXPECT_DOUBLE_EQ(layers[3].instead->microseconds, 1 + 1);
}

TEST(ExplainLayers, BlamesNoLayerWhereNothingWasProven) {
  const auto layers = Example().explain({kFloat, kFloat, kFloat, kFloat}, false);
  EXPECT_EQ(layers[1].why, Why::kNotProven);
  EXPECT_EQ(layers[2].why, Why::kNoIntegerForm);
}

// The fourth layer was assigned int8 but written in float, as a pooling is behind a layer in float.
TEST(ExplainLayers, SaysWhatIsInTheModel) {
  const Example example;
  const auto layers = explain_layers(example.graph, example.table, example.has, assess(example.table, {kInt8, kFloat, kFloat, kInt8}),
                                     {kInt8, kFloat, kFloat, kFloat}, true);
  EXPECT_EQ(layers[0].form, kInt8);
  EXPECT_EQ(layers[3].form, kFloat);
  EXPECT_EQ(layers[3].why, Why::kBehindFloat);
}

TEST(Record, ComesBackAsItWas) {
  Record record{.outcome = "mixed", .reason = "because", .threads = 2, .limit_percent = 0.5, .predicted_speedup = 2, .speedup = 1.75};
  record.images = 400;
  record.images_set = "0123";
  record.speedup_interval = {.low = 1.5, .high = 1.875};
  record.layers = Example().explain({kInt8, kInt8FloatSum, kFloat, kFloat});
  const std::string text = format_record(record);
  const Record again = expect(parse_record(text));
  EXPECT_EQ(format_record(again), text);
  EXPECT_EQ(again.layers[1].form, kInt8FloatSum);
  EXPECT_EQ(again.layers[1].instead->form, kInt8);
  EXPECT_EQ(again.threads, 2);
  EXPECT_EQ(again.images, 400);
  EXPECT_EQ(again.images_set, "0123");
  EXPECT_FALSE(again.layers[2].instead.has_value());
}

TEST(Record, NamesWhatIsWrong) {
  EXPECT_THAT(error_of(parse_record("{")), HasSubstr("line 1"));
  EXPECT_THAT(error_of(parse_record("{\"schema_version\": 1}")), HasSubstr("'outcome' is missing"));
  std::string text = format_record({.outcome = "float", .layers = Example().explain({kFloat, kFloat, kFloat, kFloat})});
  text.replace(text.find("\"form\":\"float\""), 14, "\"form\":\"int9\"");
  EXPECT_THAT(error_of(parse_record(text)), HasSubstr("'int9' is no form of a layer"));
}

}  // namespace
}  // namespace mosaic::precision

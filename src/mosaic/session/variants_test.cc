#include "mosaic/session/variants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/onnx/model.h"
#include "mosaic/session/form_noise.h"
#include "mosaic/session/form_times.h"
#include "tests/quantize_networks.h"

namespace mosaic {
namespace {

using precision::Form;
using test::error_of;
using test::expect;
using test::kImage;
using testing::HasSubstr;

class VariantsOfMixed : public testing::Test {
 protected:
  quantize::Examples examples_ = test::random_examples(kImage, 4);
  quantize::Open open_ = open_on_engine(1);
  onnx::PreparedModel prepared_ = test::prepared(test::mixed_network());
  Variants variants_ = expect(Variants::create(prepared_, examples_, open_, {}, {}));
};

TEST_F(VariantsOfMixed, AreTheWholeInt8VariantAtOneEnd) {
  const onnx::Model whole = expect(quantize::quantize(prepared_, examples_, open_, {})).model;
  EXPECT_EQ(serialize_model(expect(variants_.make(variants_.all(Form::kInt8))).model), serialize_model(whole));
  EXPECT_TRUE(variants_.quantises(variants_.all(Form::kInt8)));
}

TEST_F(VariantsOfMixed, HaveNothingToMakeAtTheOther) {
  EXPECT_FALSE(variants_.quantises(variants_.all(Form::kFloat)));
  EXPECT_THAT(error_of(variants_.make(variants_.all(Form::kFloat))), HasSubstr("nothing to quantise"));
}

// The only sum of the network is the one behind the fourth convolution.
TEST_F(VariantsOfMixed, HaveSumsInFloatWhereThereIsOne) {
  const std::vector<Form> forms = variants_.all(Form::kInt8FloatSum);
  EXPECT_EQ(std::ranges::count(forms, Form::kInt8FloatSum), 1);
  EXPECT_EQ(std::ranges::count(forms, Form::kInt8), std::ssize(forms) - 1);
}

// Poolings and their like are in int8 only behind something in int8: alone there is nothing to quantise.
TEST_F(VariantsOfMixed, KnowWhetherASingleLayerCanBeMade) {
  std::size_t made = 0;
  for (std::size_t l = 0; l < variants_.forms().size(); ++l) {
    std::vector<Form> forms = variants_.all(Form::kFloat);
    forms[l] = Form::kInt8;
    EXPECT_EQ(variants_.make(forms).has_value(), variants_.quantises(forms)) << "layer " << l;
    made += variants_.quantises(forms) ? 1 : 0;
  }
  EXPECT_EQ(made, 5);
  EXPECT_GT(variants_.forms().size(), 5);
}

TEST_F(VariantsOfMixed, AreNoisyWhereALayerIsRounded) {
  const std::size_t layers = variants_.forms().size();
  precision::FormTable table{.layers = {}, .conversion = std::vector<double>(layers + 1, 0.0)};
  for (std::size_t l = 0; l < layers; ++l) {
    table.layers.push_back({precision::FormTable::Entry{}, precision::FormTable::Entry{}, std::nullopt});
    if (variants_.forms()[l].sum) table.layers.back()[2] = precision::FormTable::Entry{};
  }
  expect(measure_noise(variants_, expect(sample_examples(examples_, 2)), open_, {}, table));
  std::size_t noisy = 0;
  for (std::size_t l = 0; l < layers; ++l) {
    EXPECT_EQ(table.layers[l][0]->noise, 0);
    EXPECT_LT(table.layers[l][1]->noise, 0.1);
    noisy += table.layers[l][1]->noise > 0 ? 1 : 0;
    if (!variants_.forms()[l].integer) {
      EXPECT_EQ(table.layers[l][1]->noise, 0);
    }
  }
  EXPECT_EQ(noisy, 5);  // four convolutions and the product; what else there is follows them, and alone stays in float
}

// Every second of four.
TEST(SampleExamples, SpreadsEvenly) {
  const std::vector<quantize::Example> samples = expect(sample_examples(test::random_examples(kImage, 4), 2));
  ASSERT_EQ(samples.size(), 2);
  EXPECT_EQ(samples[0].name, "example 0");
  EXPECT_EQ(samples[1].name, "example 2");
  EXPECT_EQ(expect(sample_examples(test::random_examples(kImage, 3), 9)).size(), 3);
}

TEST(BoardWithThreads, HasTheOneConfigurationAskedFor) {
  const Board board = expect(board_with_threads(1));
  ASSERT_EQ(board.configurations.size(), 1);
  EXPECT_EQ(board.point_of(ConfigurationId(0)).cores, 1);
  EXPECT_THAT(error_of(board_with_threads(100000)), HasSubstr("100000 cores"));
}

}  // namespace
}  // namespace mosaic

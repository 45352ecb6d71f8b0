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

// Nothing before the first layer without a product is in integers here, so it is in float whatever is asked.
TEST_F(VariantsOfMixed, KnowWhatIsWrittenOfWhatWasAsked) {
  std::vector<Form> forms = variants_.all(Form::kFloat);
  const std::vector<precision::LayerForms>& has = variants_.forms();
  const auto pooling = std::ranges::find_if(has, [](const precision::LayerForms& layer) { return layer.integer && !layer.linear; });
  ASSERT_NE(pooling, has.end());
  forms[static_cast<std::size_t>(pooling - has.begin())] = Form::kInt8;
  std::size_t last = has.size() - 1;
  while (!has[last].linear) --last;
  forms[last] = Form::kInt8;
  const std::vector<Form> written = variants_.written(expect(variants_.make(forms)).scheme, forms);
  EXPECT_EQ(std::ranges::count(forms, Form::kInt8), 2);
  EXPECT_EQ(std::ranges::count(written, Form::kInt8), 1);
  EXPECT_EQ(written[last], Form::kInt8);
}

TEST_F(VariantsOfMixed, RefuseUnknownNodesBeforeAnExampleIsRead) {
  quantize::Examples unread{.about = 1, .visit = [](const quantize::Examples::Visit&) -> Result<void> { return fail(ErrorCode::kIo, "was read"); }};
  EXPECT_THAT(error_of(Variants::create(prepared_, unread, open_, {.keep = {"Conv_99"}}, {})), HasSubstr("no node 'Conv_99'"));
}

TEST_F(VariantsOfMixed, AreNoisyWhereALayerIsRounded) {
  const std::size_t layers = variants_.forms().size();
  precision::FormTable table{.layers = {}, .conversion = std::vector<double>(layers + 1, 0.0)};
  for (std::size_t l = 0; l < layers; ++l) {
    table.layers.push_back({precision::FormTable::Entry{}, precision::FormTable::Entry{}, std::nullopt});
    if (variants_.forms()[l].sum) table.layers.back()[2] = precision::FormTable::Entry{};
  }
  expect(measure_noise(variants_, expect(sample_examples(examples_, 4, 2)), open_, {}, table));
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

// Every second of four, every third of seven but for the last; the set's own guess of how many there are does not count, which is 1 for a file of
// many.
TEST(SampleExamples, SpreadsEvenly) {
  const auto names = [](std::size_t total, std::size_t count) {
    quantize::Examples examples = test::random_examples(kImage, total);
    examples.about = 1;
    std::vector<std::string> out;
    for (const quantize::Example& each : expect(sample_examples(examples, total, count))) out.push_back(each.name);
    return out;
  };
  EXPECT_THAT(names(4, 2), testing::ElementsAre("example 0", "example 2"));
  EXPECT_THAT(names(7, 3), testing::ElementsAre("example 0", "example 3", "example 5"));
  EXPECT_EQ(names(31, 16).size(), 16);
  EXPECT_EQ(names(31, 16).back(), "example 30");
  EXPECT_EQ(names(3, 9).size(), 3);
}

TEST(BoardWithThreads, HasTheOneConfigurationAskedFor) {
  const Board board = expect(board_with_threads(1));
  ASSERT_EQ(board.configurations.size(), 1);
  EXPECT_EQ(board.point_of(ConfigurationId(0)).cores, 1);
  EXPECT_THAT(error_of(board_with_threads(100000)), HasSubstr("100000 cores"));
}

}  // namespace
}  // namespace mosaic

#include "mosaic/family/family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace mosaic {
namespace {

using test::expect;
using testing::HasSubstr;

constexpr const char* kTwo = R"(schema_version: 1
name: digits
task: classes of digits
variants:
  - {name: big, model: big.onnx, accuracy_percent: 91.5, accuracy_from: 10,000 test images}
  - {name: small, model: sub/small.onnx, accuracy_percent: 88, accuracy_from: published}
)";

std::string error_of(const std::string& yaml) {
  const auto family = parse_family(yaml, "/models", "f.yaml");
  return family ? "none" : family.error().message;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) { return text.replace(text.find(what), what.size(), by); }

TEST(Family, VariantsStandByAccuracyWithTheirModelsBesideTheFile) {
  const Family family = expect(parse_family(replaced(kTwo, "10,000", "10000"), "/models"));
  ASSERT_EQ(family.variants.size(), 2U);
  EXPECT_EQ(family.name, "digits");
  EXPECT_EQ(family.variants[0], (Variant{.name = "small", .model = "/models/sub/small.onnx", .accuracy_percent = 88, .accuracy_from = "published"}));
  EXPECT_EQ(family.variants[1].model, "/models/big.onnx");
}

TEST(Family, WhatIsWrittenReadsBackTheSame) {
  Family family{.name = "a: \"b\"\n", .task = "", .variants = {}};
  family.variants.push_back({.name = "x", .model = "/models/x.onnx", .accuracy_percent = 12.3456789, .accuracy_from = "# no comment"});
  family.variants.push_back({.name = "y", .model = "/elsewhere/y.onnx", .accuracy_percent = 50, .accuracy_from = "- \t"});
  EXPECT_EQ(expect(parse_family(format_family(family, "/models"), "/models")), family);
  EXPECT_THAT(format_family(family, "/models"), HasSubstr("model: \"x.onnx\""));
}

TEST(Family, SaysWhatIsWrong) {
  const std::string two = replaced(kTwo, "10,000", "10000");
  EXPECT_THAT(error_of(replaced(two, "accuracy_percent: 88, ", "")), HasSubstr("f.yaml, variant 1: key 'accuracy_percent' is missing"));
  EXPECT_THAT(error_of(replaced(two, "88", "101")), HasSubstr("accuracy_percent is 101, not from 0 to 100"));
  EXPECT_THAT(error_of(replaced(two, "88", ".nan")), HasSubstr("accuracy_percent"));
  EXPECT_THAT(error_of(replaced(two, "name: small", "name: big")), HasSubstr("variant 'big' stands twice"));
  EXPECT_THAT(error_of(replaced(two, "name: small", "name: a/b")), HasSubstr("name 'a/b'"));
  EXPECT_THAT(error_of(replaced(two, "published", "")), HasSubstr("accuracy_from"));
  EXPECT_THAT(error_of("schema_version: 1\nname: a\nvariants: []\n"), HasSubstr("there are no variants"));
  EXPECT_THAT(error_of("schema_version: 2\nname: a\nvariants: []\n"), HasSubstr("schema version 2"));
  EXPECT_THAT(error_of("name: ["), HasSubstr("f.yaml"));
}

}  // namespace
}  // namespace mosaic

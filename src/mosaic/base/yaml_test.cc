#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/base/json.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

TEST(ParseYaml, ReadsWhatJsonSays) {
  EXPECT_EQ(expect(parse_yaml("b: 1\na:\n  - {x: 'y', z: [1, 2.5]}\n  - ~\n  - true\n")).dump(), R"({"b":1,"a":[{"x":"y","z":[1,2.5]},null,true]})");
}

TEST(ParseYaml, TellsPlainScalarsApart) {
  struct Case {
    const char* text;
    const char* json;
  };
  const std::vector<Case> cases{{"12", "12"},         {"-7", "-7"},           {"+7", "7"},
                                {"1.5", "1.5"},       {"1e3", "1000.0"},      {"true", "true"},
                                {"false", "false"},   {"null", "null"},       {"~", "null"},
                                {"", "null"},         {"nan", "\"nan\""},     {"inf", "\"inf\""},
                                {"-inf", "\"-inf\""}, {"1e999", "\"1e999\""}, {"+-5", "\"+-5\""},
                                {"0x10", "\"0x10\""}, {"+", "\"+\""},         {"1 MiB", "\"1 MiB\""},
                                {"\"12\"", "\"12\""}, {"'true'", "\"true\""}, {"9223372036854775807", "9223372036854775807"}};
  for (const Case& each : cases) {
    EXPECT_EQ(expect(parse_yaml("key: " + std::string(each.text)))["key"].dump(), each.json) << each.text;
  }
}

TEST(ParseYaml, SaysLineAndColumn) {
  struct Case {
    const char* text;
    const char* where;
    const char* why;
  };
  const std::vector<Case> cases{{"a: 1\nb: [1, 2\n", "line 3, column 1", ""},
                                {"a: 1\nb: 2\na: 3\n", "line 3, column 1", "key 'a' stands twice"},
                                {"a: 1\n? [x]\n: 2\n", "line 2, column 3", "a key must be a text"},
                                {"a: 1\n---\nb: 2\n", "line 2, column 1", "a second document"},
                                {"a: &x 1\n", "line 1, column 4", "anchors are not read"},
                                {"a: 1\nb: &x [1]\n", "line 2, column 4", "anchors are not read"},
                                {"a: &x {b: 1}\n", "line 1, column 4", "anchors are not read"},
                                {"&x a: 1\n", "line 1, column 1", "anchors are not read"},
                                {"a: 1\nb: *x\n", "line 2, column 4", "aliases are not read"},
                                {"a: !!str 1\n", "line 1, column 4", "tags are not read"},
                                {"a: !!set {b: 1}\n", "line 1, column 4", "tags are not read"},
                                {"a: !x [1]\n", "line 1, column 4", "tags are not read"},
                                {"!!str a: 1\n", "line 1, column 1", "tags are not read"}};
  for (const Case& each : cases) {
    const auto parsed = parse_yaml(each.text);
    EXPECT_THAT(error_of(parsed), testing::AllOf(HasSubstr("not valid YAML: "), HasSubstr(each.where), HasSubstr(each.why))) << each.text;
  }
}

TEST(ParseYaml, RefusesAnEmptyFile) {
  for (const char* text : {"", "\n\n", "# nothing\n"}) EXPECT_THAT(error_of(parse_yaml(text)), HasSubstr("the file is empty")) << text;
}

TEST(ParseYaml, RefusesWhatIsNoText) {
  for (const char* text : {"\xff\xff", "a: \x01", "\"open", "a: [", "a: {b", "\tx: 1", "a: b: c"}) {
    EXPECT_FALSE(parse_yaml(text).has_value()) << text;
  }
}

TEST(ParseYaml, RefusesEndlessNesting) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_yaml(nested(32)).has_value());
  EXPECT_THAT(error_of(parse_yaml(nested(34))), HasSubstr("nested more than 32 levels deep"));
  EXPECT_FALSE(parse_yaml(std::string(100'000, '[')).has_value());
}

TEST(ParseYaml, RefusesABombOfAliases) {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    text += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
  }
  EXPECT_FALSE(parse_yaml(text).has_value());
}

TEST(ParseYaml, ReadsBackWhatJsonWrites) {
  const Json json = expect(parse_json(R"({"a": ["x\ny\t\"", 1, -2.5, true, null, {}, []], "b c": {"d: e": "~", "f": "12", "g": "# no comment"}})"));
  EXPECT_EQ(expect(parse_yaml(json.dump())), json);
  EXPECT_EQ(expect(parse_yaml(to_text(json))), json);
}

}  // namespace
}  // namespace mosaic

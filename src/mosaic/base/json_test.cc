#include "mosaic/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

TEST(ParseJson, KeepsTheOrderOfKeys) {
  EXPECT_EQ(expect(parse_json(R"({"b": 1, "a": [true, null, "x"]})")).dump(), R"({"b":1,"a":[true,null,"x"]})");
}

TEST(ParseJson, SaysWhereTheTextIsWrong) {
  const auto parsed = parse_json("{\n  \"a\": 1,\n  \"b\": ]\n}");
  EXPECT_THAT(error_of(parsed), testing::AllOf(HasSubstr("not valid JSON"), HasSubstr("line 3, column 8")));
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(error_of(parsed), testing::Not(HasSubstr("json.exception")));
}

TEST(ParseJson, RefusesWhatIsNotOneValue) {
  for (const char* text : {"", " ", "{", "[1,]", "1 2", "nul", "\"open", "{\"a\": 1e999}", "\xff\xfe", "'a'"}) {
    EXPECT_FALSE(parse_json(text).has_value()) << text;
  }
}

TEST(ParseJson, RefusesAKeyThatStandsTwice) {
  EXPECT_THAT(error_of(parse_json(R"({"a": 1, "b": {"c": 1, "c": 2}})")), HasSubstr("key 'c' stands twice"));
  EXPECT_TRUE(parse_json(R"({"a": {"c": 1}, "b": {"c": 1, "a": [{"c": 3}, {"c": 4}]}})").has_value());
}

TEST(ParseJson, RefusesEndlessNesting) {
  EXPECT_THAT(error_of(parse_json(std::string(1'000'000, '['))), HasSubstr("levels deep"));
  EXPECT_TRUE(parse_json(std::string(30, '[') + std::string(30, ']')).has_value());
}

TEST(ToText, PutsListsOfScalarsOnOneLine) {
  const Json json = expect(parse_json(R"({"a":[1,2.5,"x"],"b":{"c":[],"d":{}},"e":[{"f":1},[2]]})"));
  EXPECT_EQ(to_text(json),
            "{\n"
            "  \"a\": [1, 2.5, \"x\"],\n"
            "  \"b\": {\n"
            "    \"c\": [],\n"
            "    \"d\": {}\n"
            "  },\n"
            "  \"e\": [\n"
            "    {\n"
            "      \"f\": 1\n"
            "    },\n"
            "    [2]\n"
            "  ]\n"
            "}\n");
  EXPECT_EQ(expect(parse_json(to_text(json))), json);
}

TEST(ToText, ReplacesWhatIsNotUtf8) {
  Json json;
  json["a\xff"] = "b\xc3";
  EXPECT_TRUE(parse_json(to_text(json)).has_value()) << to_text(json);
}

TEST(Fields, ReadsEveryKindOfValue) {
  const Json json = expect(parse_json(R"({"flag": true, "count": -3, "ratio": 2, "text": "x", "any": {"a": 1}, "list": [1, 2], "maybe": 0.5})"));
  bool flag = false;
  std::int64_t count = 0;
  double ratio = 0;
  std::string text;
  Json any;
  std::vector<std::int64_t> list{9};
  std::optional<double> maybe;
  std::optional<double> absent;
  double untouched = 7;
  Fields fields(json, "here");
  fields.required("flag", flag).required("count", count).required("ratio", ratio).required("text", text).required("any", any);
  fields.required("list", list).optional("maybe", maybe).optional("absent", absent).optional("untouched", untouched);
  expect(fields.finish());
  EXPECT_TRUE(flag);
  EXPECT_EQ(count, -3);
  EXPECT_EQ(ratio, 2);
  EXPECT_EQ(text, "x");
  EXPECT_EQ(any.dump(), R"({"a":1})");
  EXPECT_THAT(list, testing::ElementsAre(1, 2));
  EXPECT_EQ(maybe, 0.5);
  EXPECT_FALSE(absent.has_value());
  EXPECT_EQ(untouched, 7);
}

/// The error of reading one key of a type from a text.
template <class T>
std::string misread(const std::string& text) {
  const Json json = expect(parse_json(text));
  T value{};
  Fields fields(json, "here");
  fields.required("key", value);
  const auto finished = fields.finish();
  return finished ? "" : finished.error().message;
}

TEST(Fields, RefusesAnotherType) {
  EXPECT_EQ(misread<bool>(R"({"key": 1})"), "here: key 'key' must be true or false");
  EXPECT_EQ(misread<std::int64_t>(R"({"key": 1.5})"), "here: key 'key' must be an integer");
  EXPECT_EQ(misread<std::int64_t>(R"({"key": 1.0})"), "here: key 'key' must be an integer");
  EXPECT_EQ(misread<std::int64_t>(R"({"key": 9223372036854775808})"), "here: key 'key' must be an integer");  // 2^63
  EXPECT_EQ(misread<std::int64_t>(R"({"key": true})"), "here: key 'key' must be an integer");
  EXPECT_EQ(misread<double>(R"({"key": "1"})"), "here: key 'key' must be a number");
  EXPECT_EQ(misread<std::string>(R"({"key": null})"), "here: key 'key' must be a text");
  EXPECT_EQ(misread<std::vector<double>>(R"({"key": 1})"), "here: key 'key' must be a list, each element a number");
  EXPECT_EQ(misread<std::vector<double>>(R"({"key": [1, "2"]})"), "here: key 'key' must be a list, each element a number");
  EXPECT_EQ(misread<std::int64_t>(R"({"key": 9223372036854775807})"), "");
}

TEST(Fields, MissesRequiredKeys) { EXPECT_EQ(misread<bool>("{}"), "here: key 'key' is missing"); }

TEST(Fields, RefusesWhatIsNoMapping) {
  EXPECT_EQ(misread<bool>("[1]"), "here: must be a mapping of keys to values");
  EXPECT_EQ(misread<bool>("null"), "here: must be a mapping of keys to values");
}

TEST(Fields, RefusesKeysNobodyAskedForAndSuggestsOne) {
  EXPECT_EQ(misread<bool>(R"({"key": true, "kei": 1})"), "here: unknown key 'kei' (did you mean 'key'?)");
  EXPECT_EQ(misread<bool>(R"({"key": true, "something": 1})"), "here: unknown key 'something'");
}

TEST(Fields, KeepsTheFirstError) {
  const Json json = expect(parse_json(R"({"b": 1, "unknown": 2})"));
  bool a = false;
  bool b = false;
  Fields fields(json, "here");
  EXPECT_FALSE(fields.failed());
  fields.required("a", a).required("b", b).reject("is odd");
  EXPECT_TRUE(fields.failed());
  EXPECT_EQ(error_of(fields.finish()), "here: key 'a' is missing");
}

TEST(CheckSchema, RefusesOtherVersionsAndOtherFiles) {
  EXPECT_TRUE(check_schema(expect(parse_json(R"({"schema_version": 1})")), 1, "plan").has_value());
  EXPECT_EQ(error_of(check_schema(expect(parse_json(R"({"schema_version": 2})")), 1, "plan")),
            "plan has schema version 2, this mosaic reads version 1");
  for (const char* text : {"{}", "[]", "3", R"({"schema_version": "1"})", R"({"schema_version": 1.0})"}) {
    EXPECT_EQ(error_of(check_schema(expect(parse_json(text)), 1, "plan")), "not a plan: key 'schema_version' is missing") << text;
  }
}

}  // namespace
}  // namespace mosaic

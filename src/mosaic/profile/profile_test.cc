#include "mosaic/profile/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graphs.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

Graph chain() {
  test::GraphDrawing net("chain");
  net.output(net.node("c", "Conv", {net.node("b", "Conv", {net.node("a", "Conv", {net.input("x")})})}));
  return expect(net.group());
}

Board board() {
  return expect(
      parse_board("{schema_version: 1, name: toy, machine: here, devices: [{name: cpu, kind: cpu, cores: [0]}, {name: gpu, kind: gpu}, "
                  "{name: npu, kind: npu, operating_points: [{clock: 600 MHz}, {clock: 800 MHz}]}]}"));
}

/// Two rounds of the three layers, as measured on the board.
Profile example() {
  const Graph graph = chain();
  Profile profile;
  profile.graph_name = graph.name;
  profile.graph = graph.fingerprint;
  for (const Layer& layer : graph.layers) profile.signatures.push_back(layer.signature);
  profile.board_name = "toy";
  profile.board = board().fingerprint;
  profile.machine = "here";
  profile.engine = "ONNX Runtime 1.22.0";
  profile.engine_fingerprint = "abcd";
  profile.rounds = 2;
  profile.slices = {{.begin = 0, .end = 1, .configuration = "cpu/1c", .microseconds = {10.5, 11}},
                    {.begin = 1, .end = 3, .configuration = "cpu/1c", .microseconds = {20.125, 19}}};
  profile.wholes = {{.begin = 0, .end = 3, .configuration = "cpu/1c", .microseconds = {30, 31}}};
  profile.links = {
      {.from = "cpu", .to = "gpu", .points = {{.bytes = Bytes{0}, .microseconds = {-0.5, 1}}, {.bytes = Bytes{4096}, .microseconds = {2, 3}}}},
      {.from = "", .to = "cpu", .points = {{.bytes = Bytes{1}, .microseconds = {0, 0}}}}};
  profile.unsupported = {{.configuration = "gpu", .layer = 2, .reason = "lacks 'Conv'"}};
  profile.powers = {{.configuration = "cpu/1c", .power = {5.25}, .error = {0.125}, .rest = {2}, .meter = "battery:BAT0"}};
  profile.clock_changes = {{.domain = "fdab0000.npu",
                            .devices = {"npu"},
                            .changes = {{.from = Hertz{600'000'000}, .to = Hertz{800'000'000}, .microseconds = {120.5, 130}},
                                        {.from = Hertz{800'000'000}, .to = Hertz{600'000'000}, .microseconds = {90}}}}};
  profile.load = 0.25;
  profile.noisy = {"cpu/1c: 40 %"};
  return profile;
}

TEST(FormatProfile, IsReadBackByteForByte) {
  const std::string text = format_profile(example());
  EXPECT_EQ(format_profile(expect(parse_profile(text))), text);
}

TEST(ParseProfile, GivesBackEveryField) {
  const Profile profile = expect(parse_profile(format_profile(example())));
  EXPECT_EQ(profile.graph, example().graph);
  EXPECT_EQ(profile.signatures, example().signatures);
  EXPECT_EQ(profile.machine, "here");
  EXPECT_EQ(profile.engine_fingerprint, "abcd");
  EXPECT_FALSE(profile.simulated);
  EXPECT_EQ(profile.rounds, 2U);
  ASSERT_EQ(profile.slices.size(), 2U);
  EXPECT_EQ(profile.slices[1].begin, 1U);
  EXPECT_EQ(profile.slices[1].end, 3U);
  EXPECT_THAT(profile.slices[1].microseconds, ElementsAre(20.125, 19));
  ASSERT_EQ(profile.wholes.size(), 1U);
  ASSERT_EQ(profile.links.size(), 2U);
  EXPECT_EQ(profile.links[0].points[1].bytes, Bytes{4096});
  EXPECT_THAT(profile.links[0].points[0].microseconds, ElementsAre(-0.5, 1));
  ASSERT_EQ(profile.unsupported.size(), 1U);
  EXPECT_EQ(profile.unsupported[0].layer, 2U);
  EXPECT_EQ(profile.unsupported[0].reason, "lacks 'Conv'");
  ASSERT_EQ(profile.powers.size(), 1U);
  EXPECT_EQ(profile.powers[0].power, Watts{5.25});
  EXPECT_EQ(profile.powers[0].meter, "battery:BAT0");
  ASSERT_EQ(profile.clock_changes.size(), 1U);
  EXPECT_EQ(profile.clock_changes[0].domain, "fdab0000.npu");
  EXPECT_THAT(profile.clock_changes[0].devices, ElementsAre("npu"));
  ASSERT_EQ(profile.clock_changes[0].changes.size(), 2U);
  EXPECT_EQ(profile.clock_changes[0].changes[0].from, Hertz{600'000'000});
  EXPECT_EQ(profile.clock_changes[0].changes[0].to, Hertz{800'000'000});
  EXPECT_THAT(profile.clock_changes[0].changes[0].microseconds, ElementsAre(120.5, 130));
  EXPECT_EQ(profile.load, 0.25);
  EXPECT_THAT(profile.noisy, ElementsAre("cpu/1c: 40 %"));
}

TEST(FormatProfile, RoundsTimesToNanoseconds) {
  Profile profile = example();
  profile.slices[0].microseconds = {10.12345678, 1.0 / 3};
  EXPECT_THAT(expect(parse_profile(format_profile(profile))).slices[0].microseconds, ElementsAre(10.123, 0.333));
}

/// The example's text with one part replaced by another.
std::string with(const std::string& part, const std::string& replacement) {
  std::string text = format_profile(example());
  const std::size_t at = text.find(part);
  if (at == std::string::npos) throw std::runtime_error("the example does not hold " + part);
  return text.replace(at, part.size(), replacement);
}

TEST(ParseProfile, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string text;
    const char* why;
  };
  const std::vector<Case> cases{
      {"", "p: not valid JSON"},
      {"[]", "p: not a profile: key 'schema_version' is missing"},
      {with("\"schema_version\": 1", "\"schema_version\": 3"), "p: profile has schema version 3"},
      {with("\"machine\"", "\"machin\""), "p: unknown key 'machin' (did you mean 'machine'?)"},
      {with("\"load\"", "\"extra\": 1, \"load\""), "p: unknown key 'extra'"},
      {with("\"rounds\": 2", "\"rounds\": 0"), "p: has no completed round"},
      {with("\"rounds\": 2", "\"rounds\": -1"), "p: has no completed round"},
      {with("\"rounds\": 2", "\"rounds\": 3"), "p: whole 0: has 2 samples, there were 3 rounds"},
      {with("\"begin\": 1", "\"begin\": 3"), "p: slice 1: covers layers 3 to 3"},
      {with("\"begin\": 1", "\"begin\": -1"), "p: slice 1: covers layers -1 to 3"},
      {with("[10.5, 11.0]", "[10.5]"), "p: slice 0: has 1 samples, there were 2 rounds"},
      {with("[10.5, 11.0]", "[10.5, -11.0]"), "p: slice 0: has a sample that is no time"},
      {with("[10.5, 11.0]", "[10.5, 1e300]"), "p: slice 0: has a sample that is no time"},
      {with("[10.5, 11.0]", "[10.5, null]"), "p: slice 0: key 'us' must be a list, each element a number"},
      {with("\"bytes\": 4096", "\"bytes\": -4096"), "p: link 0, a point: has a negative size"},
      {with("[2.0, 3.0]", "[2.0]"), "p: link 0, a point: has 1 samples, there were 2 rounds"},
      {with("\"layer\": 2", "\"layer\": -2"), "p: unsupported 0: names a negative layer"},
      {with("\"reason\"", "\"why\""), "p: unsupported 0: key 'reason' is missing"},
      {with("[120.5, 130.0]", "[-1.0]"), "p: clock 0, a change: has a sample that is no time, or none"},
      {with("[120.5, 130.0]", "[]"), "p: clock 0, a change: has a sample that is no time, or none"},
      {with("\"from_hz\": 600000000", "\"from_hz\": -6"), "p: clock 0, a change: has a clock that is none"},
      {with("\"from_hz\": 600000000", "\"from_hz\": 800000000"), "p: clock 0, a change: changes nothing"},
      {with("\"from_hz\"", "\"from\""), "p: clock 0, a change: unknown key 'from'"},
      {with("\"fingerprint\": \"abcd\"", "\"fingerprint\": 1"), "p: key 'engine': key 'fingerprint' must be a text"},
  };
  for (const Case& each : cases) {
    const auto parsed = parse_profile(each.text, "p");
    EXPECT_THAT(error_of(parsed), HasSubstr(each.why));
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidInput);
  }
}

TEST(ParseProfile, RefusesALinkWithoutPoints) {
  Profile profile = example();
  profile.links[1].points.clear();
  EXPECT_EQ(error_of(parse_profile(format_profile(profile), "p")), "p: link 1: has no points");
}

TEST(WriteProfile, IsReadBackFromTheFile) {
  const test::TemporaryFolder folder;
  expect(write_profile(example(), folder / "profile.json"));
  EXPECT_EQ(format_profile(expect(read_profile(folder / "profile.json"))), format_profile(example()));
  EXPECT_THAT(error_of(read_profile(folder / "none.json")), HasSubstr("none.json"));
}

TEST(CheckProfile, TakesWhatWasMeasuredHere) {
  EXPECT_TRUE(check_profile(example(), chain(), board(), "abcd").has_value());
  EXPECT_TRUE(check_profile(example(), chain(), board(), "").has_value());  // no engine is loaded
}

TEST(CheckProfile, RefusesWhatWasMeasuredOfSomethingElse) {
  struct Case {
    const char* why;
    void (*change)(Profile&);
  };
  const std::vector<Case> cases{
      {"the profile is of another model: 'other' (12345678), this is 'chain'",
       [](Profile& profile) { profile.graph_name = "other", profile.graph = "123456789"; }},
      {"the profile was measured on another machine: 'there', this is 'here': measure again", [](Profile& profile) { profile.machine = "there"; }},
      {"the profile is of board 'other', this is 'toy': give --board",
       [](Profile& profile) { profile.board_name = "other", profile.board = "123456789"; }},
      {"the profile was measured with another engine, ONNX Runtime 1.22.0: measure again",
       [](Profile& profile) { profile.engine_fingerprint = "x"; }},
      {"the profile has a slice of layers 1 to 4 on 'cpu/1c', which do not exist", [](Profile& profile) { profile.slices[1].end = 4; }},
      {"the profile has a slice of layers 0 to 1 on 'tpu', which do not exist", [](Profile& profile) { profile.slices[0].configuration = "tpu"; }},
      {"the profile has a slice of layers 0 to 9 on 'cpu/1c', which do not exist", [](Profile& profile) { profile.wholes[0].end = 9; }},
      {"the profile has a link from 'cpu' to 'tpu': there is no device 'tpu'", [](Profile& profile) { profile.links[0].to = "tpu"; }},
      {"the profile has clock 'fdab0000.npu' of device 'tpu', which does not exist",
       [](Profile& profile) { profile.clock_changes[0].devices = {"tpu"}; }},
      {"the profile has a change of clock 'fdab0000.npu' that no operating point asks for: left to the system",
       [](Profile& profile) { profile.clock_changes[0].changes[1].from.reset(); }},
      {"the profile speaks of layer 3 on 'gpu', which do not exist", [](Profile& profile) { profile.unsupported[0].layer = 3; }},
      {"the profile speaks of layer 2 on 'tpu', which do not exist", [](Profile& profile) { profile.unsupported[0].configuration = "tpu"; }},
  };
  for (const Case& each : cases) {
    Profile profile = example();
    each.change(profile);
    const auto checked = check_profile(profile, chain(), board(), "abcd");
    EXPECT_THAT(error_of(checked), HasSubstr(each.why));
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidInput);
  }
}

}  // namespace
}  // namespace mosaic

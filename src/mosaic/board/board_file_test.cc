#include "mosaic/board/board_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFull = R"(schema_version: 1
name: "full: #1"
machine: someone's machine
spaces:
  - {name: host, limit: 1.5 GiB}
  - {name: lonely}
devices:
  - name: big
    kind: cpu
    cores: [4, 5]
    spin: false
    operating_points: [{cores: 1, clock: 1.234567891 GHz, voltage: 0.75}, {cores: 2, clock: 2362 MHz, voltage: 0.85}]
  - {name: little, kind: cpu, cores: [0, 1, 2, 3], missing_operators: [Conv, "a.b.C"]}
  - {name: gpu, kind: gpu, provider: WebGPU, library: lib/x.so, options: {a: 1, b: "two: 2", c: true}, slice_limit: 100 MB, clock_domain: ff9a0000.gpu}
)";

TEST(ParseBoard, ReadsEveryKey) {
  const Board board = expect(parse_board(kFull));
  EXPECT_EQ(board.name, "full: #1");
  EXPECT_EQ(board.machine, "someone's machine");
  EXPECT_FALSE(board.simulated());
  ASSERT_EQ(board.spaces.size(), 3U);
  EXPECT_EQ(board.spaces[0].limit, Bytes{1610612736});  // 1.5 * 2^30
  EXPECT_FALSE(board.spaces[1].limit.has_value());
  EXPECT_EQ(board.spaces[2].name, "gpu");  // a GPU has a memory of its own name unless told
  ASSERT_EQ(board.devices.size(), 3U);
  const Device& big = board.devices[0];
  EXPECT_EQ(board.space(big.space).name, "host");
  EXPECT_FALSE(big.spin);
  EXPECT_EQ(big.points[1].clock, Hertz{2'362'000'000});
  EXPECT_EQ(big.points[1].voltage, Volts{0.85});
  EXPECT_EQ(big.backend, "ort");
  EXPECT_EQ(big.provider, "CPU");
  const Device& little = board.devices[1];
  ASSERT_EQ(little.points.size(), 2U);  // one core and all of them
  EXPECT_EQ(little.points[1].cores, 4);
  EXPECT_THAT(little.missing_operators, ElementsAre("Conv", "a.b.C"));
  const Device& gpu = board.devices[2];
  EXPECT_EQ(gpu.slice_limit, Bytes{100'000'000});
  EXPECT_EQ(gpu.clock_domain, "ff9a0000.gpu");
  EXPECT_THAT(gpu.options, ElementsAre(std::pair("a", "1"), std::pair("b", "two: 2"), std::pair("c", "true")));
  ASSERT_EQ(gpu.points.size(), 1U);
  EXPECT_EQ(board.configurations.back().name, "gpu");
}

TEST(FormatBoard, IsReadBackToAnEqualBoard) {
  const std::string odd_sim =
      "schema_version: 1\nname: s\ndevices: [{name: a, kind: npu, provider: Odd}]\nsimulation: {seed: 3, text: \"x: #\", small: 1e-7}\n";
  const std::string with_power =
      "{schema_version: 1, name: p, devices: [{name: a, kind: gpu, operating_points: [{clock: 1 GHz, power: 2.5}, {clock: 2 GHz, power: 6}]}]}";
  for (const std::string& text :
       {std::string(kFull), test::simulated_board_text(), test::simulated_board_text(", slice_limit: 1 MiB"), odd_sim, with_power}) {
    const Board board = expect(parse_board(text));
    const std::string written = format_board(board);
    const Board again = expect(parse_board(written));
    EXPECT_EQ(format_board(again), written);
    EXPECT_EQ(again.fingerprint, board.fingerprint) << written;
    EXPECT_EQ(again.simulation, board.simulation);
    ASSERT_EQ(again.devices.size(), board.devices.size());
    for (std::size_t d = 0; d < board.devices.size(); ++d) {
      EXPECT_EQ(again.devices[d].slice_limit, board.devices[d].slice_limit);
      EXPECT_EQ(again.devices[d].missing_operators, board.devices[d].missing_operators);
      EXPECT_EQ(again.devices[d].clock_domain, board.devices[d].clock_domain);
      for (std::size_t p = 0; p < board.devices[d].points.size(); ++p) {
        EXPECT_EQ(again.devices[d].points[p].clock, board.devices[d].points[p].clock);
        EXPECT_EQ(again.devices[d].points[p].voltage, board.devices[d].points[p].voltage);
        EXPECT_EQ(again.devices[d].points[p].power, board.devices[d].points[p].power);
      }
    }
    ASSERT_EQ(again.spaces.size(), board.spaces.size());
    for (std::size_t s = 0; s < board.spaces.size(); ++s) EXPECT_EQ(again.spaces[s].limit, board.spaces[s].limit);
  }
}

TEST(FormatBoard, KeepsEveryHertz) {
  for (const std::int64_t hertz : {std::int64_t{1}, std::int64_t{999'999'999}, std::int64_t{1'234'567'891}, std::int64_t{123'456'789'012}}) {
    Board board = expect(parse_board("{schema_version: 1, name: n, devices: [{name: a, kind: gpu}]}"));
    board.devices[0].points = {{.clock = Hertz{hertz}}};
    EXPECT_EQ(expect(parse_board(format_board(expect(make_board(board))))).devices[0].points[0].clock, Hertz{hertz});
  }
}

TEST(ParseBoard, SaysWhatIsWrongAndWhere) {
  const auto board = [](const std::string& device, const std::string& more = "") {
    return "{schema_version: 1, name: n, devices: [" + device + "]" + more + "}";
  };
  struct Case {
    std::string text;
    const char* why;
  };
  const std::vector<Case> cases{
      {"", "b: not valid YAML: the file is empty"},
      {"a: [", "b: not valid YAML: line 2"},
      {"name: n", "b: not a board file: key 'schema_version' is missing"},
      {"schema_version: 2", "b: board file has schema version 2, this mosaic reads version 1"},
      {"{schema_version: 1, devices: []}", "b: key 'name' is missing"},
      {"{schema_version: 1, name: n, devices: []}", "b: the board has no device"},
      {"{schema_version: 1, name: n, devices: [], device: 1}", "b: unknown key 'device' (did you mean 'devices'?)"},
      {board("1"), "b: device 0: must be a mapping"},
      {board("{kind: cpu, cores: [0]}"), "b: device 0: key 'name' is missing"},
      {board("{name: a}"), "b: device 'a': key 'kind' is missing"},
      {board("{name: a, kind: tpu}"), "b: device 'a': kind must be cpu, gpu or npu, not 'tpu'"},
      {board("{name: a, kind: cpu, core: [0]}"), "b: device 'a': unknown key 'core' (did you mean 'cores'?)"},
      {board("{name: a, kind: cpu, cores: 4}"), "b: device 'a': key 'cores' must be a list, each element an integer"},
      {board("{name: a, kind: cpu, cores: [-1]}"), "b: device 'a': core -1 does not exist"},
      {board("{name: a, kind: cpu, cores: [4294967296]}"), "b: device 'a': core 4294967296 does not exist"},
      {board("{name: a, kind: cpu, cores: [0, 0]}"), "b: device 'a': a core stands twice"},
      {board("{name: a, kind: cpu}"), "b: device 'a': an operating point of a CPU needs at least one core"},
      {board("{name: a, kind: gpu, backend: cuda}"), "b: device 'a': backend must be ort, sim, replay or modelled, not 'cuda'"},
      {board("{name: a, kind: gpu, backend: replay}, {name: b, kind: gpu}"), "b: device 'b': a board is replayed as a whole"},
      {board("{name: a, kind: npu, backend: modelled, cost_function: f}, {name: b, kind: gpu}"), "b: device 'b': a board is modelled as a whole"},
      {board("{name: a, kind: npu, backend: modelled}"), "b: device 'a': a device of backend modelled names its 'cost_function'"},
      {board("{name: a, kind: npu, cost_function: f}"), "b: device 'a': a device of backend modelled names its 'cost_function'"},
      {board("{name: a, kind: gpu, backend: sim}"), "b: device 'a': a board is simulated as a whole"},
      {board("{name: a, kind: gpu, backend: ort}", ", simulation: {seed: 1}"), "b: device 'a': a board is simulated as a whole"},
      {board("{name: a, kind: gpu, options: [1]}"), "b: device 'a': key 'options' must be a mapping"},
      {board("{name: a, kind: gpu, slice_limit: 3 MiBs}"), "b: device 'a': key 'slice_limit': '3 MiBs' is not a size such as '100 MB'"},
      {board("{name: a, kind: gpu, slice_limit: -3}"), "b: device 'a': key 'slice_limit': '-3' is not a size"},
      {board("{name: a, kind: gpu, slice_limit: [3]}"), "b: device 'a': key 'slice_limit': '[3]' is not a size"},
      {board("{name: a, kind: gpu, operating_points: [{clock: 5}]}"),
       "b: device 'a', operating point 0: key 'clock': '5' is not a clock such as '1800 MHz'"},
      {board("{name: a, kind: cpu, cores: [0], operating_points: [{cores: 1}, {cores: 2}]}"),
       "b: device 'a': an operating point has 2 cores, the device has 1"},
      {board("{name: a, kind: cpu, cores: [0], operating_points: [{cores: 99999999}]}"), "b: device 'a', operating point 0: 99999999 cores"},
      {board("{name: a, kind: gpu, operating_points: [{power: 0}]}"), "b: 'a': the power must be positive, not 0 W"},
      {board("{name: a, kind: gpu, operating_points: [{power: 2 W}]}"), "operating point 0: key 'power' must be"},
      {board("{name: a, kind: gpu, operating_points: [{power: 2}]}, {name: b, kind: gpu}"),
       "b: 'b' has no power, and other operating points have one"},
      {board("{name: a, kind: gpu, operating_points: [{speed: 1}]}"), "operating point 0: unknown key 'speed'"},
      {board("{name: a, kind: gpu}, {name: a, kind: gpu}"), "b: device 'a' stands twice"},
      {board("{name: a, kind: gpu}", ", spaces: [{limit: 5}]"), "b: memory space 0: key 'name' is missing"},
      {board("{name: a, kind: gpu}", ", spaces: [{name: a, limit: 0}]"), "b: memory space 0: key 'limit': '0' is not a size"},
      {board("{name: a, kind: gpu}", ", spaces: [{name: a}, {name: a}]"), "b: memory space 'a' stands twice"},
  };
  for (const Case& each : cases) {
    const auto parsed = parse_board(each.text, "b");
    EXPECT_THAT(error_of(parsed), HasSubstr(each.why)) << each.text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidInput);
  }
}

TEST(ReadBoard, NamesTheFile) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(error_of(read_board(folder / "none.yaml")), HasSubstr("none.yaml"));
  expect(write_file(folder / "bad.yaml", "schema_version: 1\nname: [\n"));
  EXPECT_THAT(error_of(read_board(folder / "bad.yaml")), testing::AllOf(HasSubstr("bad.yaml"), HasSubstr("line 3")));
  expect(write_file(folder / "good.yaml", kFull));
  EXPECT_EQ(expect(read_board(folder / "good.yaml")).devices.size(), 3U);
}

TEST(ParseBoard, KeepsTheSimulationForTheBackend) {
  const Board board = test::simulated_board();
  EXPECT_TRUE(board.simulated());
  EXPECT_THAT(board.simulation, HasSubstr(R"("seed":7)"));
  for (const Device& device : board.devices) EXPECT_EQ(device.backend, "sim");
  EXPECT_NE(board.fingerprint, test::simulated_board("", ", lacks: [MaxPool]").fingerprint);
}

TEST(ParseBytes, KnowsDecimalAndBinaryUnits) {
  struct Case {
    const char* text;
    std::int64_t bytes;
  };
  for (const Case& each : std::vector<Case>{{"1", 1},
                                            {"100 MB", 100'000'000},
                                            {"100MB", 100'000'000},
                                            {"100 MiB", 104'857'600},
                                            {"1.5 GiB", 1'610'612'736},
                                            {"2 kB", 2000},
                                            {"2 KB", 2000},
                                            {"2 KiB", 2048},
                                            {"3 B", 3},
                                            {"1 TB", 1'000'000'000'000},
                                            {"1 TiB", 1'099'511'627'776}}) {
    EXPECT_EQ(expect(parse_bytes(each.text)), Bytes{each.bytes}) << each.text;
  }
  for (const char* text : {"", "MB", "-1", "0", "1 mb", "1 M", "inf", "nan", "1e99 TB", "4194304 TiB", "1 MB x", " 1", "0.2", "0x10"}) {
    EXPECT_FALSE(parse_bytes(text).has_value()) << text;
  }
}

TEST(ParseClock, NeedsAUnit) {
  EXPECT_EQ(expect(parse_clock("2362 MHz")), Hertz{2'362'000'000});
  EXPECT_EQ(expect(parse_clock("1.8GHz")), Hertz{1'800'000'000});
  EXPECT_EQ(expect(parse_clock("32.768 kHz")), Hertz{32768});
  for (const char* text : {"", "1800", "0 Hz", "-1 GHz", "0.1 Hz", "1 hz"}) EXPECT_FALSE(parse_clock(text).has_value()) << text;
}

}  // namespace
}  // namespace mosaic

#include "mosaic/board/board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kMega = 1'000'000;

/// Four cores that a GPU shares one of, and an accelerator in memory of its own.
Board example() {
  Board board;
  board.name = "example";
  board.spaces = {{.name = "host", .limit = Bytes{1000}}, {.name = "npu", .limit = {}}};
  board.devices.push_back(
      {.name = "cpu", .space = SpaceId(0), .cores = {3, 0, 2, 1}, .points = {{.cores = 1}, {.cores = 4, .clock = Hertz{1800 * kMega}}}});
  board.devices.push_back({.name = "gpu", .kind = DeviceKind::kGpu, .space = SpaceId(0), .cores = {3}, .points = {{.clock = Hertz{767 * kMega}}}});
  board.devices.push_back({.name = "npu", .kind = DeviceKind::kNpu, .space = SpaceId(1), .points = {{}}});
  return board;
}

TEST(MakeBoard, ListsEveryDeviceAtEveryPoint) {
  const Board board = expect(make_board(example()));
  std::vector<std::string> names;
  for (const Configuration& each : board.configurations) names.push_back(each.name);
  EXPECT_THAT(names, ElementsAre("cpu/1c", "cpu/4c@1800MHz", "gpu/767MHz", "npu"));
  EXPECT_EQ(board.configurations[1].point, 1U);
  EXPECT_EQ(board.device_of(ConfigurationId(3)).name, "npu");
  EXPECT_EQ(board.point_of(ConfigurationId(1)).cores, 4);
  EXPECT_THAT(board.devices[0].cores, ElementsAre(0, 1, 2, 3));
}

TEST(MakeBoard, ListsConfigurationsAfreshEachTime) {
  const Board once = expect(make_board(example()));
  EXPECT_EQ(expect(make_board(once)).configurations.size(), 4U);
}

TEST(MakeBoard, RefusesWhatContradictsItself) {
  struct Case {
    const char* why;
    void (*change)(Board&);
  };
  const std::vector<Case> cases{
      {"the board has no device", [](Board& board) { board.devices.clear(); }},
      {"device 'cpu' stands twice", [](Board& board) { board.devices[1].name = "cpu"; }},
      {"memory space 'host' stands twice", [](Board& board) { board.spaces[1].name = "host"; }},
      {"memory space 'host': the limit must be positive, not 0 bytes", [](Board& board) { board.spaces[0].limit = Bytes{0}; }},
      {"device 'gpu': the limit must be positive, not -1 bytes", [](Board& board) { board.devices[1].slice_limit = Bytes{-1}; }},
      {"device 'a/b': a name is made of letters", [](Board& board) { board.devices[1].name = "a/b"; }},
      {"device '': a name is made of letters", [](Board& board) { board.devices[1].name = ""; }},
      {"device 'npu': its memory space does not exist", [](Board& board) { board.devices[2].space = SpaceId(2); }},
      {"device 'npu': it has no operating point", [](Board& board) { board.devices[2].points.clear(); }},
      {"device 'cpu': a core stands twice", [](Board& board) { board.devices[0].cores = {0, 1, 1, 2}; }},
      {"device 'cpu': a core must be a number from 0 to 65535", [](Board& board) { board.devices[0].cores = {-1, 0, 1, 2}; }},
      {"device 'cpu': a core must be a number from 0 to 65535", [](Board& board) { board.devices[0].cores = {0, 1, 2, 65536}; }},
      {"device 'cpu': an operating point has 5 cores, the device has 4", [](Board& board) { board.devices[0].points[1].cores = 5; }},
      {"device 'npu': an operating point has 1 cores, the device has 0", [](Board& board) { board.devices[2].points[0].cores = 1; }},
      {"device 'cpu': an operating point has -1 cores", [](Board& board) { board.devices[0].points[0].cores = -1; }},
      {"device 'cpu': an operating point of a CPU needs at least one core", [](Board& board) { board.devices[0].points[0].cores = 0; }},
      {"device 'gpu': a clock must be positive", [](Board& board) { board.devices[1].points[0].clock = Hertz{0}; }},
      {"device 'cpu': operating point '1c' stands twice",
       [](Board& board) { board.devices[0].points = {{.cores = 1}, {.cores = 1, .voltage = Volts{1}}}; }},
  };
  for (const Case& each : cases) {
    Board board = example();
    each.change(board);
    const auto made = make_board(std::move(board));
    EXPECT_THAT(error_of(made), HasSubstr(each.why));
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidInput);
  }
}

TEST(Board, NamesTheConfigurationsThereAre) {
  const Board board = expect(make_board(example()));
  EXPECT_EQ(expect(board.find_configuration("gpu/767MHz")), ConfigurationId(2));
  EXPECT_EQ(error_of(board.find_configuration("cpu")), "board 'example' has no configuration 'cpu'; it has cpu/1c, cpu/4c@1800MHz, gpu/767MHz, npu");
}

TEST(Board, SaysWhatMayWorkAtTheSameMoment) {
  const Board board = expect(make_board(example()));
  EXPECT_FALSE(board.disjoint(ConfigurationId(0), ConfigurationId(1)));  // one device
  EXPECT_FALSE(board.disjoint(ConfigurationId(0), ConfigurationId(2)));  // core 3 belongs to both
  EXPECT_TRUE(board.disjoint(ConfigurationId(0), ConfigurationId(3)));
  EXPECT_FALSE(board.disjoint(ConfigurationId(3), ConfigurationId(3)));
}

TEST(Board, FindsTheWidestCoresThatMaySpin) {
  Board board = example();
  EXPECT_THAT(expect(make_board(board)).widest_spinning_cores(), ElementsAre(0, 1, 2, 3));
  board.devices[0].points[1].cores = 3;
  EXPECT_THAT(expect(make_board(board)).widest_spinning_cores(), ElementsAre(0, 1, 2));
  board.devices[0].points.pop_back();
  EXPECT_THAT(expect(make_board(board)).widest_spinning_cores(), IsEmpty());
  board = example();
  board.devices[0].spin = false;
  EXPECT_THAT(expect(make_board(board)).widest_spinning_cores(), IsEmpty());
}

TEST(Device, LacksWhatItsListNames) {
  const Device device{.name = "npu", .missing_operators = {"Conv", "com.microsoft.FusedConv"}};
  EXPECT_TRUE(device.lacks("Conv"));
  EXPECT_TRUE(device.lacks("com.microsoft.FusedConv"));
  EXPECT_FALSE(device.lacks("FusedConv"));
}

Fingerprint changed(void (*change)(Board&)) {
  Board board = example();
  change(board);
  return expect(make_board(std::move(board))).fingerprint;
}

TEST(BoardFingerprint, IgnoresWhatChangesNoMeasurement) {
  const Fingerprint before = changed([](Board&) {});
  EXPECT_EQ(changed([](Board& board) { board.name = "another"; }), before);
  EXPECT_EQ(changed([](Board& board) { board.spaces[0].limit = Bytes{7}; }), before);
  EXPECT_EQ(changed([](Board& board) { board.devices[1].slice_limit = Bytes{7}; }), before);
  EXPECT_EQ(changed([](Board& board) { board.devices[1].missing_operators = {"Conv"}; }), before);
  EXPECT_EQ(changed([](Board& board) { board.devices[0].cores = {0, 1, 2, 3}; }), before);  // the order they are given in
}

TEST(BoardFingerprint, SeesWhatChangesAMeasurement) {
  const std::vector<void (*)(Board&)> changes{[](Board&) {},
                                              [](Board& board) { board.machine = "another"; },
                                              [](Board& board) { board.simulation = "{}"; },
                                              [](Board& board) { board.devices.pop_back(); },
                                              [](Board& board) { board.devices[0].name = "big"; },
                                              [](Board& board) { board.devices[1].kind = DeviceKind::kNpu; },
                                              [](Board& board) { board.devices[1].provider = "WebGPU"; },
                                              [](Board& board) { board.devices[1].library = "lib.so"; },
                                              [](Board& board) { board.devices[1].options["a"] = "b"; },
                                              [](Board& board) { board.devices[0].spin = false; },
                                              [](Board& board) { board.devices[0].cores = {0, 1, 2, 4}; },
                                              [](Board& board) { board.devices[2].space = SpaceId(0); },
                                              [](Board& board) { board.devices[0].points.pop_back(); },
                                              [](Board& board) { board.devices[1].points[0].clock = Hertz{1}; },
                                              [](Board& board) { board.devices[1].clock_domain = "policy4"; }};
  std::set<Fingerprint> seen;
  for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_TRUE(seen.insert(changed(changes[i])).second) << "change " << i;
}

}  // namespace
}  // namespace mosaic

#include "mosaic/manager/board_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mosaic/board/board_file.h"
#include "tests/support.h"

namespace mosaic::manager {
namespace {

using test::expect;
using testing::ElementsAre;

std::vector<std::string> names(const Machine& machine) {
  std::vector<std::string> all;
  for (const Placement& each : machine.placements) all.push_back(each.name);
  return all;
}

TEST(BoardMachine, CoresAreGroupedAndClocksAreLevels) {
  const Board board =
      expect(parse_board("schema_version: 1\nname: four\ndevices:\n"
                         "  - {name: cpu, kind: cpu, cores: [2, 3, 4, 5], operating_points: [{cores: 1}, {cores: 2}, {cores: 4}]}\n"
                         "  - {name: gpu, kind: gpu, operating_points: [{clock: 800 MHz, voltage: 0.9}, {clock: 200 MHz, voltage: 0.7}]}\n"));
  const BoardMachine made = expect(machine_of(board));
  EXPECT_THAT(made.machine.units, ElementsAre("cpu2", "cpu3", "cpu4", "cpu5", "gpu"));
  EXPECT_THAT(names(made.machine),
              ElementsAre("cpu[2]", "cpu[3]", "cpu[4]", "cpu[5]", "cpu[2-3]", "cpu[4-5]", "cpu[2-5]", "gpu@800MHz", "gpu@200MHz"));
  EXPECT_THAT(made.seats[5].cores, ElementsAre(4, 5));
  EXPECT_EQ(made.machine.placements[5].units, 0b01100U);
  EXPECT_EQ(made.machine.placements[6].units, 0b01111U);
  ASSERT_EQ(made.machine.domains.size(), 1U);
  EXPECT_EQ(made.machine.domains[0].units, 0b10000U);
  EXPECT_EQ(made.machine.placements[7].level_of(0), 2U);
  EXPECT_EQ(made.machine.placements[8].level_of(0), 1U);
  EXPECT_FALSE(clocks_agree(made.machine.placements[7].clocks, made.machine.placements[8].clocks));
  EXPECT_TRUE(clocks_agree(made.machine.placements[0].clocks, made.machine.placements[8].clocks));
}

TEST(BoardMachine, BoardsThatMosaicBringsAreMachines) {
  for (const std::string name : {"hikey970", "example-sim"}) {
    const Board board = expect(read_board(std::string(MOSAIC_SOURCE_FOLDER) + "/boards/" + name + ".yaml"));
    const BoardMachine made = expect(machine_of(board));
    EXPECT_EQ(made.seats.size(), made.machine.placements.size());
    EXPECT_GE(made.machine.placements.size(), board.configurations.size());
  }
}

TEST(BoardMachine, SaysWhereThereIsTooMuch) {
  Board board{.name = "huge"};
  board.spaces = {{.name = "host", .limit = {}}};
  Device device{.name = "cpu", .space = SpaceId(0), .points = {{.cores = 1}}};
  for (int core = 0; core < 65; ++core) device.cores.push_back(core);
  board.devices = {device};
  EXPECT_THAT(test::error_of(machine_of(expect(make_board(board)))), testing::HasSubstr("65 cores and devices, of at most 64"));
}

}  // namespace
}  // namespace mosaic::manager

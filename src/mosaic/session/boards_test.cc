#include "mosaic/session/boards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "mosaic/base/file.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// A folder of boards that is in use as long as this lives.
class BoardsFolder {
 public:
  BoardsFolder() { ::setenv("MOSAIC_BOARDS", folder_.path().c_str(), 1); }
  ~BoardsFolder() { ::unsetenv("MOSAIC_BOARDS"); }
  BoardsFolder(const BoardsFolder&) = delete;
  BoardsFolder& operator=(const BoardsFolder&) = delete;
  void add(const std::string& name, const std::string& text) const { expect(write_file(folder_ / (name + ".yaml"), text)); }
  [[nodiscard]] const test::TemporaryFolder& folder() const { return folder_; }

 private:
  test::TemporaryFolder folder_;
};

const std::string kRealBoard = "schema_version: 1\nname: mine\ndevices: [{name: cpu, kind: cpu, cores: [0], operating_points: [{cores: 1}]}]\n";

TEST(FindBoard, FindsABoardByNameInTheFolder) {
  const BoardsFolder boards;
  boards.add("sandbox", test::simulated_board_text());
  EXPECT_EQ(expect(find_board("sandbox")).name, "toy");
  EXPECT_THAT(board_names(), Contains("sandbox"));
}

TEST(FindBoard, FindsABoardByItsPath) {
  const BoardsFolder boards;
  boards.add("sandbox", test::simulated_board_text());
  EXPECT_EQ(expect(find_board((boards.folder() / "sandbox.yaml").string())).name, "toy");
}

TEST(FindBoard, NamesTheBoardsThereAreForOneThatIsNot) {
  const BoardsFolder boards;
  boards.add("sandbox", test::simulated_board_text());
  boards.add("testbed", test::simulated_board_text());
  const auto board = find_board("nowhere");
  EXPECT_THAT(error_of(board), AllOf(HasSubstr("'nowhere'"), HasSubstr("host, host-split"), HasSubstr("sandbox"), HasSubstr("testbed")));
  EXPECT_EQ(board.error().code, ErrorCode::kInvalidInput);
}

TEST(FindBoard, NamesNoBoardsWhereThereAreNone) {
  const BoardsFolder boards;
  EXPECT_THAT(error_of(find_board("nowhere")), Not(HasSubstr(", ,")));
}

TEST(FindBoard, SaysSoWhereAFileIsMissingOrWrong) {
  const BoardsFolder boards;
  boards.add("broken", "schema_version: 1\nname: broken\ndevices: 5\n");
  EXPECT_THAT(error_of(find_board("broken")), HasSubstr("devices"));
  EXPECT_THAT(error_of(find_board("/nowhere/board.yaml")), HasSubstr("/nowhere/board.yaml"));
}

TEST(FindBoard, TakesARealBoardWithoutAMachineForThisOne) {
  const BoardsFolder boards;
  boards.add("mine", kRealBoard);
  EXPECT_FALSE(expect(find_board("mine")).machine.empty());
}

TEST(FindBoard, RefusesARealBoardOfAnotherMachine) {
  const BoardsFolder boards;
  boards.add("mine", kRealBoard + "machine: some other machine\n");
  EXPECT_THAT(error_of(find_board("mine")), AllOf(HasSubstr("'some other machine'"), HasSubstr("machine")));
}

TEST(FindBoard, DiscoversThisMachine) {
  EXPECT_FALSE(expect(find_board("")).simulated());
  EXPECT_EQ(expect(find_board("")).fingerprint, expect(find_board("host")).fingerprint);
}

TEST(SplitByCore, MakesADeviceOfEachCore) {
  const Board board = expect(split_by_core(test::simulated_board()));
  std::vector<std::string> names;
  for (const Device& device : board.devices) names.push_back(device.name);
  EXPECT_THAT(names, testing::ElementsAre("core0", "core1", "core2", "core3", "gpu", "npu"));
  EXPECT_THAT(board.devices[2].cores, testing::ElementsAre(2));
  EXPECT_EQ(board.devices[2].points.size(), 1U);
}

TEST(MakeBackends, GivesASimulatedBoardItsSimulation) {
  const Backends backends = expect(make_backends(test::simulated_board()));
  ASSERT_EQ(backends.size(), 1U);
  EXPECT_TRUE(backends.at("sim")->simulated());
}

TEST(MakeBackends, RefusesACoreThatTheMachineLacks) {
  Board board = test::split_board(1);
  board.devices[0].cores = {100'000};
  EXPECT_THAT(error_of(make_backends(board)), HasSubstr("100000"));
}

}  // namespace
}  // namespace mosaic

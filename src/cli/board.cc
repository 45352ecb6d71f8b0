#include <fmt/format.h>

#include <algorithm>

#include "command.h"
#include "mosaic/base/text.h"
#include "mosaic/board/board_file.h"
#include "mosaic/session/boards.h"
#include "output.h"

namespace mosaic::cli {
namespace {

/// What is worth knowing of a board file that is not wrong.
std::vector<std::string> remarks(const Board& board) {
  std::vector<std::string> found;
  for (const Device& device : board.devices) {
    const auto clocks = std::ranges::count_if(device.points, [](const OperatingPoint& point) { return point.clock.has_value(); });
    const bool voltages = std::ranges::any_of(device.points, [](const OperatingPoint& point) { return point.voltage.has_value(); });
    if (clocks > 2 && !voltages) {
      found.push_back(fmt::format("device '{}' has {} clocks and no voltages: power between the extreme clocks cannot be estimated, only measured",
                                  device.name, clocks));
    }
  }
  if (board.machine.empty() && !board.simulated())
    found.emplace_back("no machine is named: the file is taken to describe whatever machine it is used on");
  return found;
}

/// The file, and for a simulated board its truth.
Result<Board> check(const std::string& file) {
  MOSAIC_TRY(Board board, read_board(file));
  if (board.simulated()) {
    MOSAIC_TRY([[maybe_unused]] const Backends backends, make_backends(board, false));
  }
  return board;
}

std::string clocks_of(const Device& device) {
  std::vector<std::int64_t> clocks;
  for (const OperatingPoint& point : device.points) {
    if (point.clock) clocks.push_back(point.clock->value);
  }
  if (clocks.empty()) return "left to the system";
  const auto [low, high] = std::ranges::minmax(clocks);
  const auto mhz = [](std::int64_t clock) { return fmt::format("{:g}", static_cast<double>(clock) / 1e6); };
  return low == high ? mhz(low) + " MHz" : fmt::format("{} from {} to {} MHz", clocks.size(), mhz(low), mhz(high));
}

void print_board(const Board& board) {
  Table table({"device", "kind", ">operating points", "clocks", "slice limit", "lacks"});
  for (const Device& device : board.devices) {
    std::string lacks;
    for (const std::string& op : device.missing_operators) lacks += (lacks.empty() ? "" : " ") + op;
    table.add({device.name, std::string(name(device.kind)), std::to_string(device.points.size()), clocks_of(device),
               device.slice_limit ? format_bytes(*device.slice_limit) : "none", lacks.empty() ? "nothing" : lacks});
  }
  print(fmt::format("board {}{}: {} configurations\n{}", board.name, board.simulated() ? " (simulated)" : "", board.configurations.size(),
                    table.text()));
  for (const std::string& remark : remarks(board)) print("note: " + remark + "\n");
  print("ok\n");
}

}  // namespace

void add_board(CLI::App& app, Context& context) {
  auto& command = add_command(app, "board", "Check board files, list the boards there are",
                              "  mosaic board check my-board.yaml\n"
                              "  mosaic board list");
  command.require_subcommand(1);
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  auto& check_command =
      add_command(command, "check", "Say whether a board file is right, and what it describes", "  mosaic board check my-board.yaml --json");
  check_command.add_option("FILE", *file, "Board file")->required();
  check_command.add_flag("--json", *json, "Print JSON for scripts");
  check_command.callback([file, json, &context] {
    context.action = [file, json]() -> Result<void> {
      MOSAIC_TRY(const Board board, check(*file));
      *json ? print_json(Json{
                  {"name", board.name}, {"simulated", board.simulated()}, {"configurations", board.configurations.size()}, {"notes", remarks(board)}})
            : print_board(board);
      return {};
    };
  });
  auto& list = add_command(command, "list", "List the boards in the folders of boards", "  mosaic board list");
  list.callback([&context] {
    context.action = []() -> Result<void> {
      for (const std::string& each : board_names()) print(each + "\n");
      return {};
    };
  });
}

}  // namespace mosaic::cli

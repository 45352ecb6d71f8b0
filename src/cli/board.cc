#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

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
  for (std::size_t s = 0; s < board.spaces.size(); ++s) {
    if (std::ranges::none_of(board.devices, [&](const Device& device) { return device.space == SpaceId(s); }))
      found.push_back(
          fmt::format("memory space '{}' is used by no device{}", board.spaces[s].name, board.spaces[s].limit ? ": its limit limits nothing" : ""));
  }
  for (const Device& device : board.devices) {
    if (device.slice_limit && device.slice_limit->value < 4096)
      found.push_back(fmt::format("device '{}' has a slice limit of {} bytes, less than any layer needs: is a unit missing, as in '64 MiB'?",
                                  device.name, device.slice_limit->value));
    if (device.kind != DeviceKind::kCpu && device.backend == "ort" && device.provider == "CPU")
      found.push_back(fmt::format("device '{}' is a {} without a provider: it would run on the engine's CPU", device.name, name(device.kind)));
  }
  for (std::size_t a = 0; a < board.devices.size(); ++a) {
    for (std::size_t b = a + 1; b < board.devices.size(); ++b) {
      const auto shared = std::ranges::find_first_of(board.devices[a].cores, board.devices[b].cores);
      if (shared != board.devices[a].cores.end())
        found.push_back(fmt::format("devices '{}' and '{}' share core {}: they cannot work at the same moment", board.devices[a].name,
                                    board.devices[b].name, *shared));
    }
  }
  if (board.machine.empty() && board.real()) found.emplace_back("no machine is named: the file is taken to describe whatever machine it is used on");
  return found;
}

/// A file, also one that describes another machine, or the board of that name; and for a simulated board its truth.
Result<Board> check(const std::string& file) {
  std::error_code error;
  const bool named = file.find_first_of("./") == std::string::npos && !std::filesystem::exists(file, error);
  MOSAIC_TRY(Board board, named ? find_board(file) : read_board(file));
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
  Table table({"device", "kind", "cores", ">operating points", "clocks", "memory", "slice limit", "lacks"});
  for (const Device& device : board.devices) {
    std::string lacks;
    for (const std::string& op : device.missing_operators) lacks += (lacks.empty() ? "" : " ") + op;
    const MemorySpace& space = board.space(device.space);
    table.add({device.name, std::string(name(device.kind)), device.cores.empty() ? "none" : fmt::format("{}", fmt::join(device.cores, ",")),
               std::to_string(device.points.size()), clocks_of(device), space.name + (space.limit ? " (" + format_bytes(*space.limit) + ")" : ""),
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
  check_command.add_option("FILE", *file, "Board file, or the name of a board")->required();
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
  list.add_flag("--json", *json, "Print JSON for scripts");
  list.callback([json, &context] {
    context.action = [json]() -> Result<void> {
      const std::vector<std::string> names = board_names();
      if (*json) print_json(Json{{"boards", names}});
      for (const std::string& each : *json ? std::vector<std::string>{} : names) print(each + "\n");
      return {};
    };
  });
}

}  // namespace mosaic::cli

#include "mosaic/session/boards.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "mosaic/backend/ort/ort_backend.h"
#include "mosaic/backend/sim/sim_backend.h"
#include "mosaic/base/file.h"
#include "mosaic/base/installation.h"
#include "mosaic/board/board_file.h"
#include "mosaic/discovery/host.h"
#include "mosaic/power/clock_control.h"
#include "mosaic/runtime/clocked_backend.h"
#include "mosaic/session/board_clocks.h"

namespace mosaic {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> folders() {
  std::vector<fs::path> all;
  if (const std::string named = environment("MOSAIC_BOARDS"); !named.empty()) all.emplace_back(named);
  for (const fs::path& folder : installations()) all.push_back(folder / "share" / "mosaic" / "boards");
  return all;
}

/// A board of real devices belongs to the machine it is used on.
Result<Board> claim(Board board, const std::string& name) {
  if (!board.real()) return board;
  const std::string here = machine_name();
  if (!board.machine.empty() && board.machine != here) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("board '{}' describes another machine, '{}'; this is '{}' (delete its key 'machine' to use it here all the same)", name,
                            board.machine, here));
  }
  board.machine = here;
  return make_board(std::move(board));
}

}  // namespace

std::vector<std::string> board_names() {
  std::set<std::string> names;
  for (const fs::path& folder : folders()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".yaml") names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

Result<Board> split_by_core(const Board& board) {
  Board split = board;
  split.name = board.name + "-split";
  split.devices.clear();
  for (const Device& device : board.devices) {
    if (device.kind != DeviceKind::kCpu) {
      split.devices.push_back(device);
      continue;
    }
    for (const int core : device.cores) {
      Device single = device;
      single.name = fmt::format("core{}", core);
      single.cores = {core};
      single.points = {{.cores = 1, .clock = {}, .voltage = {}}};
      split.devices.push_back(std::move(single));
    }
  }
  return make_board(std::move(split));
}

Result<Board> find_board(const std::string& name) {
  if (name.empty() || name == "host") return discover_host();
  if (name == "host-split") {
    MOSAIC_TRY(const Board host, discover_host());
    return split_by_core(host);
  }
  std::error_code error;
  if (name.contains('/') || name.ends_with(".yaml") || name.ends_with(".yml") || fs::is_regular_file(name, error)) {
    MOSAIC_TRY(Board board, read_board(name));
    return claim(std::move(board), name);
  }
  for (const fs::path& folder : folders()) {
    const fs::path path = folder / (name + ".yaml");
    if (!fs::is_regular_file(path, error)) continue;
    MOSAIC_TRY(Board board, read_board(path));
    return claim(std::move(board), name);
  }
  std::vector<std::string> known{"host", "host-split"};
  std::ranges::copy(board_names(), std::back_inserter(known));
  return fail(ErrorCode::kInvalidInput, fmt::format("there is no board '{}'; there are {}, and files", name, fmt::join(known, ", ")));
}

Result<Backends> make_backends(const Board& board, bool functional, const std::function<void(const std::string&)>& remark) {
  if (board.replayed()) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("board '{}' is known from tables that others measured: nothing runs on it, but 'mosaic evaluate {} --profiles DIR' "
                            "judges estimators and replays plans",
                            board.name, board.name));
  }
  if (board.modelled()) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format(
            "board '{}' is known from published cost functions: nothing is profiled, planned or run on it layer by layer, but 'mosaic search MODEL "
            "--board {}' splits the layers of a network over its accelerators and 'mosaic run NAME.integers.json' simulates what it found",
            board.name, board.name));
  }
  Backends backends;
  std::shared_ptr<Backend> host;
  if (!board.simulated()) MOSAIC_RETURN_IF_ERROR(ort::share_threads(board.widest_spinning_cores()));
  if (!board.simulated() || functional) {
    MOSAIC_TRY(host, ort::make_backend());
  }
  if (board.simulated()) {
    MOSAIC_TRY(backends["sim"], sim::make_backend(board, host));
  } else {
    const Sysfs sysfs = Sysfs::from_environment();
    const auto tidied = recover_clocks(sysfs, state_folder(), remark);
    const bool in_use = !tidied && tidied.error().code == ErrorCode::kDevice;  // what a living mosaic holds is its own affair
    if (!tidied && !in_use && remark) remark(tidied.error().message);
    backends["ort"] = make_clocked_backend(host, make_clock_setter(sysfs, state_folder(), remark));
  }
  for (std::size_t d = 0; d < board.devices.size(); ++d) {
    const auto usable = backends.at(board.devices[d].backend)->check_device(board, DeviceId(d));
    if (!usable) return within(fmt::format("board '{}'", board.name), usable.error());
  }
  return backends;
}

}  // namespace mosaic

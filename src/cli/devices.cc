#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command.h"
#include "machine.h"
#include "mosaic/base/file.h"
#include "mosaic/base/text.h"
#include "mosaic/board/board_file.h"
#include "mosaic/power/clock_control.h"
#include "mosaic/session/boards.h"
#include "output.h"

namespace mosaic::cli {
namespace {

std::string driver_of(const Device& device) {
  if (device.backend == "sim") return "simulation";
  if (device.backend == "replay") return "measured tables";
  if (device.backend == "modelled") return fmt::format("cost function {}, in {}", device.cost_function, device.precision);
  return device.provider;
}

Json to_json(const Board& board) {
  Json json{{"name", board.name}, {"machine", board.machine}, {"simulated", board.simulated()}, {"fingerprint", board.fingerprint}};
  json["spaces"] = Json::array();
  for (const MemorySpace& space : board.spaces)
    json["spaces"].push_back({{"name", space.name}, {"limit_bytes", space.limit ? Json(space.limit->value) : Json(nullptr)}});
  json["devices"] = Json::array();
  for (std::size_t d = 0; d < board.devices.size(); ++d) {
    const Device& device = board.devices[d];
    Json configurations = Json::array();
    for (const Configuration& each : board.configurations) {
      if (each.device == DeviceId(d)) configurations.push_back(each.name);
    }
    Json one{{"name", device.name},
             {"kind", name(device.kind)},
             {"backend", device.backend},
             {"provider", device.provider},
             {"space", board.space(device.space).name},
             {"cores", device.cores},
             {"slice_limit_bytes", device.slice_limit ? Json(device.slice_limit->value) : Json(nullptr)},
             {"missing_operators", device.missing_operators},
             {"configurations", configurations}};
    if (!device.cost_function.empty()) one["cost_function"] = device.cost_function;
    if (!device.precision.empty()) one["precision"] = device.precision;
    json["devices"].push_back(std::move(one));
  }
  return json;
}

void print_table(const Board& board) {
  const std::string what = board.simulated()  ? " (simulated)"
                           : board.replayed() ? " (replayed from measured tables: nothing runs on it)"
                           : board.modelled() ? " (modelled by published cost functions: nothing runs on it)"
                                              : ": " + board.machine;
  print(fmt::format("board {}{}\n", board.name, what));
  Table table({"device", "kind", "driven by", "memory", "slice limit", "lacks", "configurations"});
  for (std::size_t d = 0; d < board.devices.size(); ++d) {
    const Device& device = board.devices[d];
    std::vector<std::string> configurations;
    for (const Configuration& each : board.configurations) {
      if (each.device == DeviceId(d)) configurations.push_back(each.name);
    }
    std::string cores = device.cores.empty() ? "" : fmt::format(" on cores {}", fmt::join(device.cores, ","));
    const auto& space = board.space(device.space);
    table.add({device.name, std::string(name(device.kind)), driver_of(device) + cores,
               space.name + (space.limit ? " (" + format_bytes(*space.limit) + ")" : ""),
               device.slice_limit ? format_bytes(*device.slice_limit) : "none",
               device.missing_operators.empty() ? "nothing" : fmt::format("{}", fmt::join(device.missing_operators, " ")),
               fmt::format("{}", fmt::join(configurations, " "))});
  }
  print(table.text());
}

}  // namespace

void add_devices(CLI::App& app, Context& context) {
  auto& command = add_command(app, "devices", "Show what layers can be placed on, here or on a board, and the machine's clocks and meters",
                              "  mosaic devices\n"
                              "  mosaic devices --write host.yaml     this machine as a board file, to edit: limits, missing operators, cores\n"
                              "  mosaic devices --board host.yaml\n"
                              "  mosaic devices --restore-clocks      after a crash: clocks as they were before mosaic set them");
  struct Options {
    std::string board;
    std::string write;
    bool restore_clocks = false;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  command.add_option("-b,--board", options->board, "Board: host (default), host-split, the name of a board or a board file");
  command.add_option("--write", options->write, "Write the board as a file")->type_name("FILE");
  command.add_flag("--restore-clocks", options->restore_clocks, "Put back clocks that a mosaic which died has left, and show nothing");
  command.add_flag("--json", options->json, "Print JSON for scripts");
  command.callback([options, &context] {
    context.action = [options]() -> Result<void> {
      const Sysfs sysfs = Sysfs::from_environment();
      const auto remark = [](const std::string& text) { note(text); };
      if (options->restore_clocks) {
        MOSAIC_TRY(const bool left, recover_clocks(sysfs, state_folder(), remark));
        if (!left) note("no mosaic has left clocks that it set");
        if (options->json) print_json(Json{{"restored", left}});
        return {};
      }
      MOSAIC_TRY(const Board board, find_board(options->board));
      if (!board.replayed() && !board.modelled()) {
        MOSAIC_TRY([[maybe_unused]] const Backends backends, make_backends(board, true, remark));
      }
      if (!options->write.empty()) return write_file(options->write, format_board(board));
      if (options->json) {
        Json json = to_json(board);
        if (board.real()) json.update(machine_json(sysfs));
        print_json(json);
      } else {
        print_table(board);
        if (board.real()) print(machine_text(sysfs, board));
      }
      return {};
    };
  });
}

}  // namespace mosaic::cli

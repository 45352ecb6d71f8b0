#include "mosaic/serving/serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>

#include "command.h"
#include "energy.h"
#include "mosaic/base/file.h"
#include "mosaic/base/quantity.h"
#include "mosaic/power/energy.h"
#include "mosaic/power/wake_latency.h"
#include "mosaic/serving/new_process.h"
#include "mosaic/serving/serve_trace.h"
#include "output.h"
#include "output_folder.h"
#include "result_tables.h"
#include "serve_live.h"

namespace mosaic::cli {
namespace {

constexpr const char* kNoWakeLatency = "--wake-latency does not go with simulations: it is about this machine's processors";
constexpr const char* kNoLive = "--live does not go with simulations, which are over in a moment: see the page of --output";

struct ServeArguments {
  std::string scenario;
  std::string board;
  std::string duration;
  std::vector<std::string> policies{"mosaic"};
  bool simulate = false;
  double noise = 0.03;
  double idle_power = 0;
  std::string relaunch = "5.1 s";
  std::optional<std::uint16_t> port;
  std::string address = "127.0.0.1";
  std::string meter = "auto";
  std::optional<std::int64_t> wake_latency;  ///< microseconds
  std::string output;
  bool live = false;
  bool quiet = false;
  bool json = false;
};

Result<manager::World> world_of(const ServeArguments& arguments) {
  MOSAIC_TRY(const Picoseconds relaunch, parse_time(arguments.relaunch));
  return manager::World{.noise = arguments.noise, .idle = {arguments.idle_power}, .relaunch = std::chrono::duration_cast<Nanoseconds>(relaunch)};
}

Result<manager::Scenario> scenario_of(const ServeArguments& arguments) {
  MOSAIC_TRY(manager::Scenario scenario, manager::read_scenario(arguments.scenario));
  if (!arguments.board.empty()) scenario.board = arguments.board;
  if (!arguments.duration.empty()) {
    MOSAIC_TRY(const Picoseconds duration, parse_time(arguments.duration));
    scenario.duration = std::chrono::duration_cast<Nanoseconds>(duration);
  }
  return scenario;
}

ServeStage::Clients clients_of(const ServeArguments& arguments) {
  return {.server = {.address = arguments.address, .port = *arguments.port, .version = MOSAIC_VERSION},
          .listening = [&arguments](std::uint16_t port) {
            note(fmt::format("KServe v2 on http://{}:{}/v2, metrics on /metrics, events on /v1/events; Ctrl-C ends", arguments.address, port));
          }};
}

/// None unless it was asked for.
Result<std::optional<WakeLatency>> wake_latency_of(const ServeArguments& arguments) {
  if (!arguments.wake_latency) return std::nullopt;
  if (arguments.simulate) return invalid(kNoWakeLatency);
  MOSAIC_TRY(WakeLatency held, WakeLatency::hold(std::chrono::microseconds(*arguments.wake_latency)));
  return held;
}

/// What --live needs, as far as it is known before the board is.
Result<void> check_live(const ServeArguments& arguments) {
  if (!arguments.live) return {};
  if (arguments.json) return invalid("--live does not go with --json: both write to standard output");
  if (arguments.simulate) return invalid(kNoLive);
  return LiveView::check_terminal();
}

/// What clients need: one policy, a real machine.
Result<void> check_clients(const ServeArguments& arguments, const manager::Scenario& scenario) {
  if (!arguments.port) {
    if (scenario.duration.count() == 0)
      return invalid(fmt::format("scenario '{}' has no duration: say --duration, or --http for clients until Ctrl-C", scenario.name));
    return {};
  }
  if (arguments.policies.size() != 1) return invalid("--http goes with one policy");
  if (arguments.simulate) return invalid("--http does not go with --simulate: clients live on the real clock");
  return {};
}

/// Those that a real machine can have.
Result<void> check_policies(const std::vector<manager::NamedPolicy>& policies, const manager::Machine& machine) {
  for (const manager::NamedPolicy& each : policies) {
    if (each.simulated) return fail(ErrorCode::kUnsupported, fmt::format("policy '{}' is for simulations: say --simulate", each.name));
    if (each.relaunches && !machine.domains.empty())
      return fail(ErrorCode::kUnsupported,
                  fmt::format("policy '{}' starts processes, which cannot have the clocks of {} as well: say --simulate", each.name, machine.name));
  }
  return {};
}

Result<void> show(const ServeStage& stage, const std::vector<Served>& served, const ServeArguments& arguments) {
  std::vector<report::Table> tables{level_table(stage), summary_table(stage, served)};
  if (arguments.json) {
    Json json{{"scenario", stage.scenario().name},
              {"board", stage.machine().name},
              {"simulated", served.front().outcome.simulated},
              {"energy", stage.levels().front()->energy_source()}};
    if (arguments.wake_latency) json["wake_latency_us"] = *arguments.wake_latency;
    MOSAIC_RETURN_IF_ERROR(add_rows(tables, json));
    for (const Served& each : served) {
      Json decisions;
      const report::Table table = decision_table(stage, each);
      MOSAIC_RETURN_IF_ERROR(add_rows(std::span(&table, 1), decisions));
      json["decisions"][each.policy] = decisions["decisions"];
      if (each.outcome.energy)
        json["machine"][each.policy] = {{"energy_j", each.outcome.energy->value}, {"energy_source", each.outcome.energy_source}};
    }
    print_json(json);
    return {};
  }
  if (!arguments.quiet) {
    for (const Served& each : served) print(text_of(decision_table(stage, each)));
  }
  print(text_of(tables.back()));
  print(fmt::format("times {}, energy {}\n", served.front().outcome.simulated ? "simulated" : "measured", stage.levels().front()->energy_source()));
  if (arguments.wake_latency) print(fmt::format("idle processors were to wake within {} us\n", *arguments.wake_latency));
  for (const Served& each : served) {
    if (each.outcome.forgotten > 0)
      print(fmt::format("the figures are of the last {} requests, {} came before\n", each.outcome.records.size(), each.outcome.forgotten));
    if (each.outcome.energy)
      print(fmt::format("machine with {}: {} ({})\n", each.policy, format_energy(*each.outcome.energy), each.outcome.energy_source));
  }
  return {};
}

Result<void> save(const ServeStage& stage, const std::vector<Served>& served, const std::filesystem::path& folder) {
  MOSAIC_RETURN_IF_ERROR(write_file(folder / "index.html", serve_page(stage, served)));
  for (const Served& each : served) {
    std::string name = each.policy;
    std::ranges::replace(name, ':', '_');
    MOSAIC_RETURN_IF_ERROR(write_file(folder / ("trace_" + name + ".json"), format_serve_trace(stage, each)));
  }
  const std::vector<report::Table> tables{level_table(stage), summary_table(stage, served)};
  return save_tables(tables, folder);
}

/// This very program takes over; `run_in_new_process`.
TakeOver take_over_on(const std::string& board) {
  return [board](const FamilyLevels& levels, const manager::Operation& operation) {
    return run_in_new_process("/proc/self/exe", board, levels, operation);
  };
}

Result<manager::Outcome> serve_here(const ServeStage& stage, manager::Policy& policy, const ServeArguments& arguments, bool relaunches,
                                    const std::stop_token& stop) {
  ServeStage::ServeOptions options{.meter = arguments.meter};
  if (relaunches) options.take_over = take_over_on(stage.scenario().board);
  if (arguments.port) options.clients.emplace(clients_of(arguments));
  if (!arguments.live) return stage.serve(policy, options, stop);
  LiveView view;
  WatchedPolicy watched(policy);
  LiveState state{.names = {}, .units = stage.machine().units, .now = {}, .reasons = {}};
  for (const manager::Tenant& each : stage.scenario().tenants) state.names.push_back(each.name);
  options.look = [&](const Serving& serving) {
    state.now = serving.now();
    state.reasons = watched.reasons();
    view.draw(state);
  };
  return stage.serve(watched, options, stop);
}

Result<void> serve(const ServeArguments& arguments, const std::stop_token& stop) {
  MOSAIC_TRY(manager::Scenario scenario, scenario_of(arguments));
  std::vector<manager::NamedPolicy> policies;
  for (const std::string& name : arguments.policies) {
    MOSAIC_TRY(policies.emplace_back(), manager::find_policy(name));
  }
  MOSAIC_RETURN_IF_ERROR(check_clients(arguments, scenario));
  MOSAIC_RETURN_IF_ERROR(check_live(arguments));
  MOSAIC_TRY(const manager::World world, world_of(arguments));
  MOSAIC_TRY(const std::optional<WakeLatency> held, wake_latency_of(arguments));
  if (!arguments.output.empty()) MOSAIC_RETURN_IF_ERROR(check_output_folder(arguments.output));
  Progress progress(arguments.json);
  const manager::Prefer prefer = scenario.prefer;
  MOSAIC_TRY(const auto stage, ServeStage::open({.scenario = std::move(scenario),
                                                 .progress = [&](std::string_view what, double share) { progress.show(what, share); },
                                                 .stop = stop}));
  if (arguments.port && stage->simulated_board())
    return fail(ErrorCode::kUnsupported, fmt::format("board '{}' is simulated: clients live on the real clock", stage->machine().name));
  if (arguments.live && stage->simulated_board()) return invalid(kNoLive);
  if (held && stage->simulated_board()) return invalid(kNoWakeLatency);
  const bool simulated = arguments.simulate || stage->simulated_board();
  if (!simulated) MOSAIC_RETURN_IF_ERROR(check_policies(policies, stage->machine()));
  std::vector<Served> served;
  for (const manager::NamedPolicy& each : policies) {
    progress.show("serving with " + each.name, static_cast<double>(served.size()) / static_cast<double>(policies.size()));
    if (arguments.live) progress.clear();  // both draw on the terminal
    manager::World here = world;
    if (!each.relaunches) here.relaunch = {};
    const auto policy = manager::make_policy(each, stage->machine(), {.prefer = prefer}, here);
    auto outcome = simulated ? stage->simulate(*policy, here, stop) : serve_here(*stage, *policy, arguments, each.relaunches, stop);
    if (!outcome) return std::unexpected(outcome.error());
    served.push_back({.policy = each.name, .outcome = std::move(*outcome)});
  }
  progress.clear();
  if (!arguments.output.empty()) MOSAIC_RETURN_IF_ERROR(save(*stage, served, arguments.output));
  MOSAIC_RETURN_IF_ERROR(show(*stage, served, arguments));
  if (!arguments.output.empty() && !arguments.json) print(fmt::format("Page: {}/index.html\n", arguments.output));
  return {};
}

}  // namespace

void add_serve(CLI::App& app, Context& context) {
  std::string policies;
  for (const manager::NamedPolicy& each : manager::named_policies()) policies += fmt::format("  {:<22} {}\n", each.name, each.what);
  auto& command = add_command(app, "serve", "Serve applications and hold their targets while loads, targets and hardware change",
                              "  mosaic serve scenario.yaml\n"
                              "  mosaic serve scenario.yaml --policy mosaic --policy published --policy largest -o served\n"
                              "  mosaic serve scenario.yaml --simulate                  on a virtual clock, by what levels take here\n"
                              "  mosaic serve scenario.yaml --board hikey970 --json     on a simulated board\n"
                              "  mosaic serve scenario.yaml --http 8000                 for clients, until Ctrl-C\n"
                              "Policies:\n" +
                                  policies);
  auto arguments = std::make_shared<ServeArguments>();
  command.add_option("scenario", arguments->scenario, "Applications, their targets and what happens (docs/serving.md)")
      ->required()
      ->type_name("SCENARIO");
  command.add_option("--board", arguments->board, "Board instead of the scenario's: a file or a name; none: this machine");
  command.add_option("--duration", arguments->duration, "Instead of the scenario's: '60 s'");
  command.add_option("--policy", arguments->policies, "What moves the knobs (may be given several times, to compare)")
      ->allow_extra_args(false)
      ->capture_default_str();
  command.add_flag("--simulate", arguments->simulate, "On a virtual clock; always so on simulated boards");
  command.add_option("--noise", arguments->noise, "Deviation of simulated times, as a share")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_option("--idle-power", arguments->idle_power, "Of the simulated machine, in watts, added to its energy")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  command.add_option("--relaunch", arguments->relaunch, "What a new process takes in simulations; on real machines one is started")
      ->capture_default_str();
  command.add_option("--http", arguments->port, "Take requests of clients on this port, by KServe v2 (docs/http.md); 0: any that is free")
      ->type_name("PORT");
  command.add_option("--address", arguments->address, "Of this machine, to listen on; 0.0.0.0: all")->capture_default_str();
  command
      .add_option(
          "--wake-latency", arguments->wake_latency,
          "Keep idle processors in states that they leave within so many microseconds: 0 for targets near a millisecond; takes power, and the "
          "right to write /dev/cpu_dma_latency")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{std::numeric_limits<std::int32_t>::max()}))
      ->type_name("US");
  declare_meter(command, arguments->meter);
  command.add_option("-o,--output", arguments->output, "Folder for the page with timelines, CSV and JSON files")->type_name("DIR");
  command.add_flag("--live", arguments->live, "Show on the terminal what every application does, the load of others, and why; on real machines");
  command.add_flag("-q,--quiet", arguments->quiet, "Without the decisions");
  command.add_flag("--json", arguments->json, "Print JSON for scripts");
  command.callback([arguments, &context] {
    context.action = [arguments, &context] {
      context.ends_when_stopped = arguments->port.has_value();
      return serve(*arguments, context.stop);
    };
  });
}

}  // namespace mosaic::cli

#include "mosaic/session/bench.h"

#include <fmt/format.h>

#include <algorithm>

#include "command.h"
#include "energy.h"
#include "mosaic/base/statistics.h"
#include "mosaic/session/measure.h"
#include "output.h"
#include "steps.h"

namespace mosaic::cli {
namespace {

std::optional<double> best_single(const std::vector<BenchVersion>& versions) {
  std::optional<double> best;
  for (const BenchVersion& each : versions) {
    if (!each.name.starts_with("single:")) continue;
    const double time = median(each.microseconds);
    if (!best || time < *best) best = time;
  }
  return best;
}

std::optional<double> error_percent(const BenchVersion& version) {
  if (!version.predicted) return std::nullopt;
  return 100 * (version.predicted->count() / median(version.microseconds) - 1);
}

Json to_json(const std::string& model, const Board& board, const std::vector<BenchVersion>& versions, const EnergyProbe& probe) {
  Json json{{"model", model}, {"board", board.name}, {"simulated", board.simulated()}, {"versions", Json::array()}};
  const auto single = best_single(versions);
  for (const BenchVersion& each : versions) {
    const double time = median(each.microseconds);
    const auto error = error_percent(each);
    json["versions"].push_back({{"name", each.name},
                                {"slices", each.slices},
                                {"predicted_ms", each.predicted ? Json(json_ms(*each.predicted)) : Json(nullptr)},
                                {"measured_ms", json_ms(Microseconds(time))},
                                {"p95_ms", json_ms(Microseconds(quantile(each.microseconds, 0.95)))},
                                {"spread_pct", spread_percent(each.microseconds)},
                                {"error_pct", error ? Json(*error) : Json(nullptr)},
                                {"ratio_to_best_single", single ? Json(*single / time) : Json(nullptr)},
                                {"energy", energy_json(each.energy, probe)},
                                {"note", each.note}});
  }
  return json;
}

/// A table of its own: not every machine has a meter.
void print_energy(const std::vector<BenchVersion>& versions, const EnergyProbe& probe) {
  if (std::ranges::none_of(versions, [](const BenchVersion& each) { return each.energy.has_value(); })) {
    print(energy_text(std::nullopt, probe));
    return;
  }
  Table table({"version", ">energy of a run", ">beyond the machine at rest", ">runs", ">window s"});
  for (const BenchVersion& each : versions) {
    if (!each.energy) continue;
    table.add({each.name, energy_with_error(each.energy->total), energy_with_error(each.energy->net), std::to_string(each.energy->runs),
               fmt::format("{:.3g}", std::chrono::duration<double>(each.energy->window.window).count())});
  }
  const RunEnergy& first = *std::ranges::find_if(versions, [](const BenchVersion& each) { return each.energy.has_value(); })->energy;
  print(fmt::format("\n{}measured by {}: {}; at rest {}\n", table.text(), first.meter.name, first.meter.covers, format_power(first.idle.power())));
}

void print_table(const Board& board, const std::vector<BenchVersion>& versions) {
  Table table({"version", ">slices", ">predicted ms", ">measured ms", ">p95 ms", ">spread %", ">error %", ">ratio to best single", ""});
  const auto single = best_single(versions);
  for (const BenchVersion& each : versions) {
    const double time = median(each.microseconds);
    const auto error = error_percent(each);
    table.add({each.name, std::to_string(each.slices), each.predicted ? ms(*each.predicted) : "", ms(Microseconds(time)),
               ms(Microseconds(quantile(each.microseconds, 0.95))), fmt::format("{:.1f}", spread_percent(each.microseconds)),
               error ? fmt::format("{:+.1f}", *error) : "", single ? fmt::format("{:.3f}", *single / time) : "", each.note});
  }
  print(table.text());
  print(fmt::format("medians of {} interleaved runs each; ratio above 1: faster{}\n", versions.front().microseconds.size(), simulated_note(board)));
}

}  // namespace

void add_bench(CLI::App& app, Context& context) {
  auto& command = add_command(app, "bench", "Time the plan against every single device, rival planners and plain ONNX Runtime",
                              "  mosaic bench model.onnx\n"
                              "  mosaic bench model.onnx --profile profile.json --runs 200 --json\n"
                              "  mosaic bench model.onnx --meter hwmon:ina3221/VDD_IN     with the energy of each");
  struct Options : ModelOptions {
    std::string profile;
    std::string meter = "auto";
    BenchOptions bench;
  };
  auto options = std::make_shared<Options>();
  options->declare(command);
  command.add_option("-p,--profile", options->profile, "Profile (default: from the cache, or measured now)");
  command.add_option("-r,--runs", options->bench.runs, "Timed runs of each version")->check(CLI::Range(5, 100000))->capture_default_str();
  command.add_option("--seed", options->bench.seed, "Seed of inputs and random plans")->capture_default_str();
  declare_meter(command, options->meter);
  command.callback([options, &context] {
    context.action = [options, &context]() -> Result<void> {
      Progress progress(options->json);
      const auto show = [&](std::string_view what, double share) { progress.show(what, share); };
      MOSAIC_TRY(const Workspace::Options workspace_options, options->workspace(options->profile));
      MOSAIC_TRY(const auto workspace, Workspace::open(workspace_options));
      MOSAIC_TRY(EnergyProbe probe, EnergyProbe::open(options->meter, workspace->board(), context.stop));
      ProfilerOptions profiler;
      profiler.progress = show;
      MOSAIC_TRY(const Profile profile,
                 options->profile.empty() ? cached_profile(*workspace, profiler, context.stop) : read_profile_of(*workspace, options->profile));
      for (const std::string& noisy : profile.noisy) note("noisy while profiling: " + noisy);
      options->bench.stop = context.stop;
      options->bench.progress = show;
      options->bench.energy = &probe;
      MOSAIC_TRY(const std::vector<BenchVersion> versions, bench(*workspace, profile, options->bench));
      progress.clear();
      if (options->json) {
        print_json(to_json(options->model, workspace->board(), versions, probe));
      } else {
        print_table(workspace->board(), versions);
        print_energy(versions, probe);
      }
      return {};
    };
  });
}

}  // namespace mosaic::cli

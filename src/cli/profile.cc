#include <fmt/format.h>

#include <algorithm>

#include "command.h"
#include "energy.h"
#include "mosaic/base/statistics.h"
#include "mosaic/base/text.h"
#include "mosaic/cost/fit.h"
#include "mosaic/session/measure.h"
#include "output.h"
#include "steps.h"

namespace mosaic::cli {
namespace {

Json summary(const Workspace& workspace, const Profile& profile, const Fit& fit) {
  Json json{{"model", profile.graph_name}, {"board", profile.board_name}, {"simulated", profile.simulated}, {"engine", profile.engine},
            {"rounds", profile.rounds},    {"load", profile.load},        {"noisy", profile.noisy}};
  json["configurations"] = Json::array();
  for (std::size_t c = 0; c < fit.configurations.size(); ++c) {
    const ConfigurationFit& of = fit.configurations[c];
    Json layers = Json::array();
    for (const auto& layer : of.layers) layers.push_back(layer ? Json(json_ms(Microseconds(*layer))) : Json(nullptr));
    const auto check = of.check_percent();
    json["configurations"].push_back({{"name", workspace.board().configurations[c].name},
                                      {"whole_ms", of.whole ? Json(json_ms(Microseconds(*of.whole))) : Json(nullptr)},
                                      {"sum_of_layers_error_pct", check ? Json(*check) : Json(nullptr)},
                                      {"residual_pct", of.residual_percent},
                                      {"enter_us", of.enter.intercept},
                                      {"enter_us_per_kib", of.enter.slope},
                                      {"enter_r2", of.enter.r_squared},
                                      {"layers_ms", layers}});
  }
  json["powers"] = Json::array();
  for (const ConfigurationPower& each : profile.powers) {
    json["powers"].push_back({{"configuration", each.configuration},
                              {"watts", each.power.value},
                              {"error_watts", each.error.value},
                              {"rest_watts", each.rest.value},
                              {"meter", each.meter}});
  }
  json["links"] = Json::array();
  for (const auto& [ends, line] : fit.links) {
    json["links"].push_back({{"from", ends.first.empty() ? "caller" : ends.first},
                             {"to", ends.second.empty() ? "caller" : ends.second},
                             {"us", line.intercept},
                             {"us_per_kib", line.slope},
                             {"r2", line.r_squared}});
  }
  return json;
}

void print_summary(const Workspace& workspace, const Profile& profile, const Fit& fit) {
  print(fmt::format("{} on {}{}, {}, {} rounds, load {:.1f}\n\n", profile.graph_name, profile.board_name, profile.simulated ? " (simulated)" : "",
                    profile.simulated ? "virtual clock" : profile.engine, profile.rounds, profile.load));
  Table table({"configuration", ">whole ms", ">spread %", ">sum of layers ms", ">error %", ">entering a slice"});
  std::string reasons;
  for (std::size_t c = 0; c < fit.configurations.size(); ++c) {
    const ConfigurationFit& of = fit.configurations[c];
    const std::string& name = workspace.board().configurations[c].name;
    double sum = 0;
    std::size_t missing = 0;
    for (const auto& layer : of.layers) {
      sum += layer.value_or(0);
      missing += layer ? 0 : 1;
    }
    std::string spread;
    for (const SliceSamples& whole : profile.wholes) {
      if (whole.configuration == name) spread = fmt::format("{:.1f}", spread_percent(whole.microseconds));
    }
    const auto check = of.check_percent();
    if (missing == of.layers.size()) {
      const auto why = std::ranges::find(profile.unsupported, name, &Unsupported::configuration);
      table.add({name, "", "", "cannot run", "", ""});
      if (why != profile.unsupported.end()) reasons += fmt::format("{} cannot run: {}\n", name, why->reason);
      continue;
    }
    table.add({name, of.whole ? ms(Microseconds(*of.whole)) : "", spread,
               missing > 0 ? fmt::format("{} ({} layers cannot run)", ms(Microseconds(sum)), missing) : ms(Microseconds(sum)),
               check ? fmt::format("{:+.1f}", *check) : "",
               fmt::format("{:.1f} us + {:.4f} us/KiB (r2 {:.2f})", of.enter.intercept, of.enter.slope, of.enter.r_squared)});
  }
  print(table.text() + reasons + "\n");
  Table links({"from", "to", ">hand-over", ">per KiB", ">r2"});
  for (const auto& [ends, line] : fit.links) {
    links.add({ends.first.empty() ? "caller" : ends.first, ends.second.empty() ? "caller" : ends.second, fmt::format("{:.1f} us", line.intercept),
               fmt::format("{:.4f} us", line.slope), fmt::format("{:.2f}", line.r_squared)});
  }
  print(links.text());
  if (profile.powers.empty()) return;
  Table powers({"configuration", ">power", ">error", ">at rest"});
  for (const ConfigurationPower& each : profile.powers)
    powers.add({each.configuration, format_power(each.power), format_power(each.error), format_power(each.rest)});
  print(fmt::format("\n{}measured by {} while the whole model ran again and again\n", powers.text(), profile.powers.front().meter));
}

}  // namespace

void add_profile(CLI::App& app, Context& context) {
  auto& command =
      add_command(app, "profile", "Measure every layer on every device",
                  "  mosaic profile model.onnx -o profile.json\n"
                  "  mosaic profile model.onnx --board host.yaml --repetitions 50 -o profile.json\n"
                  "  mosaic profile model.onnx --meter hwmon:ina3221/VDD_IN -o profile.json     with power, so that 'mosaic plan' knows energy\n"
                  "Ctrl-C keeps what was measured; the same command goes on from there.");
  struct Options : ModelOptions {
    std::string output;
    std::string meter = "auto";
    ProfilerOptions profiler;
    bool accept_noise = false;
  };
  auto options = std::make_shared<Options>();
  options->declare(command);
  command.add_option("-o,--output", options->output, "File for the profile")->required();
  command.add_option("-r,--repetitions", options->profiler.rounds, "Rounds of measurement")->check(CLI::Range(3, 10000))->capture_default_str();
  command
      .add_option("--noise-limit", options->profiler.noisy_percent,
                  "Spread of the whole model's times, in per cent, above which the machine counts as too noisy")
      ->capture_default_str();
  command.add_flag("--accept-noise", options->accept_noise, "Do not fail on a machine that is too noisy to measure");
  declare_meter(command, options->meter);
  command.callback([options, &context] {
    context.action = [options, &context]() -> Result<void> {
      Progress progress(options->json);
      MOSAIC_TRY(const Workspace::Options workspace_options, options->workspace());
      MOSAIC_RETURN_IF_ERROR(keep_inputs(options->output, {options->model, options->board}));
      MOSAIC_TRY(const auto workspace, Workspace::open(workspace_options));
      MOSAIC_TRY(EnergyProbe probe, EnergyProbe::open(options->meter, workspace->board(), context.stop));
      options->profiler.progress = [&](std::string_view what, double share) { progress.show(what, share); };
      MOSAIC_TRY(const Profile profile, measure(*workspace, options->output, options->profiler, context.stop, &probe));
      progress.clear();
      MOSAIC_TRY(const Fit fit, fit_profile(profile, workspace->graph(), workspace->board()));
      options->json ? print_json(summary(*workspace, profile, fit)) : print_summary(*workspace, profile, fit);
      return refuse_noise(profile.noisy, options->accept_noise);
    };
  });
}

}  // namespace mosaic::cli

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "command.h"
#include "mosaic/base/file.h"
#include "mosaic/base/quantity.h"
#include "mosaic/board/board_file.h"
#include "mosaic/plan/validate.h"
#include "mosaic/session/choose.h"
#include "mosaic/session/measure.h"
#include "output.h"
#include "steps.h"

namespace mosaic::cli {
namespace {

struct PlanOptions : ModelOptions {
  std::string profile;
  std::string output;
  std::string objective = "latency";
  std::string most_latency;
  std::string most_energy;
  std::vector<std::string> most_memory;
  std::string check;
  std::optional<double> margin;
  std::string calibration;
  bool pareto = false;
  bool accept_noise = false;

  [[nodiscard]] Result<PlanRequest> request() const {
    PlanRequest request;
    request.margin_percent = margin;
    MOSAIC_TRY(request.objective, parse_objective(objective));
    if (!most_latency.empty()) {
      auto most = parse_time(most_latency);
      if (!most) return within("--max-latency", most.error());
      request.constraints.latency = *most;
    }
    if (!most_energy.empty()) {
      auto most = parse_energy(most_energy);
      if (!most) return within("--max-energy", most.error());
      request.constraints.energy = *most;
    }
    for (const std::string& text : most_memory) {
      const std::size_t equals = text.find('=');
      auto most = parse_bytes(equals == std::string::npos ? text : text.substr(equals + 1));
      if (!most) return within("--max-memory", most.error());
      if (equals == std::string::npos) {
        request.most_memory = *most;
      } else {
        request.most_memory_in[text.substr(0, equals)] = *most;
      }
    }
    return request;
  }
};

/// Microseconds or microjoules with three digits behind the point.
double micro(Cost cost) { return std::round(static_cast<double>(cost.count()) / 1e3) / 1e3; }
std::string milli(Cost cost) { return fmt::format("{:.3f}", static_cast<double>(cost.count()) / 1e9); }

Json to_json(const Front& front, const std::string& source, const Graph& graph, const Board& board) {
  Json json{{"schema_version", 1},
            {"graph", {{"name", graph.name}, {"fingerprint", graph.fingerprint}}},
            {"board", {{"name", board.name}, {"fingerprint", board.fingerprint}}},
            {"simulated", board.simulated()},
            {"energy_source", source},
            {"complete", front.complete},
            {"points", Json::array()}};
  for (const PricedChain& point : front.points) {
    Json slices = Json::array();
    for (std::size_t s = 0; s < point.chain.configurations.size(); ++s) {
      slices.push_back({{"first", point.chain.borders[s]},
                        {"last", point.chain.borders[s + 1] - 1},
                        {"configuration", board.configurations[point.chain.configurations[s]].name}});
    }
    json["points"].push_back({{"latency_us", micro(point.time)}, {"energy_uj", micro(*point.energy)}, {"slices", std::move(slices)}});
  }
  return json;
}

/// At most so many points, evenly spread, with both ends.
std::string front_table(const Front& front, const Board& board) {
  constexpr std::size_t kMostRows = 40;
  const std::size_t count = front.points.size();
  const std::size_t rows = std::min(count, kMostRows);
  Table table({">latency ms", ">energy mJ", ">slices", "on"});
  for (std::size_t row = 0; row < rows; ++row) {
    const PricedChain& point = front.points[rows < 2 ? 0 : row * (count - 1) / (rows - 1)];
    std::string on;
    for (const std::size_t c : point.chain.configurations) on += (on.empty() ? "" : ", ") + board.configurations[c].name;
    table.add({milli(point.time), milli(*point.energy), std::to_string(point.chain.configurations.size()), shorten(on, 90)});
  }
  std::string text = table.text();
  if (rows < count) text += fmt::format("{} of {} points; -o FILE or --json has them all\n", rows, count);
  return text;
}

Result<void> show_front(const PlanOptions& options, const Workspace& workspace, const Profile& profile, const PlanRequest& request) {
  MOSAIC_TRY(const PlannedFront planned, make_front(workspace, profile, request));
  Json json = to_json(planned.front, planned.costs.energy_source, workspace.graph(), workspace.board());
  if (!options.output.empty()) MOSAIC_RETURN_IF_ERROR(write_file(options.output, to_text(json)));
  if (options.json) {
    json["planning_us"] = planned.planning_time.count();
    print_json(json);
    return {};
  }
  print(front_table(planned.front, workspace.board()));
  print(planned.front.complete ? fmt::format("{} points: the whole front, proved{}\n", planned.front.points.size(), simulated_note(workspace.board()))
                               : "the front is too large to hold: points are missing between these\n");
  if (!workspace.board().simulated()) print(fmt::format("energy {}\n", planned.costs.energy_source));
  print(fmt::format("planned in {:.1f} ms\n", planned.planning_time.count() / 1e3));
  return {};
}

/// What the objective of a chain is, with its unit.
std::string objective_text(const PricedChain& chain, Objective objective) {
  if (objective == Objective::kLatency) return milli(chain.time) + " ms";
  if (objective == Objective::kEnergy) return milli(*chain.energy) + " mJ";
  return fmt::format("{:.6g} ms mJ", value_of(chain, objective) / 1e18);
}

void print_decision(const Planned& planned, Objective objective) {
  const Decision& decision = planned.decision;
  if (decision.chosen.chain != decision.optimum.best.chain) {
    print(
        fmt::format("a plan of {} slices promises {}, less than {:.1f} % better than the best single configuration: within what this profile "
                    "can tell, so not preferred (--margin 0 takes it)\n",
                    decision.optimum.best.chain.configurations.size(), objective_text(decision.optimum.best, objective), decision.margin_percent));
  } else if (!decision.optimum.optimal()) {
    print(fmt::format("not proved optimal: no plan can be better by more than {:.2f} %\n", *decision.optimum.gap_percent));
  } else {
    print("optimal under the measured costs\n");
  }
  if (objective == Objective::kEnergyDelay) print(fmt::format("energy-delay product: {}\n", objective_text(decision.chosen, objective)));
  if (decision.best_single) print(fmt::format("best single configuration: {}\n", objective_text(*decision.best_single, objective)));
  print(fmt::format("planned in {:.0f} us\n", planned.planning_time.count()));
}

/// What a chain that someone else made costs by a profile; a plan that is no chain keeps what it has.
Result<void> add_prediction(Plan& plan, const PlanOptions& options, const Workspace& workspace) {
  PlanRequest request;
  if (!options.calibration.empty()) {
    MOSAIC_TRY(request.calibration, read_calibration(options.calibration, workspace.graph(), workspace.board()));
  }
  MOSAIC_TRY(const Profile profile, read_profile_of(workspace, options.profile));
  MOSAIC_RETURN_IF_ERROR(refuse_noise(profile.noisy, options.accept_noise));
  MOSAIC_TRY(const PlanningCosts planning, planning_costs(workspace, profile, request));
  const auto chain = to_chain(plan, workspace.board());
  if (!chain) return {};
  if (!cost_of(planning.costs.time, *chain).feasible())
    return fail(ErrorCode::kInvalidInput, fmt::format("{}: the profile says that a slice cannot run where the plan puts it", options.check));
  const Plan priced = to_plan(*chain, planning.costs, planning.fit, workspace.graph(), workspace.board());
  plan.prediction = priced.prediction;
  for (std::size_t s = 0; s < plan.steps.size(); ++s) plan.steps[s].predicted = priced.steps[s].predicted;
  return {};
}

Result<void> check_plan(const PlanOptions& options, const Workspace& workspace) {
  MOSAIC_TRY(Plan plan, read_plan(options.check));
  if (!options.profile.empty()) {
    if (const auto valid = validate(workspace.graph(), workspace.board(), plan); !valid) return within(options.check, valid.error());
    MOSAIC_RETURN_IF_ERROR(add_prediction(plan, options, workspace));
  }
  auto valid = validate(workspace.graph(), workspace.board(), std::move(plan));
  if (!valid) return within(options.check, valid.error());
  const auto& predicted = valid->plan().prediction;
  options.json ? print_json(Json{{"plan", options.check},
                                 {"valid", true},
                                 {"steps", valid->size()},
                                 {"predicted_ms", predicted ? Json(json_ms(predicted->expected)) : Json(nullptr)}})
               : print(describe_plan(valid->plan(), workspace.graph(), workspace.board()) + "the plan is valid\n");
  return {};
}

Result<void> run_plan(const PlanOptions& options) {
  MOSAIC_TRY(PlanRequest request, options.request());
  MOSAIC_TRY(const Workspace::Options workspace_options, options.workspace(options.profile));
  MOSAIC_TRY(const auto workspace, Workspace::open(workspace_options));
  if (!options.check.empty()) return check_plan(options, *workspace);
  if (options.profile.empty()) return fail(ErrorCode::kInvalidInput, "--profile is missing: make one with 'mosaic profile MODEL -o profile.json'");
  MOSAIC_RETURN_IF_ERROR(keep_inputs(options.output, {options.model, options.profile, options.calibration, options.board}));
  if (!options.calibration.empty()) {
    MOSAIC_TRY(request.calibration, read_calibration(options.calibration, workspace->graph(), workspace->board()));
  }
  MOSAIC_TRY(const Profile profile, read_profile_of(*workspace, options.profile));
  MOSAIC_RETURN_IF_ERROR(refuse_noise(profile.noisy, options.accept_noise));
  if (options.pareto) return show_front(options, *workspace, profile, request);
  MOSAIC_TRY(Planned planned, make_plan(*workspace, profile, request));
  planned.plan.sources.profile = options.profile;
  planned.plan.sources.calibration = options.calibration;
  if (!options.output.empty()) MOSAIC_RETURN_IF_ERROR(write_plan(planned.plan, options.output));
  if (options.json) {
    MOSAIC_TRY(Json json, parse_json(format_plan(planned.plan)));
    json["simulated"] = workspace->board().simulated();
    json["planning_us"] = planned.planning_time.count();
    json["gap_pct"] = planned.decision.optimum.gap_percent.value_or(0);
    print_json(json);
    return {};
  }
  print(describe_plan(planned.plan, workspace->graph(), workspace->board()));
  print_decision(planned, request.objective);
  return {};
}

}  // namespace

void add_plan(CLI::App& app, Context& context) {
  auto& command = add_command(app, "plan", "Decide which device runs which slice, from a profile",
                              "  mosaic plan model.onnx --profile profile.json -o plan.json\n"
                              "  mosaic plan model.onnx --profile profile.json --margin 0     the optimum by the costs, however small its gain\n"
                              "  mosaic plan model.onnx --profile profile.json --objective energy --max-latency 20ms\n"
                              "                                                               the least energy of all plans that are fast enough\n"
                              "  mosaic plan model.onnx --profile profile.json --max-energy 5mJ --max-memory 300MB\n"
                              "  mosaic plan model.onnx --profile profile.json --pareto       all latencies and energies there are to choose from\n"
                              "  mosaic plan model.onnx --check plan.json                     judge a plan written by hand");
  auto options = std::make_shared<PlanOptions>();
  options->declare(command);
  command.add_option("-p,--profile", options->profile, "Profile, from 'mosaic profile'");
  command.add_option("--calibration", options->calibration, "Correct the times by what real runs took, from 'mosaic calibrate'")->type_name("FILE");
  command.add_option("-o,--output", options->output, "File for the plan; with --pareto, for the front");
  command.add_option("--objective", options->objective, "What to minimise: latency, energy, or edp, the product of both")->capture_default_str();
  command.add_option("--max-latency", options->most_latency, "Only plans that take no longer, for example 20ms")->type_name("TIME");
  command.add_option("--max-energy", options->most_energy, "Only plans that need no more for a run, for example 5mJ")->type_name("ENERGY");
  command
      .add_option("--max-memory", options->most_memory,
                  "Only plans whose slices need no more memory together, for example 300MB; in one memory space of the board: SPACE=100MB")
      ->type_name("SIZE")
      ->allow_extra_args(false);
  command.add_flag("--pareto", options->pareto, "Show all plans that no other one beats in latency and energy, instead of one");
  command
      .add_option("--margin", options->margin,
                  "Gain in per cent over the best single configuration that a plan must promise (default: what the profile's own errors ask for)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--check", options->check, "Judge this plan instead of making one; with --profile, predict it")->type_name("FILE");
  command.add_flag("--accept-noise", options->accept_noise, "Use the profile of a machine that was too noisy to measure");
  command.callback([options, &context] { context.action = [options] { return run_plan(*options); }; });
}

}  // namespace mosaic::cli

#include "mosaic/planner/explain.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "command.h"
#include "mapped.h"
#include "mosaic/base/text.h"
#include "mosaic/plan/validate.h"
#include "mosaic/session/choose.h"
#include "mosaic/session/measure.h"
#include "output.h"
#include "precision_report.h"
#include "steps.h"

namespace mosaic::cli {
namespace {

/// How costs of one kind are shown.
struct Unit {
  std::string_view name;
  std::string_view suffix;  // of keys in JSON

  [[nodiscard]] std::string key(std::string_view what) const { return fmt::format("{}_{}", what, suffix); }
  [[nodiscard]] std::string text(Cost cost) const { return fmt::format("{:.3f}", static_cast<double>(cost.count()) / 1e9); }
  // Rounded to nanoseconds or nanojoules.
  [[nodiscard]] Json json(Cost cost) const { return std::round(static_cast<double>(cost.count()) / 1e3) / 1e6; }
  [[nodiscard]] Json json(const std::optional<Cost>& cost) const { return cost ? json(*cost) : Json(nullptr); }
};
constexpr Unit kTime{.name = "ms", .suffix = "ms"};
constexpr Unit kEnergy{.name = "mJ", .suffix = "mj"};

Json to_json(const Explanation& explanation, const Board& board, const Unit& unit) {
  Json json{{"board", board.name},
            {"simulated", board.simulated()},
            {unit.key("predicted"), unit.json(explanation.cost)},
            {unit.key("optimum"), unit.json(explanation.optimum)},
            {unit.key("next_best"), unit.json(explanation.next_best_cost)},
            {"regret_mean_pct", explanation.regret_mean_percent},
            {"regret_p95_pct", explanation.regret_p95_percent}};
  json["slices"] = Json::array();
  for (const SliceReason& slice : explanation.slices) {
    Json entry{{"layers", {slice.begin, slice.end - 1}},
               {"configuration", slice.configuration},
               {unit.key("transfer"), unit.json(slice.cost.transfer)},
               {unit.key("clocks"), unit.json(slice.cost.clocks)},
               {unit.key("execute"), unit.json(slice.cost.execute)},
               {"memory_bytes", slice.memory.value}};
    entry["alternatives"] = Json::array();
    for (const Alternative& each : slice.alternatives) {
      entry["alternatives"].push_back({{"configuration", each.configuration},
                                       {unit.key("execute"), unit.json(each.execute)},
                                       {unit.key("plan"), unit.json(each.plan_cost)},
                                       {"excluded", each.excluded}});
    }
    json["slices"].push_back(std::move(entry));
  }
  return json;
}

/// "layers 0-9 on cpu0/1c, layers 10-20 on cpu1/1c".
std::string describe(const Chain& chain, const Board& board) {
  std::string text;
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
    text += fmt::format("{}{}-{} on {}", s == 0 ? "layers " : ", ", chain.borders[s], chain.borders[s + 1] - 1,
                        board.configurations[chain.configurations[s]].name);
  }
  return text;
}

std::string percent_over(Cost cost, Cost base) {
  return fmt::format("{:+.1f} %", 100 * (static_cast<double>(cost.count()) / static_cast<double>(base.count()) - 1));
}

void print_text(const Explanation& explanation, const Graph& graph, const Board& board, const Unit& unit) {
  print(fmt::format("{} slices, predicted {} {}{}\n", explanation.slices.size(), unit.text(explanation.cost), unit.name, simulated_note(board)));
  for (std::size_t s = 0; s < explanation.slices.size(); ++s) {
    const SliceReason& slice = explanation.slices[s];
    print(fmt::format("\nslice {}: layers {} to {} ({} ... {}) on {}\n", s, slice.begin, slice.end - 1, shorten(graph.layers[slice.begin].name, 32),
                      shorten(graph.layers[slice.end - 1].name, 32), slice.configuration));
    const std::string clocks =
        slice.cost.clocks == Cost() ? "" : fmt::format(" and a change of clocks of {} {}", unit.text(slice.cost.clocks), unit.name);
    print(fmt::format("  runs {} {}, after a transfer of {} {}{}; needs {}\n", unit.text(slice.cost.execute), unit.name,
                      unit.text(slice.cost.transfer), unit.name, clocks, format_bytes(slice.memory)));
    Table table(
        {"  instead on", fmt::format(">its layers {}", unit.name), fmt::format(">best plan then {}", unit.name), ">against this plan", "excluded"});
    for (const Alternative& each : slice.alternatives) {
      table.add({"  " + each.configuration, each.execute ? unit.text(*each.execute) : "", each.plan_cost ? unit.text(*each.plan_cost) : "",
                 each.plan_cost ? percent_over(*each.plan_cost, explanation.cost) : "", each.excluded});
    }
    if (!slice.alternatives.empty()) print(table.text());
  }
  if (explanation.next_best_cost) {
    print(fmt::format("\nnext best plan: {} {} ({}): {}\n", unit.text(*explanation.next_best_cost), unit.name,
                      percent_over(*explanation.next_best_cost, explanation.cost), describe(*explanation.next_best, board)));
  }
  if (explanation.optimum < explanation.cost)
    print(fmt::format("the optimum of these costs would be {} {} ({})\n", unit.text(explanation.optimum), unit.name,
                      percent_over(explanation.optimum, explanation.cost)));
  print(fmt::format("regret under 10 % noise in the costs: {:.1f} % on average, {:.1f} % in the worst of twenty\n", explanation.regret_mean_percent,
                    explanation.regret_p95_percent));
}

/// Of a model.
Result<void> explain_precision(const std::string& model, bool json) {
  MOSAIC_TRY(const auto record, read_record(model));
  if (!record) {
    return fail(ErrorCode::kInvalidInput, fmt::format("{} does not say how its precision was chosen: only models that 'mosaic quantize "
                                                      "--max-accuracy-drop' wrote do; give a plan to explain one",
                                                      model));
  }
  json ? print_json(record_json(*record)) : print_record(*record);
  return {};
}

}  // namespace

void add_explain(CLI::App& app, Context& context) {
  auto& command = add_command(app, "explain", "Say for every slice of a plan why it is where it is",
                              "  mosaic explain plan.json\n"
                              "  mosaic explain by_hand.json --model model.onnx --profile profile.json\n"
                              "  mosaic explain front/point_3.plan.json               a split by channels: both arrays' cycles, who waits, energy\n"
                              "  mosaic explain model_mixed.onnx         which layers compute in int8, and why");
  struct Options {
    std::string plan;
    std::string model;
    std::string profile;
    std::string board;
    std::vector<std::string> shapes;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  command
      .add_option("PLAN", options->plan,
                  "Plan, from 'mosaic plan' or written by hand; or a model whose precision 'mosaic quantize --max-accuracy-drop' chose")
      ->required();
  command.add_option("-m,--model", options->model, "Model (default: the one the plan names)");
  command.add_option("-p,--profile", options->profile, "Profile (default: the one the plan names)");
  command.add_option("-b,--board", options->board, "Board (default: the one the plan names)");
  command.add_option("--shape", options->shapes, "Shape of an input that has a symbolic one")->type_name("NAME=SHAPE");
  command.add_flag("--json", options->json, "Print JSON for scripts");
  command.callback([options, &context] {
    context.action = [options]() -> Result<void> {
      if (options->plan.ends_with(".onnx")) {
        if (!options->model.empty() || !options->profile.empty() || !options->board.empty() || !options->shapes.empty()) {
          return fail(ErrorCode::kInvalidInput,
                      fmt::format("{} is a model, and says itself how its precision was chosen: --model, --profile, --board and "
                                  "--shape are for plans",
                                  options->plan));
        }
        return explain_precision(options->plan, options->json);
      }
      MOSAIC_TRY(const Plan plan, read_plan(options->plan));
      const auto pick = [](const std::string& given, const std::string& named) { return given.empty() ? named : given; };
      ModelOptions model;
      model.model = pick(options->model, plan.sources.model);
      model.board = pick(options->board, plan.sources.board);
      model.shapes = options->shapes;
      if (is_in_integers(model.model)) return explain_mapped(model.model, options->plan, options->board, options->json);
      const std::string profile_file = pick(options->profile, plan.sources.profile);
      if (!model.model.empty() && profile_file.empty()) {  // a plan that 'mosaic quantize' wrote
        MOSAIC_TRY(const auto record, read_record(model.model));
        if (record) {
          MOSAIC_TRY(const Graph graph, read_graph(model.model, {}));
          if (!plan.graph.empty() && plan.graph != graph.fingerprint)
            return fail(ErrorCode::kInvalidInput, fmt::format("{} was made for another model than {} is now", options->plan, model.model));
          if (plan.steps.size() > 1) {
            return fail(ErrorCode::kInvalidInput,
                        fmt::format("{} divides {} into slices: give the --profile that it was made from, or the model alone "
                                    "for its precision",
                                    options->plan, model.model));
          }
          return explain_precision(model.model, options->json);
        }
      }
      if (model.model.empty() || profile_file.empty()) {
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("{} does not say which model and profile it was made from: give --model and --profile", options->plan));
      }
      MOSAIC_TRY(const Workspace::Options workspace_options, model.workspace());
      MOSAIC_TRY(const auto workspace, Workspace::open(workspace_options));
      MOSAIC_TRY(const Profile profile, read_profile_of(*workspace, profile_file));
      const auto valid = validate(workspace->graph(), workspace->board(), plan);
      if (!valid) return within(options->plan, valid.error());
      const auto chain = to_chain(plan, workspace->board());
      if (!chain)
        return fail(ErrorCode::kUnsupported, fmt::format("{}: only plans that are a chain of consecutive layers can be explained", options->plan));
      PlanRequest request;
      if (!plan.sources.calibration.empty()) {
        MOSAIC_TRY(request.calibration, read_calibration(plan.sources.calibration, workspace->graph(), workspace->board()));
      }
      MOSAIC_TRY(const PlanningCosts planning, planning_costs(*workspace, profile, request));
      const bool by_energy = plan.objective == name(Objective::kEnergy) && planning.costs.energy;
      const ChainCosts& costs = by_energy ? *planning.costs.energy : planning.costs.time;
      const Unit& unit = by_energy ? kEnergy : kTime;
      if (!cost_of(costs, *chain).feasible())
        return fail(ErrorCode::kInvalidInput, fmt::format("{}: the profile says that a slice cannot run where the plan puts it", options->plan));
      const Explanation explanation = explain(*chain, costs, workspace->graph(), workspace->board(), profile);
      options->json ? print_json(to_json(explanation, workspace->board(), unit))
                    : print_text(explanation, workspace->graph(), workspace->board(), unit);
      return {};
    };
  });
}

}  // namespace mosaic::cli

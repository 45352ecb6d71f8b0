#include "mosaic/planner/explain.h"

#include <fmt/format.h>

#include "command.h"
#include "mosaic/base/text.h"
#include "mosaic/plan/validate.h"
#include "mosaic/session/choose.h"
#include "mosaic/session/measure.h"
#include "output.h"
#include "steps.h"

namespace mosaic::cli {
namespace {

Json optional_ms(const std::optional<Picoseconds>& time) { return time ? Json(json_ms(*time)) : Json(nullptr); }

Json to_json(const Explanation& explanation, const Board& board) {
  Json json{{"board", board.name},
            {"simulated", board.simulated()},
            {"predicted_ms", json_ms(explanation.cost)},
            {"optimum_ms", json_ms(explanation.optimum)},
            {"next_best_ms", optional_ms(explanation.next_best_cost)},
            {"regret_mean_pct", explanation.regret_mean_percent},
            {"regret_p95_pct", explanation.regret_p95_percent}};
  json["slices"] = Json::array();
  for (const SliceReason& slice : explanation.slices) {
    Json entry{{"layers", {slice.begin, slice.end - 1}},
               {"configuration", slice.configuration},
               {"transfer_ms", json_ms(slice.cost.transfer)},
               {"execute_ms", json_ms(slice.cost.execute)},
               {"memory_bytes", slice.memory.value}};
    entry["alternatives"] = Json::array();
    for (const Alternative& each : slice.alternatives) {
      entry["alternatives"].push_back({{"configuration", each.configuration},
                                       {"execute_ms", optional_ms(each.execute)},
                                       {"plan_ms", optional_ms(each.plan_cost)},
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

std::string percent_over(Picoseconds cost, Picoseconds base) {
  return fmt::format("{:+.1f} %", 100 * (static_cast<double>(cost.count()) / static_cast<double>(base.count()) - 1));
}

void print_text(const Explanation& explanation, const Graph& graph, const Board& board) {
  print(fmt::format("{} slices, predicted {} ms{}\n", explanation.slices.size(), ms(explanation.cost), simulated_note(board)));
  for (std::size_t s = 0; s < explanation.slices.size(); ++s) {
    const SliceReason& slice = explanation.slices[s];
    print(fmt::format("\nslice {}: layers {} to {} ({} ... {}) on {}\n", s, slice.begin, slice.end - 1, shorten(graph.layers[slice.begin].name, 32),
                      shorten(graph.layers[slice.end - 1].name, 32), slice.configuration));
    print(fmt::format("  runs {} ms, after a transfer of {} ms; needs {}\n", ms(slice.cost.execute), ms(slice.cost.transfer),
                      format_bytes(slice.memory)));
    Table table({"  instead on", ">its layers ms", ">best plan then ms", ">against this plan", "excluded"});
    for (const Alternative& each : slice.alternatives) {
      table.add({"  " + each.configuration, each.execute ? ms(*each.execute) : "", each.plan_cost ? ms(*each.plan_cost) : "",
                 each.plan_cost ? percent_over(*each.plan_cost, explanation.cost) : "", each.excluded});
    }
    if (!slice.alternatives.empty()) print(table.text());
  }
  if (explanation.next_best_cost) {
    print(fmt::format("\nnext best plan: {} ms ({}): {}\n", ms(*explanation.next_best_cost),
                      percent_over(*explanation.next_best_cost, explanation.cost), describe(*explanation.next_best, board)));
  }
  if (explanation.optimum < explanation.cost)
    print(fmt::format("the optimum of these costs would be {} ms ({})\n", ms(explanation.optimum),
                      percent_over(explanation.optimum, explanation.cost)));
  print(fmt::format("regret under 10 % noise in the costs: {:.1f} % on average, {:.1f} % in the worst of twenty\n", explanation.regret_mean_percent,
                    explanation.regret_p95_percent));
}

}  // namespace

void add_explain(CLI::App& app, Context& context) {
  auto& command = add_command(app, "explain", "Say for every slice of a plan why it is where it is",
                              "  mosaic explain plan.json\n"
                              "  mosaic explain by_hand.json --model model.onnx --profile profile.json");
  struct Options {
    std::string plan;
    std::string model;
    std::string profile;
    std::string board;
    std::vector<std::string> shapes;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  command.add_option("PLAN", options->plan, "Plan, from 'mosaic plan' or written by hand")->required();
  command.add_option("-m,--model", options->model, "Model (default: the one the plan names)");
  command.add_option("-p,--profile", options->profile, "Profile (default: the one the plan names)");
  command.add_option("-b,--board", options->board, "Board (default: the one the plan names)");
  command.add_option("--shape", options->shapes, "Shape of an input that has a symbolic one")->type_name("NAME=SHAPE");
  command.add_flag("--json", options->json, "Print JSON for scripts");
  command.callback([options, &context] {
    context.action = [options]() -> Result<void> {
      MOSAIC_TRY(const Plan plan, read_plan(options->plan));
      const auto pick = [](const std::string& given, const std::string& named) { return given.empty() ? named : given; };
      ModelOptions model;
      model.model = pick(options->model, plan.sources.model);
      model.board = pick(options->board, plan.sources.board);
      model.shapes = options->shapes;
      const std::string profile_file = pick(options->profile, plan.sources.profile);
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
      MOSAIC_TRY(const Planned planned, make_plan(*workspace, profile));
      if (!cost_of(planned.costs, *chain))
        return fail(ErrorCode::kInvalidInput, fmt::format("{}: the profile says that a slice cannot run where the plan puts it", options->plan));
      const Explanation explanation = explain(*chain, planned.costs, workspace->graph(), workspace->board(), profile);
      options->json ? print_json(to_json(explanation, workspace->board())) : print_text(explanation, workspace->graph(), workspace->board());
      return {};
    };
  });
}

}  // namespace mosaic::cli

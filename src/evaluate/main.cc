// Measurements that the evaluations in scripts/evaluate tabulate; each prints one JSON object.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>

#include "evaluation.h"
#include "hikey970.h"
#include "mosaic/base/memory.h"
#include "rk3399pro.h"
#include "switching.h"

int main(int argc, char** argv) {
  using namespace mosaic;
  keep_freed_memory();
  CLI::App app("Measures one model for the evaluations in scripts/evaluate and prints JSON.");
  evaluate::Setting setting;
  std::string configuration = "cpu/1c";
  std::function<Result<Json>()> action;
  const auto add = [&](const std::string& name, const std::string& what, std::function<Result<Json>()> evaluation) {
    CLI::App* command = app.add_subcommand(name, what);
    command->add_option("model", setting.model, "ONNX file")->required();
    command->add_option("--board", setting.board)->capture_default_str();
    command->add_option("--rounds", setting.rounds)->capture_default_str();
    command->add_option("--runs", setting.runs)->capture_default_str();
    command->add_option("--plans", setting.plans)->capture_default_str();
    command->add_option("--seed", setting.seed)->capture_default_str();
    command->callback([&action, evaluation = std::move(evaluation)] { action = evaluation; });
    return command;
  };
  add("slicing", "cost of slicing on one configuration", [&] { return evaluate::slicing(setting, configuration); })
      ->add_option("--configuration", configuration)
      ->capture_default_str();
  add("estimates", "predicted against measured times", [&] { return evaluate::estimates(setting); });
  add("winning", "the plan against random ones", [&] { return evaluate::winning(setting); });
  add("losing", "what 'mosaic run' chooses against single configurations", [&] { return evaluate::losing(setting); });
  std::string ncnn;
  bool table = false;
  CLI::App* hikey = app.add_subcommand("hikey970", "make boards/hikey970.yaml, as docs/hikey970.md says; prints the file");
  hikey->add_option("--ncnn", ncnn, "ncnn's published latencies: profiles/ncnn/latency_ms.csv")->required();
  hikey->add_flag("--table", table, "print parameters against targets instead");
  hikey->callback([&] {
    action = [&]() -> Result<Json> {
      MOSAIC_TRY(const evaluate::MadeBoard made, evaluate::make_hikey970(ncnn));
      fmt::print("{}", table ? made.table : made.yaml);
      return Json();
    };
  });
  std::string folder;
  CLI::App* deviations = app.add_subcommand("rk3399pro", "what the HiKey 970's truth has from the RK3399Pro's tables, beside what was used");
  deviations->add_option("--profiles", folder, "profiles/rk3399pro")->required();
  deviations->callback([&] {
    action = [&]() -> Result<Json> {
      MOSAIC_TRY(const std::string deviations_table, evaluate::rk3399_deviations(folder));
      fmt::print("{}", deviations_table);
      return Json();
    };
  });
  evaluate::SwitchSetting switching;
  const auto add_family = [&](const std::string& name, const std::string& what, Result<Json> (*evaluation)(const evaluate::SwitchSetting&)) {
    CLI::App* command = app.add_subcommand(name, what);
    command->add_option("family", switching.family, "family.yaml")->required();
    command->add_option("--only", switching.only, "this variant alone");
    command->add_flag("--once", switching.once, "memory: a single request on each level");
    command->add_option("--switches", switching.switches)->capture_default_str();
    command->add_option("--rest", switching.rest_seconds, "seconds that levels are left unused")->capture_default_str();
    command->callback([&action, &switching, evaluation] { action = [&switching, evaluation] { return evaluation(switching); }; });
  };
  add_family("memory", "what being ready takes: all levels of a family, or one", evaluate::level_memory);
  add_family("switching", "what changing the level takes, and whether outputs stay right", evaluate::level_switching);
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  const Result<Json> result = action();
  if (!result) {
    fmt::print(stderr, "mosaic_evaluate: {}\n", result.error().message);
    return 3;
  }
  if (!result->is_null()) fmt::print("{}\n", result->dump());
  return 0;
}

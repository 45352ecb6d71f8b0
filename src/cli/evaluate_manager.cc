#include "evaluate_manager.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "mosaic/base/file.h"
#include "mosaic/base/quantity.h"
#include "mosaic/evaluation/xavier_nx/managing.h"
#include "mosaic/evaluation/xavier_nx/managing_report.h"
#include "output.h"
#include "output_folder.h"
#include "result_tables.h"

namespace mosaic::cli {
namespace {

struct EvaluateManagerArguments {
  std::string profiles;
  xavier_nx::ManagingOptions evaluation;
  std::string relaunch = "5.1 s";
  std::string output;
  bool json = false;
};

Result<void> show(const xavier_nx::ManagingEvaluation& evaluation, const EvaluateManagerArguments& options) {
  const std::vector<report::Table> tables = xavier_nx::managing_tables(evaluation);
  const std::vector<std::string> notes = xavier_nx::managing_notes(evaluation);
  if (options.json) {
    Json json{{"profiles", options.profiles}, {"simulated", true}, {"board", "modelled"}, {"energy", "modelled"}, {"accuracies", "proxy"}};
    MOSAIC_RETURN_IF_ERROR(add_rows(tables, json));
    json["notes"] = notes;
    print_json(json);
    return {};
  }
  for (const report::Table& table : tables) print(text_of(table));
  for (const std::string& each : notes) print(each + "\n");
  return {};
}

Result<void> judge(EvaluateManagerArguments options) {
  MOSAIC_TRY(const Picoseconds relaunch, parse_time(options.relaunch));
  options.evaluation.relaunch = std::chrono::duration_cast<Nanoseconds>(relaunch);
  if (!options.output.empty()) MOSAIC_RETURN_IF_ERROR(check_output_folder(options.output));
  MOSAIC_TRY(const auto evaluation, xavier_nx::evaluate_managing(options.profiles, options.evaluation));
  if (!options.output.empty()) {
    const std::filesystem::path folder = options.output;
    MOSAIC_RETURN_IF_ERROR(write_file(folder / "index.html", xavier_nx::managing_page(evaluation, options.profiles)));
    MOSAIC_RETURN_IF_ERROR(save_tables(xavier_nx::managing_tables(evaluation), folder));
  }
  MOSAIC_RETURN_IF_ERROR(show(evaluation, options));
  if (!options.output.empty() && !options.json) print(fmt::format("Page: {}/index.html\n", options.output));
  if (const auto failure = evaluation.failure()) return fail(ErrorCode::kCheckFailed, *failure);
  return {};
}

}  // namespace

void add_evaluate_manager(CLI::App& group, Context& context) {
  auto& command = add_command(group, "manager",
                              "Judge the run-time manager and its rivals on a modelled Jetson Xavier NX, simulated from what others measured there",
                              "  mosaic evaluate manager --profiles profiles/xavier_nx\n"
                              "  mosaic evaluate manager --profiles profiles/xavier_nx --levels 8 --seed 2 -o manager\n"
                              "  mosaic evaluate manager --profiles profiles/xavier_nx --json > manager.json\n"
                              "Fails (exit code 1) where ours misses 95 % on time though the smallest level makes it, or has a lower mean accuracy "
                              "than a rival that makes it.");
  auto options = std::make_shared<EvaluateManagerArguments>();
  auto& evaluation = options->evaluation;
  command.add_option("--profiles", options->profiles, "Folder with jetson_GPU.160.json, jetson.160.json and so on: milliseconds of each block")
      ->required()
      ->type_name("DIR");
  command.add_option("--levels", evaluation.levels, "Sub-networks to take from each device's front")->check(CLI::Range(2, 20))->capture_default_str();
  command.add_option("--seed", evaluation.seed, "Of what is simulated")->capture_default_str();
  command.add_option("--noise", evaluation.noise, "Deviation of simulated times, as a share")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  command.add_option("--relaunch", options->relaunch, "What a new process of the published controller takes")->capture_default_str();
  command.add_option("-o,--output", options->output, "Folder for the page, CSV and JSON files")->type_name("DIR");
  command.add_flag("--json", options->json, "Print JSON for scripts");
  command.callback([options, &context] { context.action = [options] { return judge(*options); }; });
}

}  // namespace mosaic::cli

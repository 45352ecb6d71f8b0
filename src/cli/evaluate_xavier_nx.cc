#include "evaluate_xavier_nx.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "mosaic/base/file.h"
#include "mosaic/evaluation/xavier_nx/evaluation.h"
#include "mosaic/evaluation/xavier_nx/report.h"
#include "output.h"
#include "output_folder.h"
#include "result_tables.h"

namespace mosaic::cli {
namespace {

struct EvaluateXavierArguments {
  std::string profiles;
  xavier_nx::EvaluationOptions evaluation;
  std::string output;
  bool json = false;
};

Result<void> show(const std::vector<xavier_nx::DeviceEvaluation>& devices, const EvaluateXavierArguments& options) {
  const std::vector<report::Table> tables = xavier_nx::result_tables(devices);
  if (options.json) {
    Json json{{"profiles", options.profiles}, {"latencies", "measured by others"}, {"accuracies", "proxy"}};
    MOSAIC_RETURN_IF_ERROR(add_rows(tables, json));
    json["notes"] = xavier_nx::result_notes();
    print_json(json);
    return {};
  }
  for (const report::Table& table : tables) print(text_of(table));
  for (const std::string& each : xavier_nx::result_notes()) print(each + "\n");
  return {};
}

Result<void> judge(const EvaluateXavierArguments& options) {
  if (!options.output.empty()) MOSAIC_RETURN_IF_ERROR(check_output_folder(options.output));
  MOSAIC_TRY(const auto devices, xavier_nx::evaluate(options.profiles, options.evaluation));
  if (!options.output.empty()) {
    const std::filesystem::path folder = options.output;
    MOSAIC_RETURN_IF_ERROR(write_file(folder / "index.html", xavier_nx::result_page(devices, options.profiles)));
    MOSAIC_RETURN_IF_ERROR(save_tables(xavier_nx::result_tables(devices), folder));
  }
  MOSAIC_RETURN_IF_ERROR(show(devices, options));
  if (!options.output.empty() && !options.json) print(fmt::format("Page: {}/index.html\n", options.output));
  const auto failed = std::ranges::find_if_not(devices, &xavier_nx::DeviceEvaluation::holds);
  if (failed == devices.end()) return {};
  return fail(ErrorCode::kCheckFailed,
              fmt::format("{}: with some seed evolution is not above random search and within 1 % of the exact front", failed->device));
}

}  // namespace

void add_evaluate_xavier_nx(CLI::App& group, Context& context) {
  auto& command =
      add_command(group, "xavier_nx", "Judge the searches for sub-networks of an elastic network by what others measured on a Jetson Xavier NX",
                  "  mosaic evaluate xavier_nx --profiles profiles/xavier_nx\n"
                  "  mosaic evaluate xavier_nx --profiles profiles/xavier_nx --device jetson --levels 10 -o xavier_nx\n"
                  "  mosaic evaluate xavier_nx --profiles profiles/xavier_nx --seed 4 --seed 5 --json > xavier_nx.json\n"
                  "Fails (exit code 1) where evolution is not above random search, or not within 1 % of the exact front.");
  auto options = std::make_shared<EvaluateXavierArguments>();
  auto& evaluation = options->evaluation;
  command.add_option("--profiles", options->profiles, "Folder with DEVICE.160.json, DEVICE.192.json and DEVICE.224.json: milliseconds of each block")
      ->required()
      ->type_name("DIR");
  command.add_option("--device", evaluation.devices, "What the files' names begin with (may be given several times)")
      ->allow_extra_args(false)
      ->capture_default_str();
  command.add_option("--seed", evaluation.seeds, "Of the searches (may be given several times)")->allow_extra_args(false)->capture_default_str();
  command.add_option("--levels", evaluation.levels, "Sub-networks to take from the front")->check(CLI::Range(2, 1000))->capture_default_str();
  command.add_option("--population", evaluation.evolution.population, "Sub-networks of a generation")
      ->check(CLI::Range(2, 100000))
      ->capture_default_str();
  command.add_option("--generations", evaluation.evolution.generations, "Generations")->check(CLI::Range(1, 100000))->capture_default_str();
  command.add_option("-o,--output", options->output, "Folder for the page, CSV and JSON files")->type_name("DIR");
  command.add_flag("--json", options->json, "Print JSON for scripts");
  command.callback([options, &context] { context.action = [options] { return judge(*options); }; });
}

}  // namespace mosaic::cli

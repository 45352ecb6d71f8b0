#include "evaluate_search.h"

#include <fmt/format.h>

#include <filesystem>

#include "mosaic/base/file.h"
#include "mosaic/evaluation/search/comparison.h"
#include "mosaic/evaluation/search/report.h"
#include "output.h"
#include "result_tables.h"

namespace mosaic::cli {
namespace {

struct EvaluateSearchArguments {
  std::vector<std::string> files;
  std::string objective = "latency";
  std::string output;
  bool json = false;
};

Result<void> write(const evaluation::SearchComparison& comparison, const EvaluateSearchArguments& options) {
  const std::filesystem::path folder = options.output;
  MOSAIC_RETURN_IF_ERROR(write_file(folder / "index.html", evaluation::search_page(comparison, options.files)));
  return save_tables(evaluation::search_tables(comparison), folder);
}

Result<Json> to_json(const evaluation::SearchComparison& comparison, const EvaluateSearchArguments& options) {
  Json json{{"files", options.files},
            {"objective", options.objective},
            {"seeds", comparison.seeds},
            {"test_images", comparison.images},
            {"costs", "modelled"}};
  MOSAIC_RETURN_IF_ERROR(add_rows(evaluation::search_tables(comparison), json));
  json["notes"] = evaluation::search_notes(comparison);
  return json;
}

Result<void> run(const EvaluateSearchArguments& options) {
  std::vector<evaluation::SeedOutcomes> seeds;
  for (const std::string& file : options.files) {
    MOSAIC_TRY(const std::string text, read_file(file));
    MOSAIC_TRY(evaluation::SeedOutcomes seed, evaluation::parse_search_outcomes(text, file));
    seeds.push_back(std::move(seed));
  }
  const auto kind = options.objective == "energy" ? evaluation::SearchCost::kEnergy : evaluation::SearchCost::kLatency;
  MOSAIC_TRY(const evaluation::SearchComparison comparison, evaluation::compare_searches(seeds, kind));
  if (!options.output.empty()) MOSAIC_RETURN_IF_ERROR(write(comparison, options));
  if (options.json) {
    MOSAIC_TRY(const Json json, to_json(comparison, options));
    print_json(json);
    return {};
  }
  for (const report::Table& table : evaluation::search_tables(comparison)) {
    if (!table.rows.empty()) print(text_of(table));
  }
  for (const std::string& each : evaluation::search_notes(comparison)) print(each + "\n");
  if (!options.output.empty()) print(fmt::format("Page: {}/index.html\n", options.output));
  return {};
}

}  // namespace

void add_evaluate_search(CLI::App& group, Context& context) {
  auto& command = add_command(group, "search", "Compare searches of one network with several seeds: intervals, savings, who wins at equal cost",
                              "  mosaic search resnet8 --method gradient --data fashion-mnist --seed 1 --json > seed1.json\n"
                              "  mosaic evaluate search seed1.json seed2.json seed3.json -o comparison\n"
                              "  mosaic evaluate search seed*.json --objective energy --json\n"
                              "Nothing is run: the files say what each mapping answered to each test image.");
  auto options = std::make_shared<EvaluateSearchArguments>();
  command.add_option("FILE", options->files, "What 'mosaic search --json' printed, one file for each seed, with right classes")
      ->required()
      ->type_name("FILE...");
  command.add_option("--objective", options->objective, "Cost by which rivals and nearest points are chosen")
      ->check(CLI::IsMember({"latency", "energy"}))
      ->capture_default_str();
  command.add_option("-o,--output", options->output, "Folder for the page, CSV and JSON files")->type_name("DIR");
  command.add_flag("--json", options->json, "Print JSON for scripts");
  command.callback([options, &context] { context.action = [options] { return run(*options); }; });
}

}  // namespace mosaic::cli

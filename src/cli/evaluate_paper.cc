#include <fmt/format.h>

#include "command.h"
#include "mosaic/evaluation/paper/claims.h"
#include "mosaic/evaluation/paper/evaluation.h"
#include "mosaic/evaluation/paper/report.h"
#include "mosaic/session/boards.h"
#include "output.h"

namespace mosaic::cli {
namespace {

using namespace evaluation;

struct Options {
  std::string output;
  std::string board = "hikey970";
  std::uint64_t seed = 1;
  std::size_t random_plans = 1000;
  bool json = false;
};

Json to_json(const std::vector<Claim>& all) {
  Json json = Json::array();
  for (const Claim& claim : all) {
    json.push_back({{"where", claim.where}, {"claim", claim.text}, {"paper", claim.paper}, {"ours", claim.ours}, {"verdict", name(claim.verdict)}});
  }
  return json;
}

void print_summary(const PaperResults& results, const std::vector<Claim>& all, const Options& options) {
  Table table({"where", "claim", "paper", "ours (simulated)", "verdict"});
  std::size_t reproduced = 0;
  std::size_t inputs = 0;
  for (const Claim& claim : all) {
    table.add({claim.where, claim.text, claim.paper, claim.ours, std::string(name(claim.verdict))});
    reproduced += claim.verdict == Verdict::kReproduced ? 1 : 0;
    inputs += claim.verdict == Verdict::kInput ? 1 : 0;
  }
  print(table.text());
  print(
      fmt::format("\n{} of {} predictions reproduced, {} were inputs. MOSAIC measures above another version in {} (latency) and {} (energy) cases.\n",
                  reproduced, all.size() - inputs, inputs, losses(results, false).size(), losses(results, true).size()));
  print(fmt::format("Page: {}/index.html; planning times of this machine: {}/wall_clock/index.html\n", options.output, options.output));
}

Result<void> run(const Options& options, const std::stop_token& stop) {
  MOSAIC_TRY(const Board board, find_board(options.board));
  if (!board.simulated()) {
    return fail(ErrorCode::kInvalidInput, fmt::format("board '{}' is no simulated one; 'mosaic evaluate host' is for real machines", board.name));
  }
  const std::filesystem::path folder = options.output;
  Progress progress(options.json);
  const PaperOptions paper{.seed = options.seed,
                           .random_plans = options.random_plans,
                           .folder = folder / "networks",
                           .stop = stop,
                           .progress = [&](std::string_view what, double share) { progress.show(what, share); }};
  MOSAIC_TRY(const PaperResults results, evaluate_paper(board, paper));
  MOSAIC_RETURN_IF_ERROR(write_paper_report(results, board, folder));
  progress.show("planning times", 1);
  MOSAIC_TRY(const auto times, time_planning(board));
  MOSAIC_TRY(const auto fronts, time_fronts(board));
  MOSAIC_RETURN_IF_ERROR(write_planning_report(times, fronts, folder / "wall_clock"));
  progress.clear();
  const std::vector<Claim> all = claims(results);
  options.json ? print_json(to_json(all)) : print_summary(results, all, options);
  return {};
}

}  // namespace

void add_evaluate_paper(CLI::App& group, Context& context) {
  auto& command = add_command(group, "paper", "Repeat the evaluation of the MOSAIC paper on a simulated board",
                              "  mosaic evaluate paper -o paper\n"
                              "  mosaic evaluate paper -o paper --seed 2 --json > claims.json\n"
                              "Ctrl-C keeps the networks that are done; the same command goes on from there.");
  auto options = std::make_shared<Options>();
  command.add_option("-o,--output", options->output, "Folder for the page, CSV and JSON files")->required()->type_name("DIR");
  command.add_option("--board", options->board, "Simulated board with devices big, little, gpu and npu")->capture_default_str();
  command.add_option("--seed", options->seed, "Seed of the random plans")->capture_default_str();
  command.add_option("--random-plans", options->random_plans, "Plans that the exhaustive version tries for each network and objective")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command.add_flag("--json", options->json, "Print the claims as JSON");
  command.callback([options, &context] { context.action = [options, &context] { return run(*options, context.stop); }; });
}

}  // namespace mosaic::cli

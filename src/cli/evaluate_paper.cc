#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "command.h"
#include "mosaic/board/board_file.h"
#include "mosaic/evaluation/paper/claims.h"
#include "mosaic/evaluation/paper/evaluation.h"
#include "mosaic/evaluation/paper/report.h"
#include "mosaic/session/boards.h"
#include "output.h"

namespace mosaic::cli {
namespace {

using namespace evaluation;

struct EvaluatePaperArguments {
  std::string output;
  std::string board = "hikey970";
  std::uint64_t seed = 1;
  std::size_t random_plans = 1000;
  bool json = false;
};

Json to_json(const std::vector<Claim>& all) {
  Json json = Json::array();
  for (const Claim& claim : all) {
    json.push_back({{"where", claim.where},
                    {"claim", claim.text},
                    {"paper", claim.paper},
                    {"ours", claim.ours},
                    {"verdict", name(claim.verdict)},
                    {"simulated", true}});
  }
  return json;
}

/// "latency MN-1.0, RN; energy SN", or "none".
std::string exceptions(const PaperResults& results) {
  std::vector<std::string> parts;
  for (const bool energy : {false, true}) {
    std::vector<std::string> networks;
    for (const OrderException& each : order_exceptions(results, energy)) networks.push_back(each.network);
    if (!networks.empty()) parts.push_back(fmt::format("{} {}", energy ? "energy" : "latency", fmt::join(networks, ", ")));
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, "; "));
}

std::string estimated_order(const PaperResults& results) {
  const std::vector<EstimatedOrder> orders = estimated_orders(results);
  std::vector<std::string> broken;
  for (const EstimatedOrder& each : orders) {
    if (!each.holds()) broken.push_back(fmt::format("{} ({}: {})", each.network, each.energy ? "energy" : "latency", each.version));
  }
  if (broken.empty()) return fmt::format("holds on all {} networks and objectives", orders.size());
  return fmt::format("DOES NOT HOLD on {}", fmt::join(broken, ", "));
}

void print_summary(const PaperResults& results, const std::vector<Claim>& all, const EvaluatePaperArguments& options) {
  Table table({"where", "claim", "paper", "ours (simulated)", "verdict"});
  std::map<Verdict, std::size_t> count;
  for (const Claim& claim : all) {
    table.add({claim.where, claim.text, claim.paper, claim.ours, std::string(name(claim.verdict))});
    ++count[claim.verdict];
  }
  print(table.text());
  const std::size_t reproduced = count[Verdict::kReproduced];
  print(fmt::format("\n{} of {} predictions reproduced; {} were inputs, {} hold by construction, {} are not judged.\n", reproduced,
                    reproduced + count[Verdict::kNotReproduced], count[Verdict::kInput], count[Verdict::kByConstruction],
                    count[Verdict::kNotJudged]));
  print(fmt::format("By estimated cost MOSAIC is never above another version: {}.\n", estimated_order(results)));
  print(fmt::format("By simulated cost it is above another version in {} (latency) and {} (energy) cases.\n", losses(results, false).size(),
                    losses(results, true).size()));
  print(fmt::format("Exceptions from HCA >= HCCA >= MOSAIC: {}.\n", exceptions(results)));
  print(fmt::format("Page: {}/index.html; planning times of this machine: {}/wall_clock/index.html\n", options.output, options.output));
}

/// Whether a board is the one whose truth was fitted to the paper, by all that its file says.
bool is_fitted(const Board& board) {
  const auto fitted = find_board("hikey970");
  return fitted && format_board(*fitted) == format_board(board);
}

Result<void> run(const EvaluatePaperArguments& options, const std::stop_token& stop) {
  MOSAIC_TRY(const Board board, find_board(options.board));
  if (!board.simulated()) {
    return fail(ErrorCode::kInvalidInput, fmt::format("board '{}' is no simulated one; 'mosaic evaluate host' is for real machines", board.name));
  }
  const std::filesystem::path folder = options.output;
  Progress progress(options.json);
  const PaperOptions paper{.seed = options.seed,
                           .random_plans = options.random_plans,
                           .fitted = is_fitted(board),
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
  auto options = std::make_shared<EvaluatePaperArguments>();
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

#include "mosaic/session/calibrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/statistics.h"
#include "mosaic/planner/baselines.h"
#include "mosaic/session/choose.h"
#include "mosaic/session/contest.h"

namespace mosaic {
namespace {

std::string describe(const Chain& chain, const Board& board) {
  std::string text;
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
    const std::size_t layers = chain.borders[s + 1] - chain.borders[s];
    text +=
        fmt::format("{}{}{}", s == 0 ? "" : ", ", board.configurations[chain.configurations[s]].name, layers > 1 ? fmt::format(" x {}", layers) : "");
  }
  return text;
}

/// Different random chains; as many as are wanted, or as a small model has.
std::vector<Chain> draw_chains(const ChainCosts& costs, const CalibrateOptions& options) {
  Random random(options.seed);
  std::vector<Chain> chains;
  for (std::size_t tries = 0; tries < 20 * options.plans && chains.size() < options.plans; ++tries) {
    const auto chain = random_chain(costs, random, {});
    if (chain && std::ranges::find(chains, *chain) == chains.end()) chains.push_back(*chain);
  }
  return chains;
}

double error_percent(Milliseconds predicted, Milliseconds measured) { return 100 * std::fabs(predicted / measured - 1); }

/// Judges each run by a calibration on all others.
Result<void> leave_out(const std::vector<CalibrationTerm>& terms, const std::vector<CalibrationRun>& runs, std::vector<CalibrationPlan>& plans) {
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::vector<CalibrationRun> others = runs;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(r));
    MOSAIC_TRY(const Calibration calibration, calibrate(terms, others));
    plans[r].left_out = Milliseconds(calibration.at(runs[r].amounts));
  }
  return {};
}

}  // namespace

Result<Calibrated> calibrate_workspace(const Workspace& workspace, const Profile& profile, const CalibrateOptions& options) {
  MOSAIC_TRY(const PlanningCosts made, planning_costs(workspace, profile));
  const ChainCosts& costs = made.costs.time;
  const std::vector<Chain> chains = draw_chains(costs, options);
  if (chains.empty()) return fail(ErrorCode::kUnsupported, "no random plan keeps the board's limits, so there is nothing to calibrate on");
  MOSAIC_TRY(Contest contest, Contest::create(workspace, options.seed, options.stop));
  for (const Chain& chain : chains) {
    MOSAIC_RETURN_IF_ERROR(
        contest.add_plan(describe(chain, workspace.board()), to_plan(chain, made.costs, made.fit, workspace.graph(), workspace.board())));
  }
  const auto show = [&](double share) {
    if (options.progress) options.progress("running plans", share);
  };
  MOSAIC_TRY(const auto samples, contest.run({.runs = options.runs, .most_seconds = 0, .stop = options.stop, .progress = show}));

  Calibrated result;
  std::vector<CalibrationRun> runs;
  std::vector<double> times;
  for (std::size_t r = 0; r < chains.size(); ++r) {
    times.push_back(median(samples[r]) / 1e3);
    runs.push_back({.amounts = chain_amounts(costs, chains[r]), .measured = times.back()});
    result.plans.push_back({.steps = describe(chains[r], workspace.board()),
                            .predicted = Milliseconds(static_cast<double>(cost_of(costs, chains[r]).count()) / 1e9),
                            .left_out = {},
                            .measured = Milliseconds(times.back())});
  }
  const std::vector<CalibrationTerm> terms = chain_terms(workspace.board(), Milliseconds(median(times)));
  MOSAIC_TRY(Calibration calibration, calibrate(terms, runs));
  MOSAIC_RETURN_IF_ERROR(leave_out(terms, runs, result.plans));
  for (const CalibrationPlan& plan : result.plans) {
    const double share = 1 / static_cast<double>(result.plans.size());
    result.before_percent += share * error_percent(plan.predicted, plan.measured);
    result.left_out_percent += share * error_percent(plan.left_out, plan.measured);
  }
  result.calibration = {.graph_name = workspace.graph().name,
                        .graph = workspace.graph().fingerprint,
                        .board_name = workspace.board().name,
                        .board = workspace.board().fingerprint,
                        .simulated = workspace.board().simulated(),
                        .calibration = std::move(calibration)};
  return result;
}

}  // namespace mosaic

#include "mosaic/evaluation/rk3399pro/evaluation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "mosaic/base/text.h"
#include "mosaic/evaluation/rk3399pro/estimator.h"

namespace mosaic::tables {
namespace {

std::string label(const Network& network) { return network.set.empty() ? network.name : fmt::format("{}/{}", network.set, network.name); }

Result<void> check_names(const Tables& tables, const std::vector<std::string>& wanted) {
  std::set<std::string> known;
  for (const Network& each : tables.networks) known.insert(each.name);
  for (const MeasuredRuns& each : tables.runs) known.insert(each.network);
  for (const std::string& name : wanted) {
    if (known.contains(name)) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    const std::string_view meant = closest(name, names);
    return fail(ErrorCode::kInvalidInput, fmt::format("there is no network '{}'{}; there are {}", name,
                                                      meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant), fmt::join(known, ", ")));
  }
  return {};
}

bool asked_for(const std::vector<std::string>& wanted, const std::string& name) {
  return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
}

/// Each run's parts; runs that the profile says nothing of are left out, a reason for each kind.
WholeNetwork estimate(const MeasuredRuns& runs, const Network& profile, const Clocks& clocks, const std::map<char, PowerCurve>& curves) {
  const Network reduced = two_clocks(profile, clocks);
  const Estimator all(profile, clocks, curves);
  const Estimator two(reduced, clocks, curves);
  const std::set<Point> known = profile.points();
  WholeNetwork whole{.name = runs.network, .profile = &profile, .runs = {}, .orders = 0, .unfinished = runs.unfinished, .untold = {}};
  std::set<std::string> orders;
  std::set<std::string> reasons;
  for (const MeasuredRun& run : runs.runs) {
    if (run.points.size() != profile.layers) {
      reasons.insert(fmt::format("runs of {} layers, the profile has {}", run.points.size(), profile.layers));
      continue;
    }
    std::vector<Point> points;
    for (const Point& point : run.points) points.push_back(match(known, point));
    auto profiled = break_down(profile, all.samples(), points);
    auto from_two = break_down(profile, two.samples(), points);
    if (!profiled || !from_two) {
      reasons.insert(profiled ? from_two.error().message : profiled.error().message);
      continue;
    }
    orders.insert(run.order);
    whole.runs.push_back({.run = &run, .profiled = *std::move(profiled), .two_clocks = *std::move(from_two)});
  }
  whole.orders = orders.size();
  whole.untold.assign(reasons.begin(), reasons.end());
  return whole;
}

std::vector<WholeNetwork> estimate_all(const Tables& tables, const Clocks& clocks, std::vector<std::string>& notes) {
  std::vector<WholeNetwork> wholes;
  for (const MeasuredRuns& runs : tables.runs) {
    const Network* profile = profile_of(tables, runs);
    if (profile == nullptr) {
      notes.push_back(fmt::format("{}: {} measured runs, but no profile of that name", runs.network, runs.runs.size()));
      continue;
    }
    WholeNetwork whole = estimate(runs, *profile, clocks, curves_for(tables.networks, *profile, clocks));
    if (whole.runs.empty()) {
      notes.push_back(fmt::format("{}: none of {} runs can be told from its profile: {}", runs.network, runs.runs.size() + runs.unfinished,
                                  whole.untold.empty() ? "none was measured to the end" : fmt::format("{}", fmt::join(whole.untold, "; "))));
      continue;
    }
    wholes.push_back(std::move(whole));
  }
  return wholes;
}

Result<WholeResult> judge(const WholeNetwork& whole, const std::vector<WholeNetwork>& all, const CalibrationOptions& options) {
  std::vector<const WholeNetwork*> others;
  for (const WholeNetwork& each : all) {
    if (&each != &whole) others.push_back(&each);
  }
  WholeResult result{.network = whole.name,
                     .profile = label(*whole.profile),
                     .runs = whole.runs.size(),
                     .orders = whole.orders,
                     .unfinished = whole.unfinished,
                     .untold = whole.untold};
  MOSAIC_TRY(result.predictors, predict(whole, others, options));
  std::vector<std::string> orders;
  for (const EstimatedRun& run : whole.runs) orders.push_back(run.run->order);
  const Split split = split_by_order(orders, options.runs, options.seed);
  MOSAIC_TRY(result.time, calibrate_on(whole, split.calibration, Quantity::kTime));
  MOSAIC_TRY(result.energy, calibrate_on(whole, split.calibration, Quantity::kEnergy));
  return result;
}

/// A predictor's errors over the networks that have it.
Predictor mean_of(const std::vector<WholeResult>& wholes, std::size_t index) {
  Predictor mean{.name = wholes.front().predictors[index].name, .errors = {}, .networks = 0};
  double time = 0;
  double energy = 0;
  for (const WholeResult& each : wholes) {
    const Errors& errors = each.predictors[index].errors;
    if (!errors.time || !errors.energy) continue;
    time += *errors.time;
    energy += *errors.energy;
    ++mean.networks;
  }
  const auto count = static_cast<double>(mean.networks);
  if (mean.networks > 0) mean.errors = {.time = time / count, .energy = energy / count};
  return mean;
}

}  // namespace

Result<Evaluation> evaluate(const Tables& tables, const Board& board, const EvaluationOptions& options) {
  MOSAIC_RETURN_IF_ERROR(check_names(tables, options.networks));
  MOSAIC_TRY(const Clocks clocks, clocks_of(board));
  Evaluation evaluation;
  for (const std::string& file : tables.ignored) evaluation.notes.push_back(file + ": in no known form, left out");
  const std::vector<WholeNetwork> wholes = estimate_all(tables, clocks, evaluation.notes);
  for (const WholeNetwork& whole : wholes) {
    if (!asked_for(options.networks, whole.name)) continue;
    MOSAIC_TRY(WholeResult result, judge(whole, wholes, options.calibration));
    evaluation.wholes.push_back(std::move(result));
  }
  if (!evaluation.wholes.empty()) {
    for (std::size_t p = 0; p < evaluation.wholes.front().predictors.size(); ++p) evaluation.means.push_back(mean_of(evaluation.wholes, p));
  }
  evaluation.clocks = clock_errors(tables.networks, clocks);
  for (const Network& network : tables.networks) {
    if (!asked_for(options.networks, network.name)) continue;
    MOSAIC_TRY(NetworkPlans plans, plan_board(network, clocks, tables.switching, curves_for(tables.networks, network, clocks)));
    evaluation.plans.push_back(std::move(plans));
  }
  return evaluation;
}

}  // namespace mosaic::tables

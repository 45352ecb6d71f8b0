#include <fmt/format.h>

#include "evaluation.h"
#include "mosaic/base/random.h"
#include "mosaic/planner/baselines.h"
#include "mosaic/session/contest.h"

namespace mosaic::evaluate {
namespace {

/// How much slower than in the profile the wholes ran beside the plans: the median over the configurations.
double drift(const Subject& subject, const std::vector<std::vector<double>>& wholes) {
  std::vector<double> ratios;
  for (std::size_t c = 0; c < wholes.size(); ++c) {
    if (const auto& whole = subject.planned.fit.configurations[c].whole) ratios.push_back(median(wholes[c]) / *whole);
  }
  return ratios.empty() ? 1 : median(ratios);
}

}  // namespace

Result<Json> estimates(const Setting& setting) {
  MOSAIC_TRY(const Subject subject, prepare(setting));
  const Board& board = subject.workspace->board();
  const ChainCosts& costs = subject.planned.costs;
  const Fit& fit = subject.planned.fit;
  Json json{{"model", setting.model}, {"board", setting.board}, {"noisy", subject.profile.noisy}, {"sums", Json::array()}, {"plans", Json::array()}};

  MOSAIC_TRY(Contest contest, Contest::create(*subject.workspace, setting.seed));
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    const auto check = fit.configurations[c].check_percent();
    json["sums"].push_back({{"configuration", board.configurations[c].name},
                            {"whole_us", fit.configurations[c].whole.value_or(0)},
                            {"error_percent", check ? Json(*check) : Json(nullptr)}});
    const auto chain = single_configuration(costs, c);
    MOSAIC_RETURN_IF_ERROR(contest.add_plan(board.configurations[c].name, to_plan(*chain, costs, fit, subject.workspace->graph(), board)));
  }
  Random random(setting.seed);
  std::vector<Plan> plans;
  for (std::size_t i = 0; i < setting.plans; ++i) {
    const auto chain = random_chain(costs, random, {.fewest_slices = 2, .most_slices = 8, .fewest_devices = std::min<std::size_t>(2, costs.places)});
    if (!chain) return fail(ErrorCode::kUnsupported, "no random plan is feasible");
    plans.push_back(to_plan(*chain, costs, fit, subject.workspace->graph(), board));
    MOSAIC_RETURN_IF_ERROR(contest.add_plan(fmt::format("random {}", i + 1), plans.back()));
  }
  MOSAIC_TRY(std::vector<std::vector<double>> samples, contest.run({.runs = setting.runs, .most_seconds = 0}));
  const auto first_plan = samples.begin() + static_cast<std::ptrdiff_t>(costs.configurations);
  json["drift"] = drift(subject, {samples.begin(), first_plan});
  for (std::size_t i = 0; i < plans.size(); ++i) {
    json["plans"].push_back({{"slices", plans[i].steps.size()},
                             {"predicted_us", plans[i].prediction->expected.count()},
                             {"measured_us", median(first_plan[static_cast<std::ptrdiff_t>(i)])}});
  }
  return json;
}

}  // namespace mosaic::evaluate

#include <fmt/format.h>

#include "evaluation.h"
#include "mosaic/base/random.h"
#include "mosaic/planner/baselines.h"
#include "mosaic/session/contest.h"

namespace mosaic::evaluate {
namespace {

constexpr std::size_t kPlansBetweenWholes = 5;

/// A plan of one slice in the race, again and again between the others.
struct Whole {
  std::size_t entry = 0;
  double profiled = 0;  // microseconds
};

/// How much slower than in the profile the wholes ran, in each run of the race: the median over all of them.
std::vector<double> drift(const std::vector<Whole>& wholes, const std::vector<std::vector<double>>& samples) {
  std::vector<double> factors;
  for (std::size_t run = 0; run < samples.front().size(); ++run) {
    std::vector<double> ratios;
    for (const Whole& whole : wholes) ratios.push_back(samples[whole.entry][run] / whole.profiled);
    factors.push_back(ratios.empty() ? 1 : median(ratios));
  }
  return factors;
}

}  // namespace

Result<Json> estimates(const Setting& setting) {
  MOSAIC_TRY(const Subject subject, prepare(setting));
  const Board& board = subject.workspace->board();
  const TimeAndEnergy& costs = subject.planned.costs;
  const Fit& fit = subject.planned.fit;
  Json json{{"model", setting.model}, {"board", setting.board}, {"noisy", subject.profile.noisy}, {"sums", Json::array()}, {"plans", Json::array()}};

  MOSAIC_TRY(Contest contest, Contest::create(*subject.workspace, setting.seed));
  std::vector<Whole> singles;
  for (std::size_t c = 0; c < costs.time.configurations; ++c) {
    const auto check = fit.configurations[c].check_percent();
    json["sums"].push_back({{"configuration", board.configurations[c].name},
                            {"whole_us", fit.configurations[c].whole.value_or(0)},
                            {"error_percent", check ? Json(*check) : Json(nullptr)}});
    const auto chain = single_configuration(costs.time, c);
    if (!chain) continue;
    MOSAIC_TRY(const std::size_t entry,
               contest.add_plan(board.configurations[c].name, to_plan(*chain, costs, fit, subject.workspace->graph(), board)));
    if (fit.configurations[c].whole) singles.push_back({.entry = entry, .profiled = *fit.configurations[c].whole});
  }
  std::vector<Whole> wholes = singles;
  const auto add_wholes = [&] {
    for (const Whole& single : singles) wholes.push_back({.entry = contest.add_again(single.entry), .profiled = single.profiled});
  };
  Random random(setting.seed);
  std::vector<std::pair<std::size_t, Plan>> plans;  // with their entries
  for (std::size_t i = 0; i < setting.plans; ++i) {
    const auto chain =
        random_chain(costs.time, random, {.fewest_slices = 2, .most_slices = 8, .fewest_devices = std::min<std::size_t>(2, costs.time.places)});
    if (!chain) return fail(ErrorCode::kUnsupported, "no random plan is feasible");
    Plan plan = to_plan(*chain, costs, fit, subject.workspace->graph(), board);
    MOSAIC_TRY(const std::size_t entry, contest.add_plan(fmt::format("random {}", i + 1), plan));
    plans.emplace_back(entry, std::move(plan));
    if (plans.size() % kPlansBetweenWholes == 0) add_wholes();
  }
  MOSAIC_TRY(const std::vector<std::vector<double>> samples, contest.run({.runs = setting.runs, .most_seconds = 0}));
  const std::vector<double> factors = drift(wholes, samples);
  json["drift"] = median(factors);
  for (const auto& [entry, plan] : plans) {
    std::vector<double> undrifted;
    for (std::size_t run = 0; run < factors.size(); ++run) undrifted.push_back(samples[entry][run] / factors[run]);
    json["plans"].push_back({{"slices", plan.steps.size()},
                             {"predicted_us", plan.prediction->expected.count()},
                             {"measured_us", median(samples[entry])},
                             {"measured_without_drift_us", median(undrifted)}});
  }
  return json;
}

}  // namespace mosaic::evaluate

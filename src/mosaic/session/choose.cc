#include "mosaic/session/choose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <ranges>

#include "mosaic/base/file.h"
#include "mosaic/cost/mean_power.h"
#include "mosaic/plan/validate.h"
#include "mosaic/planner/baselines.h"
#include "mosaic/session/contest.h"
#include "mosaic/session/measure.h"

namespace mosaic {
namespace {

/// The single configurations worth measuring: the best two by their whole-model times, by their costs where the whole was not measured.
std::vector<std::size_t> best_singles(const Planned& planned) {
  std::vector<std::pair<double, std::size_t>> ranked;
  for (std::size_t c = 0; c < planned.costs.time.configurations; ++c) {
    const auto chain = single_configuration(planned.costs.time, c);
    if (!chain) continue;
    const double expected = static_cast<double>(cost_of(planned.costs.time, *chain).count()) / 1e6;
    ranked.emplace_back(planned.fit.configurations[c].whole.value_or(expected), c);
  }
  std::ranges::sort(ranked);
  std::vector<std::size_t> best;
  for (std::size_t i = 0; i < std::min<std::size_t>(ranked.size(), 2); ++i) best.push_back(ranked[i].second);
  return best;
}

bool same_steps(const Plan& a, const Plan& b) {
  return std::ranges::equal(a.steps, b.steps,
                            [](const Step& x, const Step& y) { return x.layers == y.layers && x.configuration == y.configuration; });
}

/// What may change without a new profile, but not without a new plan.
Fingerprint restrictions(const Board& board) {
  Hasher hasher;
  const auto add_limit = [&](const std::optional<Bytes>& limit) { hasher.add(limit ? limit->value : std::int64_t{-1}); };
  for (const MemorySpace& space : board.spaces) add_limit(space.limit);
  for (const Device& device : board.devices) {
    add_limit(device.slice_limit);
    for (const std::string& op : device.missing_operators) hasher.add(op);
    hasher.add("");
  }
  return hasher.fingerprint();
}

}  // namespace

Result<PlanningCosts> planning_costs(const Workspace& workspace, const Profile& profile, const PlanRequest& request) {
  const Board& board = workspace.board();
  MOSAIC_RETURN_IF_ERROR(check_profile(profile, workspace.graph(), board, workspace.engine()));
  MOSAIC_TRY(Fit fit, fit_profile(profile, workspace.graph(), board));
  MOSAIC_TRY(const std::optional<Fit> energy, fit_energy(profile, workspace.graph(), board));
  TimeAndEnergy costs = measured_time_and_energy(fit, workspace.graph(), board, energy);
  const auto limit = [&](ChainCosts& table) -> Result<void> {
    if (request.most_memory) table.memory_limit = request.most_memory->value;
    for (const auto& [name, most] : request.most_memory_in) {
      const auto space = std::ranges::find(board.spaces, name, &MemorySpace::name);
      if (space == board.spaces.end()) {
        return fail(ErrorCode::kInvalidInput, fmt::format("board '{}' has no memory space '{}'; it has {}", board.name, name,
                                                          fmt::join(board.spaces | std::views::transform(&MemorySpace::name), ", ")));
      }
      auto& there = table.space_limit[static_cast<std::size_t>(space - board.spaces.begin())];
      there = std::min(there.value_or(most.value), most.value);
    }
    return {};
  };
  if (request.calibration) costs.time = calibrated(std::move(costs.time), request.calibration->calibration);
  if (costs.energy) {
    costs.energy_source = "simulated";
  } else if (const auto powers = mean_powers(profile, board)) {
    costs.energy = energy_at(costs.time, powers->of);
    if (costs.energy) costs.energy_source = powers->source;
  }
  MOSAIC_RETURN_IF_ERROR(limit(costs.time));
  if (costs.energy) MOSAIC_RETURN_IF_ERROR(limit(*costs.energy));
  PlanningCosts made{.fit = std::move(fit), .costs = std::move(costs), .energy_fit = energy, .residual_percent = {}};
  if (request.calibration) made.residual_percent = request.calibration->calibration.residual_percent;
  return made;
}

double uncertainty_percent(const PlanningCosts& made, Objective objective) {
  const double time = uncertainty_percent(made.fit, made.residual_percent);
  if (objective == Objective::kLatency) return time;
  const double energy = made.energy_fit ? uncertainty_percent(*made.energy_fit) : time;
  return objective == Objective::kEnergy ? energy : time + energy;
}

Result<Planned> make_plan(const Workspace& workspace, const Profile& profile, const PlanRequest& request) {
  MOSAIC_TRY(PlanningCosts made, planning_costs(workspace, profile, request));
  const auto begin = std::chrono::steady_clock::now();
  PlanRequest options = request;
  if (!options.margin_percent) options.margin_percent = uncertainty_percent(made, request.objective);
  MOSAIC_TRY(Decision decision, decide(made.costs, made.fit, workspace.graph(), workspace.board(), options));
  const Microseconds took = std::chrono::steady_clock::now() - begin;
  Plan plan = to_plan(decision.chosen.chain, made.costs, made.fit, workspace.graph(), workspace.board(), made.residual_percent);
  plan.objective = name(request.objective);
  plan.sources.model = workspace.options().model.string();
  plan.sources.board = workspace.options().board;
  return Planned{.plan = std::move(plan),
                 .decision = std::move(decision),
                 .fit = std::move(made.fit),
                 .costs = std::move(made.costs),
                 .residual_percent = made.residual_percent,
                 .planning_time = took};
}

Result<PlannedFront> make_front(const Workspace& workspace, const Profile& profile, const PlanRequest& request) {
  MOSAIC_TRY(PlanningCosts made, planning_costs(workspace, profile, request));
  if (const auto energy = energy_of(made.costs); !energy) return std::unexpected(energy.error());
  const auto begin = std::chrono::steady_clock::now();
  Front front = pareto_front(made.costs, request.constraints);
  const Microseconds took = std::chrono::steady_clock::now() - begin;
  if (front.points.empty()) {
    // Why, says whoever looks for a single plan.
    const auto none = decide(made.costs, made.fit, workspace.graph(), workspace.board(), request);
    if (!none) return std::unexpected(none.error());
  }
  return PlannedFront{.front = std::move(front), .fit = std::move(made.fit), .costs = std::move(made.costs), .planning_time = took};
}

Result<Confirmation> confirm(const Workspace& workspace, const Planned& planned, const std::stop_token& stop,
                             const std::function<void(double)>& progress) {
  Confirmation confirmation;
  confirmation.contenders.push_back({.name = "mosaic", .plan = planned.plan, .microseconds = {}});
  for (const std::size_t c : best_singles(planned)) {
    Plan plan = to_plan(*single_configuration(planned.costs.time, c), planned.costs, planned.fit, workspace.graph(), workspace.board(),
                        planned.residual_percent);
    plan.sources = planned.plan.sources;
    if (same_steps(plan, planned.plan)) {
      confirmation.contenders[0].name = "single:" + workspace.board().configurations[c].name;
    } else {
      confirmation.contenders.push_back({.name = "single:" + workspace.board().configurations[c].name, .plan = std::move(plan), .microseconds = {}});
    }
  }
  if (confirmation.contenders.size() == 1) return confirmation;

  MOSAIC_TRY(Contest contest, Contest::create(workspace, 1, stop));
  for (const Contender& contender : confirmation.contenders) MOSAIC_RETURN_IF_ERROR(contest.add_plan(contender.name, contender.plan));
  MOSAIC_TRY(auto samples, contest.run({.runs = 40, .most_seconds = 20, .stop = stop, .progress = progress}));
  for (std::size_t i = 0; i < samples.size(); ++i) confirmation.contenders[i].microseconds = std::move(samples[i]);

  // Among the single configurations the fastest stands; a plan of several slices has to beat it beyond doubt.
  const bool planned_is_single = confirmation.contenders[0].name != "mosaic";
  for (std::size_t i = 1; i < confirmation.contenders.size(); ++i) {
    const auto& now = confirmation.contenders[confirmation.chosen].microseconds;
    const PairedRatio ratio = paired_ratio(now, confirmation.contenders[i].microseconds);
    const bool beaten = confirmation.chosen == 0 && !planned_is_single ? ratio.interval.high >= 1 : ratio.ratio > 1;
    if (beaten) confirmation.chosen = i;
  }
  return confirmation;
}

Result<Choice> choose_plan(const Workspace& workspace, const ProfilerOptions& options, const std::stop_token& stop) {
  const std::filesystem::path folder = cache_entry(workspace);
  const std::filesystem::path file = folder / fmt::format("plan-{:.12}.json", restrictions(workspace.board()));
  const auto cached = [&]() -> std::optional<Choice> {
    auto known = read_plan(file);
    if (!known || !validate(workspace.graph(), workspace.board(), *known)) return std::nullopt;
    const auto profile = read_profile(folder / "profile.json");
    return Choice{.plan = *std::move(known), .confirmation = {}, .noisy = profile ? profile->noisy : std::vector<std::string>()};
  };
  if (auto known = cached()) return *std::move(known);
  // Two processes that confirmed at the same time would time each other.
  MOSAIC_TRY(const FileLock lock, FileLock::acquire(folder / "plan.lock", stop));
  if (auto known = cached()) return *std::move(known);

  MOSAIC_TRY(const Profile profile, cached_profile(workspace, options, stop));
  // What is measured afterwards needs no margin: the optimum by the costs takes part, however small its gain.
  MOSAIC_TRY(const Planned planned, make_plan(workspace, profile, {{.margin_percent = 0}}));
  const auto show = [&](double share) {
    if (options.progress) options.progress("confirming", share);
  };
  Choice choice{.plan = {}, .confirmation = {}, .noisy = profile.noisy};
  MOSAIC_TRY(choice.confirmation, confirm(workspace, planned, stop, show));
  choice.plan = choice.confirmation->contenders[choice.confirmation->chosen].plan;
  MOSAIC_RETURN_IF_ERROR(write_plan(choice.plan, file));
  return choice;
}

}  // namespace mosaic

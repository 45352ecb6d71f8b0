#include "mosaic/evaluation/rk3399pro/board_plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "mosaic/evaluation/rk3399pro/estimator.h"
#include "mosaic/planner/baselines.h"
#include "mosaic/planner/chain.h"

namespace mosaic::tables {
namespace {

std::string describe(const Chain& chain, const std::vector<Point>& points) {
  std::string text;
  for (std::size_t s = 0; s < chain.configurations.size(); ++s) {
    const std::size_t layers = chain.borders[s + 1] - chain.borders[s];
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", name(points[chain.configurations[s]]), layers > 1 ? fmt::format(" x {}", layers) : "");
  }
  return text;
}

std::optional<Chain> best_single(const ChainCosts& costs) {
  std::optional<Chain> best;
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    auto single = single_configuration(costs, c);
    if (single && (!best || cost_of(costs, *single) < cost_of(costs, *best))) best = std::move(single);
  }
  return best;
}

/// What may be missing to the optimum, in milliseconds or millijoules.
double gap_of(const ChainResult& result) {
  return result.optimal || !result.bound ? 0 : static_cast<double>(result.cost.count() - result.bound->count()) / 1e9;
}

double counted(const Spent& spent, Objective objective, Watts static_power) {
  if (objective == Objective::kLatency) return spent.time.count();
  const Joules idle = objective == Objective::kEnergyIdle ? static_power * spent.time : Joules{};
  return (spent.energy - idle).value * 1e3;
}

/// The least static power of the devices, or of any row that was measured below it, so that nothing draws less than an idle board.
Watts idle_power(const Network& network, const std::map<char, PowerCurve>& curves) {
  std::optional<Watts> least;
  const auto lower = [&](Watts power) { least = least ? std::min(*least, power) : power; };
  for (const auto& [device, curve] : curves) lower(curve.static_power);
  for (const auto& [key, rows] : network.samples) {
    for (const auto& [point, sample] : rows) {
      if (sample.power && !curves.empty()) lower(*sample.power);
    }
  }
  return least.value_or(Watts{});
}

/// Makes and replays the versions of one network.
class Versions {
 public:
  Versions(const Network& network, const Clocks& clocks, const Switching& switching, const std::map<char, PowerCurve>& curves)
      : reduced_(two_clocks(network, clocks)),
        estimator_(reduced_, clocks, curves),
        replay_(network, clocks, switching),
        profiled_{.network = &network, .samples = measured(network), .points = {}, .clocks = clocks, .switching = {}} {
    for (const Point& point : network.points()) profiled_.points.push_back(point);
    profiled_.static_power = idle_power(network, curves);
    estimated_ = profiled_;
    estimated_.samples = estimator_.samples();
    priced_ = profiled_;
    priced_.switching = switching;
  }

  [[nodiscard]] std::size_t points() const { return profiled_.points.size(); }
  [[nodiscard]] Watts idle() const { return profiled_.static_power; }

  Result<void> add(Objective objective, std::vector<PlanRow>& rows) const {
    const ChainCosts costs = board_costs(profiled_, objective);
    const ChainCosts two = board_costs(estimated_, objective);
    const ChainCosts with_changes = board_costs(priced_, objective);
    MOSAIC_RETURN_IF_ERROR(add(objective, "best single", best_single(costs), costs, rows));
    MOSAIC_RETURN_IF_ERROR(add(objective, "greedy", greedy(costs), costs, rows));
    MOSAIC_RETURN_IF_ERROR(add(objective, "exact, two clocks", solve_chain(two), two, rows));
    MOSAIC_RETURN_IF_ERROR(add(objective, "exact", solve_chain(costs), costs, rows));
    return add(objective, "exact, changes priced", solve_chain(with_changes, kLabelCap), with_changes, rows);
  }

 private:
  static constexpr std::size_t kLabelCap = 512;

  Result<void> add(Objective objective, std::string version, const std::optional<ChainResult>& result, const ChainCosts& costs,
                   std::vector<PlanRow>& rows) const {
    if (!result) return {};
    MOSAIC_RETURN_IF_ERROR(add(objective, std::move(version), std::optional(result->chain), costs, rows));
    rows.back().gap = gap_of(*result);
    return {};
  }

  Result<void> add(Objective objective, std::string version, std::optional<Chain> chain, const ChainCosts& costs, std::vector<PlanRow>& rows) const {
    if (!chain) return {};
    MOSAIC_TRY(const Taken taken, replay_.run(points_of(*chain, profiled_.points)));
    PlanRow row{.version = std::move(version), .objective = objective, .chain = *chain, .text = describe(*chain, profiled_.points)};
    row.predicted = static_cast<double>(cost_of(costs, *chain).count()) / 1e9;
    row.taken = taken;
    row.replayed = counted(taken.whole, objective, profiled_.static_power);
    rows.push_back(std::move(row));
    return {};
  }

  Network reduced_;
  Estimator estimator_;
  Replay replay_;
  Knowledge profiled_;
  Knowledge estimated_;
  Knowledge priced_;
};

}  // namespace

Result<NetworkPlans> plan_board(const Network& network, const Clocks& clocks, const Switching& switching, const std::map<char, PowerCurve>& curves) {
  NetworkPlans plans{.network = network.name, .set = network.set, .layers = network.layers, .points = 0, .idle = {}, .rows = {}};
  const Versions versions(network, clocks, switching, curves);
  plans.points = versions.points();
  plans.idle = versions.idle();
  for (const Objective objective : {Objective::kLatency, Objective::kEnergy, Objective::kEnergyIdle}) {
    MOSAIC_RETURN_IF_ERROR(versions.add(objective, plans.rows));
  }
  if (plans.rows.empty()) {
    return fail(ErrorCode::kUnsupported, fmt::format("network '{}': no device was measured with every layer, alone or with others", network.name));
  }
  return plans;
}

}  // namespace mosaic::tables

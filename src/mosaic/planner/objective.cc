#include "mosaic/planner/objective.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mosaic/base/check.h"
#include "mosaic/planner/chain.h"
#include "mosaic/planner/labels.h"

namespace mosaic {
namespace {

__extension__ using Wide = __int128;  // products of two costs

constexpr std::size_t kFewLabels = 16;  // to find a good chain, which spares the exact search most of its labels

Wide product(const Costs& costs) { return Wide{costs[0]} * costs[1]; }

/// Two criteria in the order in which a search has them.
struct Criteria {
  const ChainCosts& first;
  const ChainCosts& second;

  [[nodiscard]] std::optional<Found> price(const Chain& chain) const {
    const Cost a = cost_of(first, chain);
    if (!a.feasible()) return std::nullopt;
    return Found{.chain = chain, .cost = {a.count(), cost_of(second, chain).count()}};
  }

  /// The chain that is cheapest by a weighted sum, priced by these criteria; nothing for nullptr.
  [[nodiscard]] std::optional<Found> cheapest(const ChainCosts* sums) const {
    const auto solved = sums != nullptr ? solve_chain(*sums) : std::nullopt;
    return solved ? price(solved->chain) : std::nullopt;
  }
};

double gap(double best, double bound) { return best > 0 ? std::max(0.0, 100 * (1 - bound / best)) : 0; }

/// A result of `solve_chain` or `search` and how sure it is.
struct Solved {
  Found found;
  std::optional<double> bound;  ///< where it is not proved: no chain is better than this, in the first criterion or in the product
};

/// Adds lines between two chains, towards the point where the second criterion reaches its limit; keeps the best chain within it.
void add_lines_at(std::int64_t most, const Criteria& criteria, Prospects& prospects, Found above, Found& within) {
  constexpr int kMostLines = 24;
  Found below = within;
  for (int i = 0; i < kMostLines; ++i) {
    const auto down = static_cast<double>(above.cost[1] - below.cost[1]);
    const auto right = static_cast<double>(below.cost[0] - above.cost[0]);
    if (down <= 0 || right <= 0) return;
    const auto found = criteria.cheapest(prospects.add_line(down, right));
    if (!found) return;
    if (found->cost[1] <= most && found->cost[0] < within.cost[0]) within = *found;
    const double gained = down * static_cast<double>(above.cost[0] - found->cost[0]) + right * static_cast<double>(above.cost[1] - found->cost[1]);
    if (gained <= 1e-9 * down * static_cast<double>(above.cost[0])) return;
    (found->cost[1] <= most ? below : above) = *found;
  }
}

/// The least first criterion with at most `most` of the second. Requires: `within` keeps that; `above` is cheapest in the first and does not.
Solved solve_within(const Criteria& criteria, std::int64_t most, const Found& above, Found within, std::size_t cap) {
  Prospects prospects(criteria.first, &criteria.second);
  add_lines_at(most, criteria, prospects, above, within);
  Harvest harvest;
  for (const std::size_t labels : {std::min(kFewLabels, cap), cap}) {
    prospects.set_goal({.most = {std::nullopt, most}, .first_below = within.cost[0], .product_below = {}});
    harvest = search(criteria.first, &criteria.second, prospects, labels);
    if (!harvest.front.empty()) within = harvest.front.front();
    if (!harvest.capped) break;
  }
  Solved solved{.found = within, .bound = {}};
  if (harvest.capped && harvest.missed < static_cast<double>(within.cost[0])) solved.bound = harvest.missed;
  return solved;
}

/// Lines between two chains and again between them and what is found; keeps the best product within the limits.
void add_lines_between(const Found& a, const Found& b, int depth, const Criteria& criteria, const Goal& limits, Prospects& prospects, Found& best) {
  const auto down = static_cast<double>(a.cost[1] - b.cost[1]);
  const auto right = static_cast<double>(b.cost[0] - a.cost[0]);
  if (depth == 0 || down <= 0 || right <= 0) return;
  const auto found = criteria.cheapest(prospects.add_line(down, right));
  if (!found) return;
  if (limits.accepts(found->cost) && product(found->cost) < product(best.cost)) best = *found;
  add_lines_between(a, *found, depth - 1, criteria, limits, prospects, best);
  add_lines_between(*found, b, depth - 1, criteria, limits, prospects, best);
}

/// The least product within the limits. Requires: `best` keeps them.
Solved solve_product(const Criteria& criteria, const Goal& limits, const Found& fastest, const Found& thriftiest, Found best, std::size_t cap) {
  constexpr int kDepth = 4;
  Prospects prospects(criteria.first, &criteria.second);
  add_lines_between(fastest, thriftiest, kDepth, criteria, limits, prospects, best);
  Harvest harvest;
  for (const std::size_t labels : {std::min(kFewLabels, cap), cap}) {
    Goal goal = limits;
    goal.product_below = static_cast<double>(product(best.cost));
    prospects.set_goal(goal);
    harvest = search(criteria.first, &criteria.second, prospects, labels);
    for (const Found& found : harvest.front) {
      if (product(found.cost) < product(best.cost)) best = found;
    }
    if (!harvest.capped) break;
  }
  Solved solved{.found = best, .bound = {}};
  if (harvest.capped && harvest.missed < static_cast<double>(product(best.cost))) solved.bound = harvest.missed;
  return solved;
}

/// The cheapest chain by one criterion.
std::optional<ChainResult> solve_one(const ChainCosts& costs, std::optional<std::size_t> cap) {
  return cap ? solve_chain(costs, *cap) : solve_chain(costs);
}

/// What `best_chain` needs of the two single criteria.
class Planner {
 public:
  Planner(const TimeAndEnergy& costs, const Constraints& constraints, std::optional<std::size_t> cap)
      : time_(costs.time), energy_(*costs.energy), given_cap_(cap), cap_(cap.value_or(costs.time.clocks ? kMostLabelsWithClocks : kMostLabels)) {
    if (constraints.latency) most_time_ = constraints.latency->count();
    if (constraints.energy) most_energy_ = constraints.energy->value;
  }

  std::expected<Optimum, Infeasible> solve(Objective objective) {
    const auto fastest = solve_one(time_, given_cap_);
    const auto thriftiest = fastest ? solve_one(energy_, given_cap_) : std::nullopt;
    if (!thriftiest) return std::unexpected(Infeasible{});
    Solved first = solved(by_time(), *fastest);
    Solved last = solved(by_energy(), *thriftiest);
    // Where the cap bound, each may be the better one by the other's criterion.
    if (const Found other = swapped(last.found); other.cost[0] < first.found.cost[0]) first.found = other;
    if (const Found other = swapped(first.found); other.cost[0] < last.found.cost[0]) last.found = other;
    if (most_time_ && first.found.cost[0] > *most_time_) return short_of(Infeasible::What::kLatency, first, false);
    if (most_energy_ && last.found.cost[0] > *most_energy_) return short_of(Infeasible::What::kEnergy, last, false);

    Solved least_time = within(by_time(), most_energy_, first, swapped(last.found));
    if (most_time_ && least_time.found.cost[0] > *most_time_) {
      // Where that is not proved, the other limit may be the easier one to come from.
      const Found other = least_time.bound ? swapped(within(by_energy(), most_time_, last, swapped(first.found)).found) : least_time.found;
      if (!limits().accepts(other.cost)) return short_of(Infeasible::What::kLatency, least_time, true);
      least_time.found = other;
    }
    if (objective == Objective::kLatency) return optimum(least_time, objective);
    // From here on every candidate keeps both limits: so does what the searches begin with, and they only put better ones in its place.
    Solved least_energy = within(by_energy(), most_time_, last, swapped(least_time.found));
    if (objective == Objective::kEnergy) return optimum({.found = swapped(least_energy.found), .bound = least_energy.bound}, objective);
    Found best = least_time.found;
    if (const Found other = swapped(least_energy.found); product(other.cost) < product(best.cost)) best = other;
    return optimum(solve_product(by_time(), limits(), first.found, swapped(last.found), best, cap_), objective);
  }

 private:
  static constexpr std::size_t kMostLabels = 20'000;
  static constexpr std::size_t kMostLabelsWithClocks = 1'000;

  [[nodiscard]] Criteria by_time() const { return {.first = time_, .second = energy_}; }
  [[nodiscard]] Criteria by_energy() const { return {.first = energy_, .second = time_}; }
  [[nodiscard]] Goal limits() const { return {.most = {most_time_, most_energy_}, .first_below = {}, .product_below = {}}; }
  static Found swapped(const Found& found) { return {.chain = found.chain, .cost = {found.cost[1], found.cost[0]}}; }

  static Solved solved(const Criteria& criteria, const ChainResult& result) {
    Solved solved{.found = *criteria.price(result.chain), .bound = {}};
    if (!result.optimal) solved.bound = static_cast<double>(result.bound->count());
    return solved;
  }

  static std::unexpected<Infeasible> short_of(Infeasible::What what, const Solved& least, bool other) {
    return std::unexpected(Infeasible{.what = what, .least = Cost(least.found.cost[0]), .within_other = other, .proved = !least.bound});
  }

  /// The least first criterion with at most `most` of the second. Requires: `cheapest` in the first criterion; `start` keeps the limit.
  [[nodiscard]] Solved within(const Criteria& criteria, const std::optional<std::int64_t>& most, const Solved& cheapest, const Found& start) const {
    if (most && cheapest.found.cost[1] > *most) return solve_within(criteria, *most, cheapest.found, start, cap_);
    return cheapest;
  }

  /// Requires: costs in time and energy.
  [[nodiscard]] Optimum optimum(const Solved& solved, Objective objective) const {
    MOSAIC_CHECK(limits().accepts(solved.found.cost));
    Optimum optimum{.best = {.chain = solved.found.chain, .time = Cost(solved.found.cost[0]), .energy = Cost(solved.found.cost[1])},
                    .gap_percent = {}};
    if (solved.bound) optimum.gap_percent = gap(value_of(optimum.best, objective), *solved.bound);
    return optimum;
  }

  const ChainCosts& time_;
  const ChainCosts& energy_;
  const std::optional<std::size_t> given_cap_;
  const std::size_t cap_;
  std::optional<std::int64_t> most_time_;
  std::optional<std::int64_t> most_energy_;
};

constexpr std::array kObjectives{Objective::kLatency, Objective::kEnergy, Objective::kEnergyDelay};

}  // namespace

std::string_view name(Objective objective) {
  switch (objective) {
    case Objective::kEnergy:
      return "energy";
    case Objective::kEnergyDelay:
      return "edp";
    default:
      return "latency";
  }
}

Result<Objective> parse_objective(std::string_view text) {
  const auto* const found = std::ranges::find(kObjectives, text, [](Objective each) { return name(each); });
  if (found != kObjectives.end()) return *found;
  return fail(ErrorCode::kUnsupported, fmt::format("objective '{}' is not known; there are latency, energy and edp (energy times latency)", text));
}

bool Constraints::allow(const PricedChain& chain) const {
  return (!latency || chain.time.count() <= latency->count()) && (!energy || (chain.energy && chain.energy->count() <= energy->value));
}

double value_of(const PricedChain& chain, Objective objective) {
  const auto time = static_cast<double>(chain.time.count());
  if (objective == Objective::kLatency) return time;
  MOSAIC_CHECK(chain.energy.has_value());
  const auto energy = static_cast<double>(chain.energy->count());
  return objective == Objective::kEnergy ? energy : time * energy;
}

std::expected<Optimum, Infeasible> best_chain(const TimeAndEnergy& costs, Objective objective, const Constraints& constraints,
                                              std::optional<std::size_t> label_cap) {
  const bool needs_energy = objective != Objective::kLatency || constraints.energy;
  MOSAIC_CHECK(!needs_energy || costs.energy);
  if (needs_energy) {
    MOSAIC_CHECK(same_structure(costs.time, *costs.energy));
    return Planner(costs, constraints, label_cap).solve(objective);
  }
  const auto fastest = solve_one(costs.time, label_cap);
  if (!fastest) return std::unexpected(Infeasible{});
  if (constraints.latency && fastest->cost.count() > constraints.latency->count()) {
    return std::unexpected(Infeasible{.what = Infeasible::What::kLatency, .least = fastest->cost, .proved = fastest->optimal});
  }
  Optimum optimum{.best = *price(costs, fastest->chain), .gap_percent = {}};
  if (!fastest->optimal) optimum.gap_percent = gap(static_cast<double>(fastest->cost.count()), static_cast<double>(fastest->bound->count()));
  return optimum;
}

}  // namespace mosaic

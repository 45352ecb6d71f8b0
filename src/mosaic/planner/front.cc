#include "mosaic/planner/front.h"

#include <algorithm>
#include <tuple>

#include "mosaic/base/check.h"
#include "mosaic/planner/chain.h"
#include "mosaic/planner/labels.h"

namespace mosaic {
namespace {

bool earlier(const PricedChain& a, const PricedChain& b) { return std::tie(a.time, a.energy) < std::tie(b.time, b.energy); }

/// Leaves what no other point beats.
void sort_out(std::vector<PricedChain>& points) {
  std::ranges::stable_sort(points, earlier);
  std::size_t kept = 0;
  for (PricedChain& point : points) {
    if (kept > 0 && *points[kept - 1].energy <= *point.energy) continue;
    std::swap(points[kept++], point);
  }
  points.resize(kept);
}

/// Adds corners of the convex hull of all chains, as many as the depth allows: the cheapest chains of weighted sums, between two points and again
/// between them and what is found.
void add_corners(const TimeAndEnergy& costs, const PricedChain& a, const PricedChain& b, int depth, Prospects& prospects,
                 std::vector<PricedChain>& points) {
  const auto down = static_cast<double>(a.energy->count() - b.energy->count());
  const auto right = static_cast<double>(b.time.count() - a.time.count());
  if (depth == 0 || down <= 0 || right <= 0) return;
  const ChainCosts* const sums = prospects.add_line(down, right);
  const auto solved = sums != nullptr ? solve_chain(*sums) : std::nullopt;
  if (!solved) return;
  const PricedChain found = *price(costs, solved->chain);
  points.push_back(found);
  add_corners(costs, a, found, depth - 1, prospects, points);
  add_corners(costs, found, b, depth - 1, prospects, points);
}

}  // namespace

Front pareto_front(const TimeAndEnergy& costs, const Constraints& constraints, std::optional<std::size_t> label_cap) {
  constexpr std::size_t kMostLabels = 250'000;
  constexpr std::size_t kMostLabelsWithClocks = 100;  // which are compared across all states of the clocks
  constexpr int kDepth = 6;
  MOSAIC_CHECK(costs.energy && same_structure(costs.time, *costs.energy));
  Prospects prospects(costs.time, &*costs.energy);
  Goal goal;
  if (constraints.latency) goal.most[0] = constraints.latency->count();
  if (constraints.energy) goal.most[1] = constraints.energy->value;
  prospects.set_goal(goal);
  Harvest harvest = search(costs.time, &*costs.energy, prospects, label_cap.value_or(costs.time.clocks ? kMostLabelsWithClocks : kMostLabels));
  Front front{.points = {}, .complete = !harvest.capped};
  for (Found& found : harvest.front) {
    front.points.push_back({.chain = std::move(found.chain), .time = Cost(found.cost[0]), .energy = Cost(found.cost[1])});
  }
  if (front.complete) return front;
  const auto fastest = solve_chain(costs.time);
  const auto thriftiest = solve_chain(*costs.energy);
  if (!fastest || !thriftiest) return front;
  const PricedChain first = *price(costs, fastest->chain);
  const PricedChain last = *price(costs, thriftiest->chain);
  front.points.insert(front.points.end(), {first, last});
  add_corners(costs, first, last, kDepth, prospects, front.points);
  std::erase_if(front.points, [&](const PricedChain& point) { return !constraints.allow(point); });
  if (front.points.empty()) {  // tight constraints may leave none of those that were kept
    for (const Objective end : {Objective::kLatency, Objective::kEnergy}) {
      if (auto best = best_chain(costs, end, constraints, label_cap)) front.points.push_back(std::move(best->best));
    }
  }
  sort_out(front.points);
  return front;
}

}  // namespace mosaic

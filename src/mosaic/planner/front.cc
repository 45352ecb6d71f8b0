#include "mosaic/planner/front.h"

#include "mosaic/base/check.h"
#include "mosaic/planner/labels.h"

namespace mosaic {

Front pareto_front(const TimeAndEnergy& costs, const Constraints& constraints, std::size_t label_cap) {
  MOSAIC_CHECK(costs.energy && same_structure(costs.time, *costs.energy));
  Prospects prospects(costs.time, &*costs.energy);
  Goal goal;
  if (constraints.latency) goal.most[0] = constraints.latency->count();
  if (constraints.energy) goal.most[1] = constraints.energy->value;
  prospects.set_goal(goal);
  Harvest harvest = search(costs.time, &*costs.energy, prospects, label_cap);
  Front front{.points = {}, .complete = !harvest.capped};
  for (Found& found : harvest.front) {
    front.points.push_back({.chain = std::move(found.chain), .time = Cost(found.cost[0]), .energy = Cost(found.cost[1])});
  }
  return front;
}

}  // namespace mosaic

#include "mosaic/planner/frontier.h"

#include <algorithm>

namespace mosaic {

void Frontier::clear() { used_ = 0; }

bool Frontier::add(const Rank& rank) {
  Group* own = nullptr;
  for (std::size_t i = 0; i < used_; ++i) {
    Group& group = groups_[i];
    if (group.begin < rank.begin) continue;
    if (beats(group, rank)) return false;
    if (group.clocks == rank.clocks && group.begin == rank.begin) own = &group;
  }
  if (own == nullptr) {
    if (used_ == groups_.size()) groups_.emplace_back();
    own = &groups_[used_++];
    own->clocks = rank.clocks;
    own->begin = rank.begin;
    own->kept.clear();
    own->loads.clear();
  }
  own->kept.push_back(rank.cost);
  own->loads.insert(own->loads.end(), rank.loads.begin(), rank.loads.end());
  return true;
}

bool Frontier::beats(const Group& group, const Rank& rank) const {
  const Costs excess = clocks_->excess(group.clocks, rank.clocks);
  const Costs most{rank.cost[0] - excess[0], rank.cost[1] - excess[1]};
  if (group.kept.front()[0] > most[0]) return false;
  if (rank.loads.empty()) {
    // The last one that is early enough costs least in the second criterion.
    if (excess[0] == 0) return group.kept.back()[1] <= most[1];
    const auto later = std::ranges::upper_bound(group.kept, most[0], {}, [](const Costs& cost) { return cost[0]; });
    return (*(later - 1))[1] <= most[1];
  }
  const std::size_t width = rank.loads.size();
  for (std::size_t i = 0; i < group.kept.size() && group.kept[i][0] <= most[0]; ++i) {
    const auto loads = group.loads.begin() + static_cast<std::ptrdiff_t>(i * width);
    if (group.kept[i][1] <= most[1] && std::equal(rank.loads.begin(), rank.loads.end(), loads, [](auto a, auto b) { return b <= a; })) return true;
  }
  return false;
}

}  // namespace mosaic

#include "mosaic/planner/remaining.h"

#include <algorithm>

namespace mosaic {

Remaining::Remaining(const ChainCosts& costs)
    : costs_(&costs), inside_((costs.layers + 1) * costs.configurations, Cost::infeasible()), begins_(inside_.size(), Cost::infeasible()) {
  find_groups();
  next_.assign((costs.layers + 1) * groups_, Cost::infeasible());
  for (std::size_t group = 0; group < groups_; ++group) next_[costs.layers * groups_ + group] = Cost();
  for (std::size_t c = 0; c < costs.configurations; ++c) {
    inside_[costs.layers * costs.configurations + c] = Cost(costs.leave[costs.border(c, costs.layers)]);
  }
  for (std::size_t cut = costs.layers; cut-- > 0;) {
    begin_slices(cut);
    if (cut == 0) break;
    find_next(cut);
    for (std::size_t c = 0; c < costs.configurations; ++c) {
      const Cost leaves = next(cut, c) + costs.leave[costs.border(c, cut)];
      const Cost begins = begins_[cut * costs.configurations + c];
      const Cost goes_on = begins.feasible() ? begins + -costs.enter[costs.border(c, cut)] : begins;
      inside_[cut * costs.configurations + c] = std::min(leaves, goes_on);
    }
  }
}

void Remaining::find_groups() {
  group_.resize(costs_->configurations);
  for (std::size_t c = 0; c < costs_->configurations; ++c) {
    const auto alike = [&](std::size_t other) {
      return costs_->place[other] == costs_->place[c] && (!costs_->clocks || costs_->clocks->sets[other] == costs_->clocks->sets[c]);
    };
    const auto known = std::ranges::find_if(representative_, alike);
    group_[c] = static_cast<std::size_t>(known - representative_.begin());
    if (known == representative_.end()) representative_.push_back(c);
  }
  groups_ = representative_.size();
  for (const std::size_t from : representative_) {
    for (std::size_t to = 0; to < costs_->configurations; ++to) changes_.push_back(costs_->clocks ? costs_->clocks->between(from, to) : 0);
  }
}

void Remaining::find_next(std::size_t cut) {
  const Cost* const begins = &begins_[cut * costs_->configurations];
  for (std::size_t group = 0; group < groups_; ++group) {
    const std::int64_t* const hops = &costs_->transfer[costs_->hop(cut, costs_->place[representative_[group]], 0)];
    const std::int64_t* const changes = &changes_[group * costs_->configurations];
    Cost best = Cost::infeasible();
    for (std::size_t c = 0; c < costs_->configurations; ++c) {
      best = std::min(best, begins[c] + (hops[costs_->place[c]] + changes[c]));
    }
    next_[cut * groups_ + group] = best;
  }
}

void Remaining::begin_slices(std::size_t cut) {
  for (std::size_t c = 0; c < costs_->configurations; ++c) {
    Cost& begins = begins_[cut * costs_->configurations + c];
    const std::int64_t enter = costs_->enter[costs_->border(c, cut)];
    if (!costs_->slice_limit[c]) {
      if (costs_->runs[costs_->cell(c, cut)] != 0) {
        begins = inside_[(cut + 1) * costs_->configurations + c] + (enter + costs_->execute[costs_->cell(c, cut)]);
      }
      continue;
    }
    std::int64_t sum = enter;
    std::int64_t weights = 0;
    std::int64_t largest = 0;
    for (std::size_t k = cut; k < costs_->layers && costs_->runs[costs_->cell(c, k)] != 0; ++k) {
      sum += costs_->execute[costs_->cell(c, k)];
      weights += costs_->weights[k];
      largest = std::max(largest, costs_->activations[k]);
      if (weights + largest > *costs_->slice_limit[c]) break;
      begins = std::min(begins, next(k + 1, c) + (sum + costs_->leave[costs_->border(c, k + 1)]));
    }
  }
}

}  // namespace mosaic

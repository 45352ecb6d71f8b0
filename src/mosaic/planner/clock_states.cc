#include "mosaic/planner/clock_states.h"

#include <algorithm>
#include <limits>

namespace mosaic {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

}  // namespace

ClockStates::Domain::Domain(std::size_t level_count, const std::vector<std::int64_t>& changes)
    : levels(level_count),
      change(changes),
      ahead(levels * levels, kLeast),
      behind(levels * levels, kLeast),
      from_unset(levels * levels),
      to_unset(levels * levels) {
  for (std::size_t a = 0; a < levels; ++a) {
    for (std::size_t b = 0; b < levels; ++b) {
      const std::size_t pair = a * levels + b;
      for (std::size_t x = 0; x < levels; ++x) {
        ahead[pair] = std::max(ahead[pair], at(change, a, x) - at(change, b, x));
        behind[pair] = std::max(behind[pair], at(change, x, a) - at(change, x, b));
      }
      // Here `a` is the first and `b` the last level of the one that has set the domain; x and y are what will be asked for first and last.
      from_unset[pair] = -at(change, b, a);
      to_unset[pair] = at(change, b, a);
      for (std::size_t x = 0; x < levels; ++x) {
        for (std::size_t y = 0; y < levels; ++y) {
          const std::int64_t more = at(change, b, x) + at(change, y, a) - at(change, y, x);
          from_unset[pair] = std::max(from_unset[pair], -more);
          to_unset[pair] = std::max(to_unset[pair], more);
        }
      }
    }
  }
}

std::int64_t ClockStates::Domain::excess(const Range& a, const Range& b) const {
  if (a == b) return 0;
  if (a.first == kUnset) return at(from_unset, b.first, b.last);
  if (b.first == kUnset) return at(to_unset, a.first, a.last);
  const std::int64_t nothing_asked = at(change, a.last, a.first) - at(change, b.last, b.first);
  return std::max(nothing_asked, at(ahead, a.last, b.last) + at(behind, a.first, b.first));
}

ClockStates::ClockStates(const ChainCosts& first, const ChainCosts* second) {
  std::size_t domains = 0;
  if (first.clocks) {
    sets_ = first.clocks->sets;
    domains = first.clocks->levels.size();
    for (std::size_t d = 0; d < domains; ++d) {
      domains_[0].emplace_back(first.clocks->levels[d], first.clocks->change[d]);
      if (second != nullptr) domains_[1].emplace_back(first.clocks->levels[d], second->clocks->change[d]);
    }
  } else {
    sets_.resize(first.configurations);
  }
  number_of(State(domains));
}

std::uint32_t ClockStates::number_of(const State& state) {
  const auto [entry, added] = numbers_.try_emplace(state, static_cast<std::uint32_t>(states_.size()));
  if (added) {
    states_.push_back(state);
    steps_.emplace_back();
  }
  return entry->second;
}

ClockStates::Step ClockStates::after(std::uint32_t state, std::size_t configuration) {
  constexpr Step kUnknown{.state = kUnset, .cost = {}};
  if (sets_[configuration].empty()) return {.state = state, .cost = {}};
  if (steps_[state].empty()) steps_[state].assign(sets_.size(), kUnknown);
  if (steps_[state][configuration].state == kUnset) {
    State then = states_[state];
    Step step;
    for (const ClockChanges::Setting& now : sets_[configuration]) {
      Range& range = then[now.domain];
      if (range.first == kUnset) range = {.first = now.level, .last = now.level};
      for (std::size_t i = 0; i < domains_.size(); ++i) {
        if (!domains_[i].empty()) step.cost[i] += domains_[i][now.domain].at(domains_[i][now.domain].change, range.last, now.level);
      }
      range.last = now.level;
    }
    step.state = number_of(then);
    steps_[state][configuration] = step;
  }
  return steps_[state][configuration];
}

Costs ClockStates::closing(std::uint32_t state) const {
  Costs costs{};
  for (std::size_t i = 0; i < domains_.size(); ++i) {
    for (std::size_t d = 0; d < domains_[i].size(); ++d) {
      const Range& range = states_[state][d];
      if (range.first != kUnset) costs[i] += domains_[i][d].at(domains_[i][d].change, range.last, range.first);
    }
  }
  return costs;
}

Costs ClockStates::excess(std::uint32_t a, std::uint32_t b) const {
  Costs costs{};
  if (a == b) return costs;
  for (std::size_t i = 0; i < domains_.size(); ++i) {
    for (std::size_t d = 0; d < domains_[i].size(); ++d) costs[i] += domains_[i][d].excess(states_[a][d], states_[b][d]);
  }
  return costs;
}

}  // namespace mosaic

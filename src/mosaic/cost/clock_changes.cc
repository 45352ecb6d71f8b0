#include "mosaic/cost/clock_changes.h"

#include <algorithm>
#include <utility>

namespace mosaic {

ClockChanges::ClockChanges(std::vector<std::size_t> levels_of_domains, std::size_t configurations)
    : levels(std::move(levels_of_domains)), sets(configurations) {
  for (const std::size_t count : levels) change.emplace_back(count * count);
}

std::int64_t ClockChanges::between(std::size_t from, std::size_t to) const {
  std::int64_t sum = 0;
  for (const Setting& now : sets[to]) {
    const auto before = std::ranges::find(sets[from], now.domain, &Setting::domain);
    if (before != sets[from].end()) sum += cost(now.domain, before->level, now.level);
  }
  return sum;
}

std::int64_t ClockChanges::charged(const std::vector<std::size_t>& configurations, std::size_t slice) const {
  const std::size_t slices = configurations.size();
  std::int64_t sum = 0;
  for (const Setting& now : sets[configurations[slice]]) {
    // The slice that set the domain last, round the end of the run before; in the end the slice itself, which then changes nothing.
    for (std::size_t back = 1; back <= slices; ++back) {
      const auto& others = sets[configurations[(slice + slices - back) % slices]];
      const auto before = std::ranges::find(others, now.domain, &Setting::domain);
      if (before == others.end()) continue;
      sum += cost(now.domain, before->level, now.level);
      break;
    }
  }
  return sum;
}

}  // namespace mosaic

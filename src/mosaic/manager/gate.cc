#include "mosaic/manager/gate.h"

#include <algorithm>

namespace mosaic::manager {

bool Gate::enter(std::size_t who, Units units, Nanoseconds deadline) {
  const auto place = std::ranges::upper_bound(waiting_, deadline, {}, &Entry::deadline);
  waiting_.insert(place, {.who = who, .units = units, .deadline = deadline});
  const std::vector<std::size_t> started = admit();  // nobody else: the others could not before
  return !started.empty();
}

std::vector<std::size_t> Gate::leave(std::size_t who) {
  std::erase_if(running_, [&](const Entry& each) { return each.who == who; });
  std::erase_if(waiting_, [&](const Entry& each) { return each.who == who; });
  return admit();
}

std::vector<std::size_t> Gate::admit() {
  Units taken = 0;
  for (const Entry& each : running_) taken |= each.units;
  std::vector<std::size_t> started;
  std::erase_if(waiting_, [&](const Entry& each) {
    const bool free = (taken & each.units) == 0;
    taken |= each.units;  // held, or kept for it
    if (!free) return false;
    running_.push_back(each);
    started.push_back(each.who);
    return true;
  });
  return started;
}

}  // namespace mosaic::manager

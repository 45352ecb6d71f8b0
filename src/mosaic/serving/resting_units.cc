#include "mosaic/serving/resting_units.h"

#include <algorithm>

namespace mosaic {
namespace {

constexpr Nanoseconds kLongest{60'000'000'000};

}  // namespace

bool RestingUnits::rest(manager::Units units, Nanoseconds now) {
  Rest& rest = rests_[units];
  if (rest.resting) return false;
  rest = {.until = now + rest.next, .next = std::min(2 * rest.next, kLongest), .resting = true};
  return true;
}

std::vector<manager::Units> RestingUnits::rested(Nanoseconds now) {
  std::vector<manager::Units> done;
  for (auto& [units, rest] : rests_) {
    if (!rest.resting || now < rest.until) continue;
    rest.resting = false;
    done.push_back(units);
  }
  return done;
}

}  // namespace mosaic

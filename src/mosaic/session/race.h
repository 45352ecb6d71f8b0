#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/statistics.h"
#include "mosaic/base/units.h"

namespace mosaic {

/// Something whose single runs are timed against others.
struct Runner {
  std::string name;
  std::function<Result<Microseconds>()> run;  ///< runs once and says how long that took
};

struct RaceOptions {
  std::size_t runs = 30;     ///< timed runs of each runner
  double most_seconds = 20;  ///< ends early after at least 10 of them; 0: no limit
  std::stop_token stop;
  std::function<void(double share)> progress;
};

/// Times of all runners, [runner][run] in microseconds. The runners take turns, in visits of 5 timed runs after 2 untimed ones, the order turned
/// round every other time; before each visit the threads of the one before have come to rest. So each is timed in its steady state, and drift of the
/// machine meets all alike. Errors: kCancelled; what a runner fails with, after its name.
[[nodiscard]] Result<std::vector<std::vector<double>>> race(const std::vector<Runner>& runners, const RaceOptions& options);

/// Median of a[i] / b[i] over runs and its 95 % interval: how many times longer a takes than b. Runs of one visit share the load of that moment, so
/// the interval is that of whole visits. Requires: as many of both, at least one, in the order in which `race` gives them.
struct PairedRatio {
  double ratio = 1;
  Interval interval{.low = 1, .high = 1};
};
[[nodiscard]] PairedRatio paired_ratio(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace mosaic

#include "mosaic/manager/machine.h"

#include <algorithm>

namespace mosaic::manager {

double Machine::contention(Units wanted, const std::vector<double>& load) const {
  constexpr double kEvenScheduler = 2;
  double most = 1;
  for (std::size_t unit = 0; unit < load.size(); ++unit) {
    if ((wanted >> unit & 1U) == 0) continue;
    const double full = unit < shared.size() ? shared[unit] : kEvenScheduler;
    most = std::max(most, 1 + (full - 1) * std::clamp(load[unit], 0.0, 1.0));
  }
  return most;
}

}  // namespace mosaic::manager

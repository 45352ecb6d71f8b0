#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "mosaic/evaluation/rk3399pro/clocks.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"
#include "mosaic/evaluation/rk3399pro/power_curve.h"

namespace mosaic::tables {

/// How far the paper's estimators, given two clocks, are off at the measured clocks between.
struct ClockErrors {
  std::string set;
  char device = 'B';
  std::size_t rows = 0;          ///< layers times clocks
  double time_mean_percent = 0;  ///< equation 3
  double time_worst_percent = 0;
  double power_mean_percent = 0;  ///< equations 4 and 5, the device's curve fitted to the other networks of the set
  double power_worst_percent = 0;
};

/// One entry for each set and device, over all networks of the set. Devices with nothing between their clocks have none.
[[nodiscard]] std::vector<ClockErrors> clock_errors(std::span<const Network> networks, const Clocks& clocks);

/// Power curves of a network's devices, fitted to the other networks of its set; to itself where it is the only one.
[[nodiscard]] std::map<char, PowerCurve> curves_for(std::span<const Network> networks, const Network& network, const Clocks& clocks);

}  // namespace mosaic::tables

#pragma once

#include <map>
#include <span>

#include "mosaic/base/units.h"
#include "mosaic/evaluation/rk3399pro/clocks.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"

namespace mosaic::tables {

/// What equations 4 and 5 need to know of a device: static power, and a voltage for each point. The tables publish neither, so both are fitted over
/// the layers of several networks: they are the device's and not the network's. The voltages are relative to the highest point's, and stand for all
/// that changes dynamic power besides the clock, the host's clock included.
struct PowerCurve {
  Point highest;
  Watts static_power{};
  std::map<Point, Volts> voltage;
};

/// By letter. The static power is the one, of those below every measured power in steps of 10 mW, that leaves the smallest squared relative errors;
/// for each the voltages follow by least squares. Devices without a layer measured at their highest point have none.
[[nodiscard]] std::map<char, PowerCurve> fit_power(std::span<const Network* const> networks, const Clocks& clocks);

}  // namespace mosaic::tables

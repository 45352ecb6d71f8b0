#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>

#include "mosaic/base/units.h"
#include "mosaic/evaluation/rk3399pro/clocks.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"
#include "mosaic/evaluation/rk3399pro/power_curve.h"

namespace mosaic::tables {

/// What a profile knows, or an estimator says, of a layer at a point; nothing where it cannot run, or cannot be told.
using Samples = std::function<std::optional<Sample>(Metric metric, std::size_t layer, const Point& point)>;

/// The rows as they are. `network` must outlive it.
[[nodiscard]] Samples measured(const Network& network);

/// Estimates what is not measured from what is.
///
/// A row that is there is taken as it is: more profiled clocks are used where there are. Time: equation 3 through the two measured clocks next to the
/// wanted one, along the device's clock where two are known at that clock of the host, else along the host's (what a host does for its device takes
/// gamma / f as well); where neither is known, the two steps away from the highest point are added. Power: equations 4 and 5 from the layer's power
/// at the highest point; without a curve, the power at the nearest clock. Immutable; refers to `network`, which must outlive it.
class Estimator {
 public:
  Estimator(const Network& network, Clocks clocks, std::map<char, PowerCurve> curves);

  [[nodiscard]] std::optional<Sample> at(Metric metric, std::size_t layer, const Point& point) const;

  /// As a function; this must outlive it.
  [[nodiscard]] Samples samples() const;

 private:
  [[nodiscard]] std::optional<Milliseconds> time(const std::map<Point, Sample>& rows, const Point& point) const;
  [[nodiscard]] std::optional<Watts> power(const std::map<Point, Sample>& rows, const Point& point) const;

  const Network* network_;
  Clocks clocks_;
  std::map<char, PowerCurve> curves_;
};

}  // namespace mosaic::tables

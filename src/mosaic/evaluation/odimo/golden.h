#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace mosaic::odimo {

/// A published figure of the accelerators' cost model beside what our functions give.
struct Golden {
  std::string network;
  std::string what;  ///< "All-8bit: cycles"
  double published = 0;
  double computed = 0;
  double tolerance = 0;  ///< half a unit of the published figure's last digit, and 1e-6 where it is exact
  /// Where the published repository holds another number than its own published formula gives: what the formula gives, and what the difference costs.
  std::optional<double> formula = {};
  double extra_cycles = 0;  ///< of the layer with the published split instead of the formula's

  /// Whether our functions are the formula.
  [[nodiscard]] bool agrees() const { return std::fabs(computed - formula.value_or(published)) <= tolerance; }
};

/// Every figure published for DIANA's cost functions: unit vectors, whole networks under the manual heuristics and Min-Cost, and the splits that the
/// repository has written out. All are computed by accelerators/diana.h at each call. Source: Risso et al. (ODiMO, ISLPED 2023) and its repository
/// eml-eda/odimo. Pure.
[[nodiscard]] std::vector<Golden> golden_numbers();

}  // namespace mosaic::odimo

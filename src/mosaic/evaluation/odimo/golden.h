#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mosaic::odimo {

/// Where a figure comes from that our functions are held against.
enum class Source : std::uint8_t {
  kRepository,  ///< written out in the authors' repository: splits of layers
  kCalculated,  ///< calculated beforehand, by a separate transcription of the repository's formula: no figure of its authors
};

/// A figure of the accelerators' cost model beside what our functions give.
struct Golden {
  std::string network;
  std::string what;  ///< "All-8bit: cycles"
  Source source = Source::kCalculated;
  double reference = 0;
  double computed = 0;
  double tolerance = 0;  ///< half a unit of the reference's last digit, and 1e-6 where it is exact
  /// Where the repository holds another number than its own formula gives: what the formula gives, and what the difference costs.
  std::optional<double> formula = {};
  double extra_cycles = 0;  ///< of the layer with the repository's split instead of the formula's

  /// Whether our functions are the formula.
  [[nodiscard]] bool agrees() const { return std::fabs(computed - formula.value_or(reference)) <= tolerance; }
};

/// What DIANA's cost functions are held against: unit vectors and whole networks under the manual heuristics and Min-Cost, calculated from the same
/// formula, and splits, twelve of which the authors' repository has written out. All are computed by accelerators/diana.h at each call. Source of
/// formula and splits: Risso et al. (ODiMO, ISLPED 2023) and its repository eml-eda/odimo. Pure.
[[nodiscard]] std::vector<Golden> golden_numbers();

}  // namespace mosaic::odimo

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"

namespace mosaic {

/// One coefficient of a calibration: what its amounts are multiplied with.
struct CalibrationTerm {
  std::string name;
  double expected = 0;  ///< its value as long as no run says otherwise: 1 for a factor on an estimate, 0 for a correction
  double spread = 1;    ///< how far from there it is believed to lie: a standard deviation, > 0
};

/// One real run: how much of each term its estimate consists of, and what it really took. Any unit, the same in all runs.
struct CalibrationRun {
  std::vector<double> amounts;
  double measured = 0;
};

/// Terms and the coefficients that runs gave them. Immutable value.
struct Calibration {
  std::vector<CalibrationTerm> terms;
  std::vector<double> coefficients;
  std::vector<double> deviations;  ///< standard deviation of each coefficient, as the runs leave it
  std::size_t runs = 0;
  double residual_percent = 0;  ///< mean absolute relative error over the runs it was fitted to

  /// What the terms' amounts come to. Requires: an amount for each term.
  [[nodiscard]] double at(std::span<const double> amounts) const;
};

/// Fits the coefficients that explain the runs best, in relative terms, and stay near what is expected of them: the minimum of
///     sum over runs of ((prediction / measured - 1) / noise)^2 + sum over terms of ((coefficient - expected) / spread)^2.
/// So a handful of runs suffices for more coefficients than they could determine, and without a run each coefficient is as expected. `noise` is how
/// far single runs are off for reasons that no term explains, as a share. Solved through the normal equations by Cholesky's method; the second sum
/// makes them positive definite. Deterministic. Complexity: runs x terms^2. Errors: kInvalidInput: a run with another number of amounts than there
/// are terms, with nothing measured, or with an estimate that is not finite or many orders of magnitude away from it.
[[nodiscard]] Result<Calibration> calibrate(std::span<const CalibrationTerm> terms, std::span<const CalibrationRun> runs, double noise = 0.03);

}  // namespace mosaic

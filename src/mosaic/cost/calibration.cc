#include "mosaic/cost/calibration.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "mosaic/base/check.h"

namespace mosaic {
namespace {

/// A symmetric positive definite system of a few unknowns, solved by its Cholesky factor.
class NormalEquations {
 public:
  explicit NormalEquations(std::size_t size) : size_(size), matrix_(size * size), right_(size) {}

  /// Adds (row x - value)^2 to what is minimised.
  void add(std::span<const double> row, double value) {
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t j = 0; j <= i; ++j) at(i, j) += row[i] * row[j];
      right_[i] += row[i] * value;
    }
  }

  /// False where rounding left the matrix not positive definite. Call once, after the last row.
  [[nodiscard]] bool factor() {
    for (std::size_t j = 0; j < size_; ++j) {
      for (std::size_t i = j; i < size_; ++i) {
        double sum = at(i, j);
        for (std::size_t k = 0; k < j; ++k) sum -= at(i, k) * at(j, k);
        if (i == j && !(sum > 0)) return false;
        at(i, j) = i == j ? std::sqrt(sum) : sum / at(j, j);
      }
    }
    return true;
  }

  [[nodiscard]] std::vector<double> minimum() const { return solve(right_); }

  /// The diagonal of the inverse.
  [[nodiscard]] std::vector<double> variances() const {
    std::vector<double> variances;
    for (std::size_t i = 0; i < size_; ++i) {
      std::vector<double> unit(size_, 0.0);
      unit[i] = 1;
      variances.push_back(solve(std::move(unit))[i]);
    }
    return variances;
  }

 private:
  double& at(std::size_t i, std::size_t j) { return matrix_[i * size_ + j]; }
  [[nodiscard]] double at(std::size_t i, std::size_t j) const { return matrix_[i * size_ + j]; }

  [[nodiscard]] std::vector<double> solve(std::vector<double> x) const {
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t k = 0; k < i; ++k) x[i] -= at(i, k) * x[k];
      x[i] /= at(i, i);
    }
    for (std::size_t i = size_; i-- > 0;) {
      for (std::size_t k = i + 1; k < size_; ++k) x[i] -= at(k, i) * x[k];
      x[i] /= at(i, i);
    }
    return x;
  }

  std::size_t size_;
  std::vector<double> matrix_;  // lower half
  std::vector<double> right_;
};

Result<void> check(std::span<const CalibrationTerm> terms, std::span<const CalibrationRun> runs) {
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (runs[r].amounts.size() != terms.size()) {
      return fail(ErrorCode::kInvalidInput, fmt::format("calibration run {} has {} amounts for {} terms", r, runs[r].amounts.size(), terms.size()));
    }
    if (!(runs[r].measured > 0) || !std::isfinite(runs[r].measured)) {
      return fail(ErrorCode::kInvalidInput, fmt::format("calibration run {} measured {}, which is no time or energy", r, runs[r].measured));
    }
    for (std::size_t t = 0; t < terms.size(); ++t) {
      if (std::isfinite(runs[r].amounts[t])) continue;
      return fail(ErrorCode::kInvalidInput, fmt::format("calibration run {}: the amount of '{}' is not finite", r, terms[t].name));
    }
  }
  return {};
}

}  // namespace

double Calibration::at(std::span<const double> amounts) const {
  MOSAIC_CHECK(amounts.size() == coefficients.size());
  return std::inner_product(amounts.begin(), amounts.end(), coefficients.begin(), 0.0);
}

Result<Calibration> calibrate(std::span<const CalibrationTerm> terms, std::span<const CalibrationRun> runs, double noise) {
  MOSAIC_CHECK(noise > 0);
  MOSAIC_RETURN_IF_ERROR(check(terms, runs));
  NormalEquations equations(terms.size());
  for (std::size_t t = 0; t < terms.size(); ++t) {
    std::vector<double> row(terms.size(), 0.0);
    row[t] = 1 / terms[t].spread;
    equations.add(row, terms[t].expected / terms[t].spread);
  }
  for (const CalibrationRun& run : runs) {
    std::vector<double> row = run.amounts;
    for (double& each : row) each /= run.measured * noise;
    equations.add(row, 1 / noise);
  }
  if (!equations.factor()) {
    return fail(ErrorCode::kInvalidInput, "the estimates of the calibration runs are too many orders of magnitude away from what was measured");
  }
  Calibration calibration{
      .terms = {terms.begin(), terms.end()}, .coefficients = equations.minimum(), .deviations = equations.variances(), .runs = runs.size()};
  for (double& each : calibration.deviations) each = std::sqrt(each);
  for (const CalibrationRun& run : runs) {
    calibration.residual_percent += 100 * std::fabs(calibration.at(run.amounts) / run.measured - 1) / static_cast<double>(runs.size());
  }
  return calibration;
}

}  // namespace mosaic

#include "mosaic/mapping/cholesky.h"

#include <array>
#include <cmath>
#include <utility>

#include "mosaic/base/check.h"

namespace mosaic::mapping {

double dot(std::span<const double> a, std::span<const double> b) {
  MOSAIC_CHECK(a.size() == b.size());
  constexpr std::size_t kLanes = 4;
  std::array<double, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  for (std::size_t lane = 0; i < a.size(); ++i, ++lane) sums[lane] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void add_multiple(std::span<double> y, double factor, std::span<const double> x) {
  MOSAIC_CHECK(y.size() == x.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += factor * x[i];
}

Cholesky::Cholesky(std::vector<double> matrix, std::size_t size) : size_(size), factor_(std::move(matrix)) {
  MOSAIC_CHECK(factor_.size() == size * size);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double left = factor_[i * size + j] - dot(row(i).first(j), row(j).first(j));
      MOSAIC_CHECK(i != j || left > 0);
      factor_[i * size + j] = i == j ? std::sqrt(left) : left / factor_[j * size + j];
    }
  }
}

std::vector<double> Cholesky::solve(std::vector<double> right) const {
  MOSAIC_CHECK(right.size() == size_);
  for (std::size_t i = 0; i < size_; ++i) right[i] = (right[i] - dot(row(i).first(i), std::span(right).first(i))) / row(i).back();
  for (std::size_t i = size_; i-- > 0;) {
    right[i] /= row(i).back();
    add_multiple(std::span(right).first(i), -right[i], row(i).first(i));
  }
  return right;
}

}  // namespace mosaic::mapping

#pragma once

// A factor of a symmetric positive definite matrix, row by row. Serves this room alone; it is not installed.

#include <cstddef>
#include <span>
#include <vector>

namespace mosaic::mapping {

/// The lower triangular L with L L' = A. Immutable, thread-safe.
class Cholesky {
 public:
  /// `matrix`: A, [size, size]; only its lower triangle is read. Requires: A positive definite, its entries finite. Complexity: size^3 / 6
  /// multiplications. Source: the row-wise form of Golub and Van Loan, "Matrix computations", 4.2.
  Cholesky(std::vector<double> matrix, std::size_t size);

  [[nodiscard]] std::size_t size() const { return size_; }
  /// Row i of L, up to its diagonal.
  [[nodiscard]] std::span<const double> row(std::size_t i) const { return std::span(factor_).subspan(i * size_, i + 1); }
  /// x with A x = `right`. Complexity: size^2.
  [[nodiscard]] std::vector<double> solve(std::vector<double> right) const;

 private:
  std::size_t size_;
  std::vector<double> factor_;  ///< [size, size]; the upper triangle means nothing
};

/// The sum of products, in four interleaved partial sums: the same on every machine. Requires: equal sizes.
[[nodiscard]] double dot(std::span<const double> a, std::span<const double> b);

/// y += factor * x. Requires: equal sizes.
void add_multiple(std::span<double> y, double factor, std::span<const double> x);

}  // namespace mosaic::mapping

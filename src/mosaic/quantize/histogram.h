#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mosaic::quantize {

/// How often values of a tensor occur, collected as they come, in constant memory: bins of equal width over [-limit, limit), where limit is a power
/// of two. A value beyond it doubles the range until it fits, and two bins become one. So the bins depend on the values, not on their order. Zeros
/// are counted apart, for quantisation keeps them exact. Thread-compatible.
class Histogram {
 public:
  /// Requires: a multiple of 4. With n bins at least n / 4 of them lie between 0 and the largest magnitude.
  explicit Histogram(std::size_t bins = 8192);

  void add(std::span<const float> values);

  [[nodiscard]] std::uint64_t count() const { return count_; }            ///< of finite values
  [[nodiscard]] std::uint64_t zeros() const { return zeros_; }            ///< ... that are 0
  [[nodiscard]] std::uint64_t not_finite() const { return not_finite_; }  ///< NaN and infinities, which are in no bin
  [[nodiscard]] double lowest() const { return lowest_; }                 ///< 0 where there is no value
  [[nodiscard]] double highest() const { return highest_; }

  /// Counts of values other than 0; bin i holds [edge(i), edge(i + 1)).
  [[nodiscard]] std::span<const std::uint64_t> bins() const { return bins_; }
  [[nodiscard]] double edge(std::size_t i) const { return -limit_ + static_cast<double>(i) * width(); }
  [[nodiscard]] double width() const { return 2 * limit_ / static_cast<double>(bins_.size()); }

 private:
  void cover(double magnitude);
  void double_range();

  std::vector<std::uint64_t> bins_;
  double limit_ = 0;  // 0: nothing but zeros so far
  std::uint64_t count_ = 0;
  std::uint64_t zeros_ = 0;
  std::uint64_t not_finite_ = 0;
  double lowest_ = 0;
  double highest_ = 0;
};

}  // namespace mosaic::quantize

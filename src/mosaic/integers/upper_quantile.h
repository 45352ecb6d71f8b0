#pragma once

#include <cstddef>
#include <vector>

namespace mosaic::integers {

/// The quantile of more numbers than one wants to keep: exact, from the largest of them. Thread-compatible.
class UpperQuantile {
 public:
  /// `fraction`: of the numbers that lie below, 0 to 1. `count`: how many numbers there will be. Memory: (1 - fraction) * count, twice.
  UpperQuantile(double fraction, std::size_t count);

  void add(float value) {
    if (!full_ || value > least_) keep(value);
  }

  /// The smallest number that at least `fraction` of the numbers do not exceed; 0 for none. Requires: `count` calls of `add`, or fewer.
  [[nodiscard]] float value() const;

 private:
  void keep(float value);
  void prune();

  std::size_t kept_;            ///< how many of the largest are needed
  std::vector<float> largest_;  ///< at least those, in no order
  float least_ = 0;             ///< of those at the last pruning
  bool full_ = false;
};

}  // namespace mosaic::integers

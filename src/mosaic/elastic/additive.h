#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/elastic/space.h"

namespace mosaic::elastic {

/// Accuracy, or what stands for it, in thousandths of a per cent of images. Integers, so that sums are exact and equal ones compare equal.
using Millipoints = Quantity<struct MillipointsTag, std::int64_t>;

/// What a sub-network is worth.
struct Score {
  Nanoseconds latency{};
  Millipoints accuracy;

  friend bool operator==(const Score&, const Score&) = default;

  /// Neither slower nor less accurate.
  [[nodiscard]] bool covers(const Score& other) const { return latency <= other.latency && accuracy >= other.accuracy; }
};

/// Scores that add up over a sub-network's layers: a latency table, and a proxy of accuracy. Immutable once filled.
class AdditiveScores {
 public:
  /// All zero.
  explicit AdditiveScores(Space space);

  [[nodiscard]] const Space& space() const { return space_; }

  /// Of everything that is in each sub-network of this resolution.
  [[nodiscard]] Score& fixed(std::size_t resolution) { return fixed_[resolution]; }
  [[nodiscard]] const Score& fixed(std::size_t resolution) const { return fixed_[resolution]; }

  /// Of the layer at a place, with an option. Requires: indices within the space.
  [[nodiscard]] Score& layer(std::size_t resolution, std::size_t place, std::size_t option) { return layers_[resolution][place][option]; }
  [[nodiscard]] const Score& layer(std::size_t resolution, std::size_t place, std::size_t option) const { return layers_[resolution][place][option]; }

  /// Complexity: linear in the layers that are there. Thread-safe.
  [[nodiscard]] Score operator()(const SubNetwork& network) const;

 private:
  Space space_;
  std::vector<Score> fixed_;
  std::vector<std::vector<std::vector<Score>>> layers_;
};

[[nodiscard]] inline Score operator+(const Score& a, const Score& b) {
  return {.latency = a.latency + b.latency, .accuracy = a.accuracy + b.accuracy};
}

}  // namespace mosaic::elastic

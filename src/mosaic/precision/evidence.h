#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "mosaic/base/tensor.h"

namespace mosaic::precision {

/// What a drop is measured by.
enum class Measure { kTop1, kAgreement, kCosine };

/// "net drop of top-1", "share of other classes", "1 - cosine".
[[nodiscard]] std::string_view name(Measure measure);

/// The index of the largest value where only one extent is above 1; none for other outputs.
[[nodiscard]] std::optional<std::size_t> best_class(const Tensor& scores);

/// How two networks compare on the same images: sums, from which everything else follows. Value; empty at first.
struct Evidence {
  std::size_t images = 0;
  std::size_t scored = 0;       ///< images with scores of classes ...
  std::size_t changed = 0;      ///< ... of which the best one changed
  std::size_t labelled = 0;     ///< images with scores whose class is known ...
  std::size_t right_float = 0;  ///< ... and found by the float network,
  std::size_t lost = 0;         ///< ... by that alone,
  std::size_t gained = 0;       ///< ... by the other one alone
  double distances = 0;         ///< 1 - cosine of the angle between the outputs, summed over images
  double distances_squared = 0;
  double signal = 0;  ///< squares of the float network's values
  double noise = 0;   ///< squares of the differences

  /// All outputs of both on one image. Requires: as many of both, of the same shapes.
  void add(std::span<const Tensor> exact, std::span<const Tensor> other, const std::optional<std::int64_t>& label);

  [[nodiscard]] Measure measure() const;
  [[nodiscard]] double cosine() const;            ///< mean over images
  [[nodiscard]] double cosine_deviation() const;  ///< standard deviation of an image's
  [[nodiscard]] double sqnr_db() const;           ///< infinite where nothing differs
  [[nodiscard]] double noise_to_signal() const;
};

}  // namespace mosaic::precision

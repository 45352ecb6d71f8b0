#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"

namespace mosaic::precision {

/// What a drop is measured by.
enum class Measure { kTop1, kAgreement, kError };

/// "net drop of top-1", "share of other classes", "error of the outputs".
[[nodiscard]] std::string_view name(Measure measure);

/// How many classes an output of this shape scores: its one extent above 1; none for other outputs.
[[nodiscard]] std::optional<std::size_t> class_count(const Shape& shape);

/// Errors: kInvalidInput: a class that a model of so many does not have.
[[nodiscard]] Result<void> check_class(std::int64_t label, std::size_t classes);

/// The index of the largest value where the output scores classes; none for other outputs.
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
  std::size_t classes = 0;      ///< that scores are of
  double angles = 0;            ///< 1 - cosine of the angle between an image's outputs, summed over images
  double errors = 0;            ///< an image's error, summed over images
  double errors_squared = 0;
  double signal = 0;  ///< squares of the float network's values
  double noise = 0;   ///< squares of the differences

  /// All outputs of both on one image. An image's error, 0 to 1, is half the squared length of the difference over the squared length of the float
  /// outputs, which for small errors is 1 - cosine where the lengths agree, and sees it where they do not; or, where it is larger, the share of
  /// outputs in integers (classes found in the model, say) that differ. Outputs of another shape, or that are no numbers, are as wrong as can be.
  /// Requires: as many outputs of both. Errors: kInvalidInput: a class that the model does not have; nothing is counted then.
  [[nodiscard]] Result<void> add(std::span<const Tensor> exact, std::span<const Tensor> other, const std::optional<std::int64_t>& label);

  [[nodiscard]] Measure measure() const;
  [[nodiscard]] double cosine() const;           ///< mean over images
  [[nodiscard]] double error() const;            ///< mean over images
  [[nodiscard]] double error_deviation() const;  ///< standard deviation of an image's
  [[nodiscard]] double sqnr_db() const;          ///< infinite where nothing differs, minus infinite where values are no numbers
  [[nodiscard]] double noise_to_signal() const;
};

}  // namespace mosaic::precision

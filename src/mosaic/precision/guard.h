#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mosaic/base/statistics.h"
#include "mosaic/precision/evidence.h"

namespace mosaic::precision {

enum class Verdict {
  kPasses,      ///< the upper 95 % bound of the drop lies below the limit
  kFails,       ///< the images seen drop by as much as the limit, or more
  kUnresolved,  ///< they drop by less, but there are too few of them to say so of all images
};
[[nodiscard]] std::string_view name(Verdict verdict);

/// What a set of images says of a network's drop. All in per cent.
struct Judgement {
  Verdict verdict = Verdict::kUnresolved;
  double drop = 0;                           ///< on the images seen
  Interval interval;                         ///< 95 %, both ends
  double upper = 0;                          ///< bound, one end: 95 % at the first try
  std::optional<std::size_t> images_needed;  ///< where it is unresolved: the fewest images that pass if they behave like those seen
};

/// Whether a network's answers hold the limit beyond doubt, with one measure, the first of these that the evidence allows:
/// - net drop of the best class's accuracy, where labels are known (`net_drop_limits`);
/// - share of images whose best class changed (`share_limits`); the net drop cannot be larger;
/// - 1 - mean cosine of the outputs, where they are no scores of classes (`mean_limits`).
/// `tries`: how many networks were judged on these images, this one included, until now; further ones need a higher bound (`one_sided_quantile`).
/// Requires: at least one image; a limit above 0. Complexity: some hundred evaluations of a score.
[[nodiscard]] Judgement judge(const Evidence& evidence, double limit_percent, std::size_t tries = 1);

/// The fewest images with which a network that changes no answer passes: with fewer there is no sense in trying. For `Measure::kCosine` two.
[[nodiscard]] std::size_t fewest_images(Measure measure, double limit_percent);

/// "net drop of top-1 0.25 points (95 % -0.40 to 1.33), upper bound 1.06, limit 0.50: cannot resolve with 400 images, 1234 would do".
[[nodiscard]] std::string describe(const Judgement& judgement, const Evidence& evidence, double limit_percent);

}  // namespace mosaic::precision

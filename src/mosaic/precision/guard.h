#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mosaic/base/error.h"
#include "mosaic/base/statistics.h"
#include "mosaic/precision/evidence.h"

namespace mosaic::precision {

enum class Verdict {
  kPasses,      ///< the upper bound of the drop lies below the limit
  kFails,       ///< the images seen drop by as much as the limit, or more
  kUnresolved,  ///< they drop by less, but there are too few of them to say so of all images
  kUntested,    ///< nobody asked: a network is only held against the limit when it is its turn
};
[[nodiscard]] std::string_view name(Verdict verdict);

/// What a set of images says of a network's drop. All in per cent.
struct Judgement {
  Verdict verdict = Verdict::kUntested;
  double drop = 0;                           ///< on the images seen
  Interval interval;                         ///< 95 %, both ends
  double upper = 0;                          ///< bound, one end; none of one that was not tested
  double level = 0;                          ///< that the bound holds at: 95 at the first try
  std::optional<std::size_t> images_needed;  ///< where it is unresolved: the fewest images that pass if they behave like those seen
};

/// Whether a network's answers hold the limit beyond doubt, with one measure, the first of these that the evidence allows:
/// - net drop of the best class's accuracy, where labels are known (`net_drop_limits`);
/// - share of images whose best class changed (`share_limits`); the net drop cannot be larger;
/// - mean error of the outputs (`Evidence::add`), where they are no scores of classes (`mean_limits`, of `kFewestErrors` images or more).
/// The bound is that of the score test, or the exact one of the net loss where that is larger (`exact_upper_share`).
/// `tries`: how many networks were judged on these images, this one included, until now; further ones need a higher bound (`one_sided_quantile`).
/// Requires: at least one image; a limit above 0. Complexity: some hundred evaluations of a score.
[[nodiscard]] Judgement judge(const Evidence& evidence, double limit_percent, std::size_t tries = 1);
/// Drop and interval alone.
[[nodiscard]] Judgement untested(const Evidence& evidence);

/// Whether drops can be seen at all, from the float network beside itself. Errors: kInvalidInput where its classes are right no oftener than chance
/// would have them (lower end of the 95 % interval), or so seldom that a network which is wrong everywhere would pass, but for a limit of 100.
[[nodiscard]] Result<void> check_float(const Evidence& evidence, double limit_percent);

/// Errors of fewer images tell nothing of how they scatter: such are skewed, with some outliers.
inline constexpr std::size_t kFewestErrors = 20;

/// How many images count: those with known classes, with classes, or all.
[[nodiscard]] std::size_t counted(const Evidence& evidence);

/// The fewest images with which a network that changes no answer passes: with fewer there is no sense in trying.
[[nodiscard]] std::size_t fewest_images(Measure measure, double limit_percent);

/// "net drop of top-1 0.25 points (95 % -0.40 to 1.33), upper 95 % bound 1.06, limit 0.50: cannot resolve with 400 images, 1234 would do"; of one
/// that was not tested without bound and limit.
[[nodiscard]] std::string describe(const Judgement& judgement, const Evidence& evidence, double limit_percent);

}  // namespace mosaic::precision

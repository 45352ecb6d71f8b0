#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "mosaic/base/statistics.h"

namespace mosaic::evaluation {

/// Statistics of right and wrong answers of the same images under several seeds. Pure, deterministic.

/// [seed][image]: 1 where the answer was right, else 0.
using Answers = std::vector<std::vector<double>>;

/// In per cent, or per cent points.
struct Estimate {
  double mean = 0;
  Interval images;                         ///< 95 % interval of the mean over images like these, with these seeds
  std::optional<Interval> trainings = {};  ///< 95 % interval of the mean over seeds like these, on these images; none of one seed
  std::vector<double> seeds;               ///< the mean of each seed alone
};

/// The mean over seeds and images. An image counts once, with the mean of its answers over seeds: the interval is that of Student's t over images,
/// but of one seed alone, or where all images are alike, that of Wilson. Within 0 and 100. Requires: a seed, an image or more.
[[nodiscard]] Estimate accuracy_of(const Answers& answers);

/// a less b, paired by image and seed: of each image the difference, averaged over seeds; of these the mean with Student's interval (of no width
/// where all images are alike). Requires: as many seeds and images in both.
[[nodiscard]] Estimate difference_of(const Answers& a, const Answers& b);

/// The 97.5 % quantile of Student's t: tabled for up to ten degrees of freedom, beyond by the expansion of Cornish and Fisher (Abramowitz and Stegun,
/// 26.7.5), right to 0.001. Requires: one or more.
[[nodiscard]] double student_quantile(std::size_t degrees);

/// How many images one of both has right more often.
struct Discordance {
  std::size_t first = 0;
  std::size_t second = 0;
  double p = 1;  ///< two-sided: how likely so uneven a split is by chance, 1 where there is none
};

/// McNemar's test, exact (binomial). Source: McNemar (1947). An image counts once, for who has it right under more seeds: its answers under several
/// seeds are not independent. Requires: as many seeds and images in both.
[[nodiscard]] Discordance mcnemar(const Answers& a, const Answers& b);

}  // namespace mosaic::evaluation

#pragma once

#include <cstddef>

#include "mosaic/base/statistics.h"

namespace mosaic::precision {

/// Normal quantiles: one end that the true value passes in 5 % of all experiments, and two ends that it passes in 5 % together.
inline constexpr double kOneSided95 = 1.6448536269514722;
inline constexpr double kTwoSided95 = 1.9599639845400545;

/// The normal quantile that the true value passes in 5 % of all experiments at the first try, in 2.5 % at the second, and in half of what the try
/// before was allowed at each further one: a bad plan gets through in less than 10 % of all experiments, however many are tried on the same images,
/// and in 5 % where the first try ends it. Requires: 1 to 30.
[[nodiscard]] double one_sided_quantile(std::size_t tries);

/// The same images seen by two networks. Counts need not be whole: rates scaled to another number of images are as good.
struct PairedCounts {
  double images = 0;
  double lost = 0;    ///< right before, wrong now
  double gained = 0;  ///< wrong before, right now

  [[nodiscard]] double drop() const { return (lost - gained) / images; }
};

/// Limits of the net drop of the share of right answers, (lost - gained) / images of all images there are: the values at which the score test just
/// does not reject. `z` is the normal quantile: `kTwoSided95` gives the 95 % interval, the upper end with `kOneSided95` is the upper 95 % bound.
/// Within -1 to 1. Unlike Wald's, they hold where few images or none changed. Requires: images > 0, lost and gained >= 0 and together no more.
/// Source: Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design, Statistics in Medicine
/// 17 (1998), 891-908.
[[nodiscard]] Interval net_drop_limits(const PairedCounts& counts, double z);

/// Limits of a share of which `hits` of `trials` were seen, by the score test for one sample (Wilson 1927). Requires: 0 <= hits <= trials, trials >
/// 0.
[[nodiscard]] Interval share_limits(double hits, double trials, double z);

/// Limits of a mean from a sample's mean, standard deviation and size: Student's t, its quantile by the first terms of the Cornish-Fisher expansion
/// (within 0.2 % from 20 samples on). Requires: two samples or more.
[[nodiscard]] Interval mean_limits(double mean, double deviation, double samples, double z);

}  // namespace mosaic::precision

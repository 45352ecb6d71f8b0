#pragma once

#include <cstddef>

#include "mosaic/base/statistics.h"

namespace mosaic::precision {

/// The share of all experiments in which the true value may pass the bound: 5 % at the first try, 2.5 % at the second, and half of what the try
/// before was allowed at each further one: a bad plan gets through in less than 10 % of all experiments, however many are tried on the same images,
/// and in 5 % where the first try ends it. Requires: 1 to 30.
[[nodiscard]] double risk_of_try(std::size_t tries);

/// The normal quantile that is passed at this risk. Requires: as above.
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
/// Within -1 to 1. Unlike Wald's, they hold on average where few images or none changed. Requires: images > 0, lost and gained >= 0 and together no
/// more. Source: Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design, Statistics in
/// Medicine 17 (1998), 891-908.
[[nodiscard]] Interval net_drop_limits(const PairedCounts& counts, double z);

/// The share whose true value would show no more than `hits` of `trials` at this risk: the exact upper limit (Clopper and Pearson 1934). The score
/// tests' limits may be passed in 7 % of all experiments instead of 5 where few of few changed; the larger of theirs and this one of the net hits is
/// not, to half a point (added up over all outcomes, see the test). Hits need not be whole. Requires: 0 <= hits <= trials, 0 < risk < 1. Complexity:
/// the square root of the trials.
[[nodiscard]] double exact_upper_share(double hits, double trials, double risk);

/// Limits of a mean from a sample's mean, standard deviation and size: Student's t, its quantile by the first terms of the Cornish-Fisher expansion
/// (within 0.2 % from 20 samples on). Requires: two samples or more.
[[nodiscard]] Interval mean_limits(double mean, double deviation, double samples, double z);

}  // namespace mosaic::precision

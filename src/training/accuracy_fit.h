#pragma once

#include <span>
#include <vector>

#include "mosaic/elastic/additive.h"
#include "mosaic/elastic/space.h"

namespace mosaic::training {

/// A sub-network and the accuracy that it was seen to have.
struct AccuracySample {
  elastic::SubNetwork network;
  double percent = 0;
};

/// Fills in the accuracies of `scores`: a sum of what the resolution, each layer that is there and each value of its knobs bring, by ridge regression
/// with a penalty of one on everything but the mean. Requires: a sample or more, of the scores' space. Complexity: cubic in values of knobs.
void fit_accuracy(elastic::AdditiveScores& scores, std::span<const AccuracySample> samples);

/// How well accuracies are predicted that were not fitted.
struct AccuracyFitQuality {
  double mean_error = 0;        ///< points of accuracy, absolute
  double rank_correlation = 0;  ///< Kendall's tau: 1 where all pairs are in the right order, 0 where half of them are
};

/// In five folds, each predicted by a fit to the others. Requires: ten samples or more.
[[nodiscard]] AccuracyFitQuality judge_accuracy_fit(const elastic::Space& space, std::span<const AccuracySample> samples);

/// Pairs in the same order minus pairs in the other one, as a share of all pairs that are not tied in either. 0 where all are. Requires: as many of
/// both.
[[nodiscard]] double kendall_tau(std::span<const double> a, std::span<const double> b);

}  // namespace mosaic::training

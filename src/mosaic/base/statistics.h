#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mosaic {

/// The value below which the fraction `q` (0 to 1) of the samples lies, interpolated between neighbours. Requires: not empty.
[[nodiscard]] double quantile(std::span<const double> samples, double q);
[[nodiscard]] double median(std::span<const double> samples);
[[nodiscard]] double mean(std::span<const double> samples);

/// Interquartile range over median, in per cent: how much single runs scatter. 0 for fewer than two samples.
[[nodiscard]] double spread_percent(std::span<const double> samples);

/// A straight line through points, `y = slope * x + intercept`.
struct Line {
  double slope = 0;
  double intercept = 0;
  double r_squared = 0;  ///< share of the variance of y that the line explains, 0 to 1

  [[nodiscard]] double at(double x) const { return slope * x + intercept; }
};

/// The line through the points by Theil and Sen (median of the slopes of all pairs of different x), which outliers do not move. Slope 0 and the
/// median as intercept where all x are equal. Requires: as many x as y, at least one. Complexity: quadratic.
[[nodiscard]] Line fit_line(std::span<const double> x, std::span<const double> y);

/// An interval that holds the true value with the stated confidence.
struct Interval {
  double low = 0;
  double high = 0;
};

/// 95 % interval of the median by 1,000 seeded bootstrap resamples (percentile method). `block`: so many neighbours are drawn together, for samples
/// that share what disturbed them; where there are not two whole blocks, samples are drawn singly. Requires: not empty, block > 0.
[[nodiscard]] Interval median_interval(std::span<const double> samples, std::uint64_t seed = 1, std::size_t block = 1);

/// Normal quantiles: one end that the true value passes in 5 % of all experiments, and two ends that it passes in 5 % together.
inline constexpr double kOneSided95 = 1.6448536269514722;
inline constexpr double kTwoSided95 = 1.9599639845400545;

/// Limits of a share of which `hits` of `trials` were seen, by the score test for one sample (Wilson 1927). `z` is the normal quantile: `kTwoSided95`
/// gives the 95 % interval, the upper end with `kOneSided95` is the upper 95 % bound. Counts need not be whole. Within 0 to 1. Requires: 0 <= hits <=
/// trials, trials > 0.
[[nodiscard]] Interval share_limits(double hits, double trials, double z);

/// The 95 % interval of a share.
[[nodiscard]] Interval share_interval(std::size_t hits, std::size_t trials);

}  // namespace mosaic

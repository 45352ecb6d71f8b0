#include "mosaic/base/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mosaic/base/check.h"
#include "mosaic/base/random.h"

namespace mosaic {

double quantile(std::span<const double> samples, double q) {
  MOSAIC_CHECK(!samples.empty());
  std::vector<double> sorted(samples.begin(), samples.end());
  std::ranges::sort(sorted);
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - std::floor(position));
}

double median(std::span<const double> samples) { return quantile(samples, 0.5); }

double mean(std::span<const double> samples) {
  MOSAIC_CHECK(!samples.empty());
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

double spread_percent(std::span<const double> samples) {
  if (samples.size() < 2) return 0;
  const double middle = median(samples);
  return middle == 0 ? 0 : 100.0 * (quantile(samples, 0.75) - quantile(samples, 0.25)) / std::fabs(middle);
}

Line fit_line(std::span<const double> x, std::span<const double> y) {
  MOSAIC_CHECK(x.size() == y.size() && !x.empty());
  std::vector<double> slopes;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      if (x[i] != x[j]) slopes.push_back((y[j] - y[i]) / (x[j] - x[i]));
    }
  }
  Line line;
  line.slope = slopes.empty() ? 0 : median(slopes);
  std::vector<double> rests(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) rests[i] = y[i] - line.slope * x[i];
  line.intercept = median(rests);

  const double center = mean(y);
  double total = 0;
  double unexplained = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    total += (y[i] - center) * (y[i] - center);
    unexplained += (y[i] - line.at(x[i])) * (y[i] - line.at(x[i]));
  }
  line.r_squared = total > 0 ? std::max(0.0, 1.0 - unexplained / total) : 1.0;
  return line;
}

Interval median_interval(std::span<const double> samples, std::uint64_t seed) {
  constexpr int kResamples = 1000;
  Random random(seed);
  std::vector<double> medians;
  medians.reserve(kResamples);
  std::vector<double> resample(samples.size());
  for (int i = 0; i < kResamples; ++i) {
    for (double& value : resample) value = samples[random.below(samples.size())];
    medians.push_back(median(resample));
  }
  return {.low = quantile(medians, 0.025), .high = quantile(medians, 0.975)};
}

Interval share_interval(std::size_t hits, std::size_t trials) {
  constexpr double kZ = 1.959963984540054;  // of 95 %
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(hits) / n;
  const double denominator = 1 + kZ * kZ / n;
  const double centre = (share + kZ * kZ / (2 * n)) / denominator;
  const double half = kZ * std::sqrt(share * (1 - share) / n + kZ * kZ / (4 * n * n)) / denominator;
  return {.low = std::max(0.0, centre - half), .high = std::min(1.0, centre + half)};
}

}  // namespace mosaic

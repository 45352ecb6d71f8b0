#include "mosaic/base/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mosaic/base/check.h"
#include "mosaic/base/random.h"

namespace mosaic {

double quantile(std::span<const double> samples, double q) {
  MOSAIC_CHECK(!samples.empty());
  std::vector<double> values(samples.begin(), samples.end());
  const double position = q * static_cast<double>(values.size() - 1);
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(std::floor(position));
  std::ranges::nth_element(values, nth);
  const double below = *nth;
  const double above = nth + 1 == values.end() ? below : *std::min_element(nth + 1, values.end());
  return below + (above - below) * (position - std::floor(position));
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

Interval median_interval(std::span<const double> samples, std::uint64_t seed, std::size_t block) {
  MOSAIC_CHECK(!samples.empty() && block > 0);
  constexpr int kResamples = 1000;
  if (samples.size() < 2 * block) block = 1;
  const std::size_t blocks = (samples.size() + block - 1) / block;  // the last one may be shorter
  Random random(seed);
  std::vector<double> medians;
  medians.reserve(kResamples);
  std::vector<double> resample;
  for (int i = 0; i < kResamples; ++i) {
    resample.clear();
    for (std::size_t k = 0; k < blocks; ++k) {
      const std::size_t begin = block * random.below(blocks);
      const auto drawn = samples.subspan(begin, std::min(block, samples.size() - begin));
      resample.insert(resample.end(), drawn.begin(), drawn.end());
    }
    medians.push_back(median(resample));
  }
  return {.low = quantile(medians, 0.025), .high = quantile(medians, 0.975)};
}

Interval share_limits(double hits, double trials, double z) {
  MOSAIC_CHECK(trials > 0 && hits >= 0 && hits <= trials * (1 + 1e-9));
  const double share = hits / trials;
  const double scale = 1 + z * z / trials;
  const double centre = (share + z * z / (2 * trials)) / scale;
  const double half = z / scale * std::sqrt(std::max(0.0, share * (1 - share) / trials + z * z / (4 * trials * trials)));
  return {.low = std::max(0.0, centre - half), .high = std::min(1.0, centre + half)};
}

Interval share_interval(std::size_t hits, std::size_t trials) {
  return share_limits(static_cast<double>(hits), static_cast<double>(trials), kTwoSided95);
}

}  // namespace mosaic

#include "mosaic/evaluation/search/paired.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "mosaic/base/check.h"

namespace mosaic::evaluation {
namespace {

/// Of each image over seeds.
std::vector<double> by_image(const Answers& answers) {
  MOSAIC_CHECK(!answers.empty() && !answers[0].empty());
  std::vector<double> means(answers[0].size());
  for (const std::vector<double>& seed : answers) {
    MOSAIC_CHECK(seed.size() == means.size());
    for (std::size_t i = 0; i < means.size(); ++i) means[i] += seed[i];
  }
  for (double& each : means) each /= static_cast<double>(answers.size());
  return means;
}

/// a less b.
Answers less(const Answers& a, const Answers& b) {
  MOSAIC_CHECK(a.size() == b.size());
  Answers difference = a;
  for (std::size_t s = 0; s < a.size(); ++s) {
    MOSAIC_CHECK(a[s].size() == b[s].size());
    for (std::size_t i = 0; i < a[s].size(); ++i) difference[s][i] -= b[s][i];
  }
  return difference;
}

/// Student's, of the mean of these shares, in per cent.
Interval student_interval(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  const double middle = mean(values);
  double squares = 0;
  for (const double each : values) squares += (each - middle) * (each - middle);
  const double half = values.size() < 2 ? 0 : student_quantile(values.size() - 1) * std::sqrt(squares / (count - 1) / count);
  return {.low = 100 * (middle - half), .high = 100 * (middle + half)};
}

/// In per cent.
Estimate estimate(const Answers& answers) {
  const std::vector<double> values = by_image(answers);
  std::vector<double> seeds;
  for (const std::vector<double>& seed : answers) seeds.push_back(mean(seed));
  Estimate result{.mean = 100 * mean(values), .images = student_interval(values), .trainings = {}, .seeds = {}};
  if (seeds.size() > 1) result.trainings = student_interval(seeds);
  for (const double each : seeds) result.seeds.push_back(100 * each);
  return result;
}

}  // namespace

double student_quantile(std::size_t degrees) {
  MOSAIC_CHECK(degrees > 0);
  constexpr std::array kFew{12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281};
  if (degrees <= kFew.size()) return kFew.at(degrees - 1);
  constexpr double kNormal = 1.959964;
  const auto n = static_cast<double>(degrees);
  const double square = kNormal * kNormal;
  const double first = kNormal * (square + 1) / 4;
  const double second = kNormal * ((5 * square + 16) * square + 3) / 96;
  const double third = kNormal * (((3 * square + 19) * square + 17) * square - 15) / 384;
  return kNormal + (first + (second + third / n) / n) / n;
}

Estimate accuracy_of(const Answers& answers) {
  Estimate result = estimate(answers);
  const bool alike = result.images.high <= result.images.low;
  if (answers.size() == 1 || alike) {
    const std::size_t images = answers[0].size();
    const Interval wilson = share_interval(static_cast<std::size_t>(std::lround(result.mean / 100 * static_cast<double>(images))), images);
    result.images = {.low = 100 * wilson.low, .high = 100 * wilson.high};
  }
  result.images = {.low = std::max(result.images.low, 0.0), .high = std::min(result.images.high, 100.0)};
  return result;
}

Estimate difference_of(const Answers& a, const Answers& b) { return estimate(less(a, b)); }

Discordance mcnemar(const Answers& a, const Answers& b) {
  Discordance result;
  for (const double each : by_image(less(a, b))) {
    result.first += each > 0 ? 1 : 0;
    result.second += each < 0 ? 1 : 0;
  }
  const std::size_t all = result.first + result.second;
  const auto n = static_cast<double>(all);
  double tail = 0;  // P(X <= the fewer) of a fair coin
  for (std::size_t k = 0; k <= std::min(result.first, result.second); ++k) {
    const auto x = static_cast<double>(k);
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(x + 1) - std::lgamma(n - x + 1) - n * std::numbers::ln2);
  }
  result.p = std::min(1.0, 2 * tail);
  return result;
}

}  // namespace mosaic::evaluation

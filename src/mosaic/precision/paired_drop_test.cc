#include "mosaic/precision/paired_drop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "mosaic/base/random.h"

namespace mosaic::precision {
namespace {

// Normal quantiles of 0.95, 0.975, 0.9875.
TEST(OneSidedQuantile, HalvesTheRiskWithEachTry) {
  EXPECT_NEAR(one_sided_quantile(1), kOneSided95, 1e-9);
  EXPECT_NEAR(one_sided_quantile(2), kTwoSided95, 1e-9);
  EXPECT_NEAR(one_sided_quantile(3), 2.241403, 1e-6);
}

// Tango (1998), section 5: of 44 patients one did better under the new treatment alone and none under the old one alone; the score test of a
// difference of -0.1 gives Z = 1.709.
TEST(NetDropLimits, ReproduceTangosExample) { EXPECT_NEAR(net_drop_limits({.images = 44, .lost = 0, .gained = 1}, 1.709).low, -0.1, 5e-5); }

// Agresti and Min, Statistics in Medicine 24 (2005): 1,600 people asked twice, 150 and 86 changed their minds: 0.021 to 0.059.
TEST(NetDropLimits, ReproduceThePollOfAgrestiAndMin) {
  const Interval interval = net_drop_limits({.images = 1600, .lost = 150, .gained = 86}, kTwoSided95);
  EXPECT_NEAR(interval.low, 0.021, 5e-4);
  EXPECT_NEAR(interval.high, 0.059, 5e-4);
}

// With nothing changed the score of a drop d is -n d / sqrt(n d (1 - d)), which is -z at d = z^2 / (n + z^2).
TEST(NetDropLimits, AreWhatTheyMustBeWhereNothingChanged) {
  for (const double images : {10.0, 400.0, 538.0}) {
    const double expected = kOneSided95 * kOneSided95 / (images + kOneSided95 * kOneSided95);
    EXPECT_NEAR(net_drop_limits({.images = images}, kOneSided95).high, expected, 1e-12);
    EXPECT_NEAR(net_drop_limits({.images = images}, kOneSided95).low, -expected, 1e-12);
  }
}

/// The most likely share of gained images under a drop, by search along the trinomial likelihood of lost, gained and unchanged.
double most_likely_gained(const PairedCounts& counts, double drop) {
  const auto log_likelihood = [&](double gained) {
    const auto term = [](double count, double share) { return count > 0 ? count * std::log(std::max(share, 1e-300)) : 0; };
    return term(counts.lost, gained + drop) + term(counts.gained, gained) + term(counts.images - counts.lost - counts.gained, 1 - 2 * gained - drop);
  };
  double low = std::max(0.0, -drop);
  double high = (1 - drop) / 2;
  for (int i = 0; i < 200; ++i) {  // thirds: the logarithm is concave
    const double a = low + (high - low) / 3;
    const double b = high - (high - low) / 3;
    (log_likelihood(a) < log_likelihood(b) ? low : high) = log_likelihood(a) < log_likelihood(b) ? a : b;
  }
  return (low + high) / 2;
}

// At a limit the score, with the likelihood maximised by search instead of by formula, is the quantile.
TEST(NetDropLimits, AreWhereTheScoreIsTheQuantile) {
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    const double images = static_cast<double>(random.between(5, 500));
    const double lost = static_cast<double>(random.between(0, static_cast<std::int64_t>(images) / 2));
    const double gained = static_cast<double>(random.between(0, static_cast<std::int64_t>(images) / 2));
    const PairedCounts counts{.images = images, .lost = lost, .gained = gained};
    const Interval interval = net_drop_limits(counts, kTwoSided95);
    for (const auto& [end, expected] : {std::pair(interval.low, kTwoSided95), std::pair(interval.high, -kTwoSided95)}) {
      const double q = most_likely_gained(counts, end);
      const double score = (lost - gained - images * end) / std::sqrt(images * (2 * q + end * (1 - end)));
      EXPECT_NEAR(score, expected, 1e-3) << images << " " << lost << " " << gained;
    }
  }
}

// Both ends are roots of a polynomial of degree 4: Yang, Sun and Hardin, Statistics in Medicine 32 (2013), 1336-1342.
TEST(NetDropLimits, AreRootsOfTheClosedForm) {
  Random random(2);
  const double g = kTwoSided95 * kTwoSided95;
  for (int i = 0; i < 200; ++i) {
    const double n = static_cast<double>(random.between(20, 500));
    const double b = static_cast<double>(random.between(0, static_cast<std::int64_t>(n) / 2));
    const double c = static_cast<double>(random.between(0, static_cast<std::int64_t>(n) / 2));
    const double d = b - c;
    const double m0 = n * n * (n / g + 1) * (n / g + 1);
    const double m1 = -n * d * (n / g + 1) * (4 * n / g + 1);
    const double m2 = 2 * n * d * d * (3 * n / g + 2) / g - n * n * ((b + c) / g + 1);
    const double m3 = n * d * (2 * (b + c) / g + 1) - d * d * d * (4 * n / g + 1) / g;
    const double m4 = d * d * (d * d / g - (b + c)) / g;
    const Interval interval = net_drop_limits({.images = n, .lost = b, .gained = c}, kTwoSided95);
    for (const double x : {interval.low, interval.high}) {
      EXPECT_NEAR((((m0 * x + m1) * x + m2) * x + m3) * x + m4, 0, 1e-6 * m0) << n << " " << b << " " << c;
    }
  }
}

/// The chance that the upper 95 % bound lies above the true drop, over all outcomes of `images` images.
std::vector<double> coverages(std::size_t images, const std::vector<std::pair<double, double>>& rates) {
  std::vector<double> covered(rates.size(), 0.0);
  const double n = static_cast<double>(images);
  for (std::size_t lost = 0; lost <= images; ++lost) {
    for (std::size_t gained = 0; lost + gained <= images; ++gained) {
      const double b = static_cast<double>(lost);
      const double c = static_cast<double>(gained);
      if (b + c > 0.6 * n) continue;  // impossible enough at the rates asked for
      const double bound = net_drop_limits({.images = n, .lost = b, .gained = c}, kOneSided95).high;
      const double ways = std::lgamma(n + 1) - std::lgamma(b + 1) - std::lgamma(c + 1) - std::lgamma(n - b - c + 1);
      for (std::size_t i = 0; i < rates.size(); ++i) {
        const auto& [p, q] = rates[i];
        if (bound >= p - q) covered[i] += std::exp(ways + b * std::log(p) + c * std::log(q) + (n - b - c) * std::log(1 - p - q));
      }
    }
  }
  return covered;
}

// By adding up all outcomes of 100 images: nominally 95 %, and never far below, also where few images change.
TEST(NetDropLimits, CoverTheTruthAsOftenAsTheySay) {
  const std::vector<std::pair<double, double>> rates{{0.01, 0.001}, {0.02, 0.01}, {0.03, 0.03}, {0.05, 0.01}, {0.1, 0.05}, {0.2, 0.1}};
  for (const double coverage : coverages(100, rates)) {
    EXPECT_GT(coverage, 0.93);
    EXPECT_LE(coverage, 1 + 1e-9);
  }
}

// None of n: 1 - risk^(1 / n). Clopper and Pearson's 95 % interval of 81 of 263 as Newcombe (1998) has it ends at 0.3676.
TEST(ExactUpperShare, IsClopperAndPearsons) {
  for (const double trials : {1.0, 20.0, 598.0, 1e6}) EXPECT_NEAR(exact_upper_share(0, trials, 0.05), 1 - std::pow(0.05, 1 / trials), 1e-12);
  EXPECT_NEAR(exact_upper_share(81, 263, 0.025), 0.3676, 5e-5);
  EXPECT_EQ(exact_upper_share(8, 8, 0.05), 1);
}

// The chance of no more than the hits, added up term by term, is the risk.
TEST(ExactUpperShare, IsWhereTheBinomialSaysSo) {
  for (const double hits : {1.0, 5.0, 40.0, 90.0}) {
    const double p = exact_upper_share(hits, 100, 0.05);
    double chance = 0;
    for (double k = 0; k <= hits; ++k)
      chance += std::exp(std::lgamma(101) - std::lgamma(k + 1) - std::lgamma(101 - k) + k * std::log(p) + (100 - k) * std::log(1 - p));
    EXPECT_NEAR(chance, 0.05, 1e-9) << hits;
  }
}

// The 97.5 % quantiles of Student's t with 19 and 99 degrees of freedom are 2.0930 and 1.9842; with deviation sqrt(n) a half width is the quantile.
TEST(MeanLimits, AreStudents) {
  EXPECT_NEAR(mean_limits(0, std::sqrt(20.0), 20, kTwoSided95).high, 2.0930, 2e-3);
  EXPECT_NEAR(mean_limits(1, 10, 100, kTwoSided95).low, 1 - 1.9842, 2e-4);
}

}  // namespace
}  // namespace mosaic::precision

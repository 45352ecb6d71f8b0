#include "mosaic/precision/paired_drop.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "mosaic/base/check.h"

namespace mosaic::precision {
namespace {

/// How many standard errors what was seen lies above a true net drop of `drop`. The share of `gained` is the most likely one under that drop (Tango,
/// eq. 5): the larger root of A q^2 + B q + C.
double score(const PairedCounts& counts, double drop) {
  const double a = 2 * counts.images;
  const double b = -counts.lost - counts.gained + (2 * counts.images - counts.lost + counts.gained) * drop;
  const double c = -counts.gained * drop * (1 - drop);
  const double gained = (std::sqrt(std::max(0.0, b * b - 4 * a * c)) - b) / (2 * a);
  const double distance = counts.lost - counts.gained - counts.images * drop;
  const double variance = counts.images * (2 * gained + drop * (1 - drop));
  if (variance > 0) return distance / std::sqrt(variance);
  if (distance == 0) return 0;
  return std::copysign(std::numeric_limits<double>::infinity(), distance);
}

/// Where the score, which falls with the drop, passes `level` between two drops.
double crossing(const PairedCounts& counts, double level, double low, double high) {
  for (int i = 0; i < 100; ++i) {
    const double middle = std::midpoint(low, high);
    (score(counts, middle) > level ? low : high) = middle;
  }
  return std::midpoint(low, high);
}

/// The chance that more than `hits` of `trials` come out where each does with chance `p`: the incomplete beta function I_p(hits + 1, trials - hits),
/// by its continued fraction (Lentz's method), which converges fast below its mean and is mirrored above.
double chance_of_more(double hits, double trials, double p) {
  const auto fraction = [](double a, double b, double x) {
    constexpr double kTiny = 1e-300;
    double c = 1;
    double d = 1 / (1 - (a + b) * x / (a + 1));
    double value = d;
    for (double m = 1; m < 1e5; ++m) {
      for (const double term : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
        d = 1 + term * d;
        d = 1 / (std::abs(d) < kTiny ? kTiny : d);
        c = 1 + term / c;
        if (std::abs(c) < kTiny) c = kTiny;
        value *= c * d;
      }
      if (std::abs(c * d - 1) < 1e-14) break;
    }
    return value;
  };
  const double a = hits + 1;
  const double b = trials - hits;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(p) + b * std::log1p(-p));
  return p < (a + 1) / (a + b + 2) ? front * fraction(a, b, p) / a : 1 - front * fraction(b, a, 1 - p) / b;
}

}  // namespace

double risk_of_try(std::size_t tries) {
  MOSAIC_CHECK(tries >= 1 && tries <= 30);
  return 0.05 / std::exp2(static_cast<double>(tries - 1));
}

double one_sided_quantile(std::size_t tries) {
  const double risk = risk_of_try(tries);
  double low = 0;
  double high = 10;
  for (int i = 0; i < 100; ++i) {
    const double middle = std::midpoint(low, high);
    (std::erfc(middle / std::numbers::sqrt2) / 2 > risk ? low : high) = middle;
  }
  return std::midpoint(low, high);
}

Interval net_drop_limits(const PairedCounts& counts, double z) {
  MOSAIC_CHECK(counts.images > 0 && counts.lost >= 0 && counts.gained >= 0 && counts.lost + counts.gained <= counts.images * (1 + 1e-9));
  const double seen = counts.drop();
  return {.low = crossing(counts, z, -1, seen), .high = crossing(counts, -z, seen, 1)};
}

double exact_upper_share(double hits, double trials, double risk) {
  MOSAIC_CHECK(trials > 0 && hits >= 0 && hits <= trials * (1 + 1e-9));
  if (hits >= trials) return 1;
  double low = hits / trials;
  double high = 1;
  for (int i = 0; i < 60; ++i) {
    const double middle = std::midpoint(low, high);
    (1 - chance_of_more(hits, trials, middle) > risk ? low : high) = middle;
  }
  return std::midpoint(low, high);
}

Interval mean_limits(double mean, double deviation, double samples, double z) {
  MOSAIC_CHECK(samples >= 2);
  const double freedom = samples - 1;
  const double cube = z * z * z;
  const double t = z + (cube + z) / (4 * freedom) + (5 * cube * z * z + 16 * cube + 3 * z) / (96 * freedom * freedom);
  const double half = t * deviation / std::sqrt(samples);
  return {.low = mean - half, .high = mean + half};
}

}  // namespace mosaic::precision

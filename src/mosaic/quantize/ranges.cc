#include "mosaic/quantize/ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace mosaic::quantize {
namespace {

constexpr double kLevels = 255;

/// The value above which `tail` of the values lie, 0 where fewer than those are above 0. Bins are taken as evenly filled.
double upper_end(const Histogram& histogram, double tail) {
  const auto bins = histogram.bins();
  double above = 0;
  for (std::size_t i = bins.size(); i-- > bins.size() / 2;) {
    const auto inside = static_cast<double>(bins[i]);
    if (inside > 0 && above + inside > tail) return histogram.edge(i + 1) - histogram.width() * (tail - above) / inside;
    above += inside;
  }
  return 0;
}

double lower_end(const Histogram& histogram, double tail) {
  const auto bins = histogram.bins();
  double below = 0;
  for (std::size_t i = 0; i < bins.size() / 2; ++i) {
    const auto inside = static_cast<double>(bins[i]);
    if (inside > 0 && below + inside > tail) return histogram.edge(i) + histogram.width() * (tail - below) / inside;
    below += inside;
  }
  return 0;
}

Range everything(const Histogram& histogram) { return {.low = std::min(0.0, histogram.lowest()), .high = std::max(0.0, histogram.highest())}; }

Range by_percentile(const Histogram& histogram, double percentile) {
  const double tail = static_cast<double>(histogram.count()) * (1 - percentile / 100);
  const Range all = everything(histogram);
  return {.low = std::max(all.low, lower_end(histogram, tail)), .high = std::min(all.high, upper_end(histogram, tail))};
}

/// The expected squared error of ranges, each in constant time: sums over the bins from the left, each taken at its middle.
class SquaredError {
 public:
  explicit SquaredError(const Histogram& histogram) : first_(histogram.edge(0)), width_(histogram.width()), sums_(1) {
    const auto bins = histogram.bins();
    sums_.reserve(bins.size() + 1);
    for (std::size_t i = 0; i < bins.size(); ++i) {
      const double x = histogram.edge(i) + width_ / 2;
      const auto n = static_cast<double>(bins[i]);
      sums_.push_back({.n = sums_.back().n + n, .x = sums_.back().x + n * x, .xx = sums_.back().xx + n * x * x});
    }
  }

  [[nodiscard]] double of(const Range& range) const {
    const Sums below = sums_[bin(range.low)];
    const Sums upto = sums_[bin(range.high)];
    const Sums& all = sums_.back();
    const double scale = (range.high - range.low) / kLevels;
    return clipped(below, range.low) + clipped({.n = all.n - upto.n, .x = all.x - upto.x, .xx = all.xx - upto.xx}, range.high) +
           (upto.n - below.n) * scale * scale / 12;
  }

 private:
  struct Sums {
    double n = 0;   // values
    double x = 0;   // their sum
    double xx = 0;  // and that of their squares
  };
  /// Sum of (x - end)^2.
  static double clipped(const Sums& sums, double end) { return std::max(0.0, sums.xx - 2 * end * sums.x + end * end * sums.n); }
  /// The number of bins whose middle lies below.
  [[nodiscard]] std::size_t bin(double value) const {
    const double index = std::floor((value - first_) / width_ + 0.5);
    return static_cast<std::size_t>(std::clamp(index, 0.0, static_cast<double>(sums_.size() - 1)));
  }

  double first_;
  double width_;
  std::vector<Sums> sums_;
};

Range by_squared_error(const Histogram& histogram) {
  constexpr int kEnds = 128;
  const Range all = everything(histogram);
  if (all.low == all.high) return all;
  const SquaredError error(histogram);
  Range best = all;
  double least = std::numeric_limits<double>::infinity();
  for (int l = all.low < 0 ? kEnds : 0; l >= 0; --l) {
    for (int h = all.high > 0 ? kEnds : 0; h >= 0; --h) {
      const Range range{.low = all.low * l / kEnds, .high = all.high * h / kEnds};
      const double each = error.of(range);
      if (each >= least || range.low == range.high) continue;
      least = each;
      best = range;
    }
  }
  return best;
}

}  // namespace

Result<RangeMethod> parse_range_method(std::string_view text) {
  for (const RangeMethod method : {RangeMethod::kPercentile, RangeMethod::kSquaredError, RangeMethod::kMinMax}) {
    if (name(method) == text) return method;
  }
  return fail(ErrorCode::kInvalidInput, fmt::format("there is no way '{}' to choose ranges: percentile, mse and minmax are there", text));
}

std::string_view name(RangeMethod method) {
  switch (method) {
    case RangeMethod::kPercentile:
      return "percentile";
    case RangeMethod::kSquaredError:
      return "mse";
    case RangeMethod::kMinMax:
      return "minmax";
  }
  return "";
}

Result<Range> choose_range(const Histogram& histogram, const RangeOptions& options) {
  if (histogram.not_finite() > 0) {
    return fail(ErrorCode::kInvalidInput, fmt::format("{} of {} values are NaN or infinite: there is no range for them", histogram.not_finite(),
                                                      histogram.not_finite() + histogram.count()));
  }
  if (histogram.count() == 0) return fail(ErrorCode::kInvalidInput, "no value was seen: there is no range for none");
  switch (options.method) {
    case RangeMethod::kPercentile:
      return by_percentile(histogram, options.percentile);
    case RangeMethod::kSquaredError:
      return by_squared_error(histogram);
    case RangeMethod::kMinMax:
      break;
  }
  return everything(histogram);
}

Affine affine_of(const Range& range) {
  constexpr double kLeastScale = 1e-30;  // far below what any network makes, far above what float32 cannot divide by
  const double scale = (range.high - range.low) / kLevels;
  if (scale < kLeastScale) return {};
  return {.scale = static_cast<float>(scale), .zero_point = static_cast<std::uint8_t>(std::clamp(std::round(-range.low / scale), 0.0, kLevels))};
}

}  // namespace mosaic::quantize

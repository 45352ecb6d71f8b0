#include "mosaic/quantize/histogram.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mosaic/base/check.h"

namespace mosaic::quantize {

Histogram::Histogram(std::size_t bins) : bins_(bins, 0) { MOSAIC_CHECK(bins > 0 && bins % 4 == 0); }

void Histogram::add(std::span<const float> values) {
  float low = 0;
  float high = 0;
  std::uint64_t not_finite = 0;
  bool any = false;
  for (const float value : values) {
    if (!std::isfinite(value)) {
      ++not_finite;
      continue;
    }
    low = any ? std::min(low, value) : value;
    high = any ? std::max(high, value) : value;
    any = true;
  }
  not_finite_ += not_finite;
  if (!any) return;
  lowest_ = count_ == 0 ? static_cast<double>(low) : std::min(lowest_, static_cast<double>(low));
  highest_ = count_ == 0 ? static_cast<double>(high) : std::max(highest_, static_cast<double>(high));
  count_ += values.size() - not_finite;
  cover(std::max(std::abs(static_cast<double>(low)), std::abs(static_cast<double>(high))));
  const double per_width = limit_ > 0 ? 1 / width() : 0;
  for (const float value : values) {
    if (value == 0) {
      ++zeros_;
    } else if (not_finite == 0 || std::isfinite(value)) {
      ++bins_[static_cast<std::size_t>((static_cast<double>(value) + limit_) * per_width)];
    }
  }
}

void Histogram::cover(double magnitude) {
  if (magnitude == 0) return;
  int exponent = 0;
  std::frexp(magnitude, &exponent);  // magnitude < 2^exponent
  const double wanted = std::ldexp(1.0, exponent);
  if (limit_ == 0) limit_ = wanted;
  while (limit_ < wanted) double_range();
}

// Bin i begins at -limit + i * width, which in the doubled range is bin (limit + i * width) / (2 * width) = n / 4 + i / 2.
void Histogram::double_range() {
  std::vector<std::uint64_t> wider(bins_.size(), 0);
  for (std::size_t i = 0; i < bins_.size(); ++i) wider[bins_.size() / 4 + i / 2] += bins_[i];
  bins_ = std::move(wider);
  limit_ *= 2;
}

}  // namespace mosaic::quantize

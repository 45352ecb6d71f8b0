#include "mosaic/integers/upper_quantile.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "mosaic/base/check.h"

namespace mosaic::integers {

// Of n numbers in rising order the one at place ceil(fraction * n) is asked for, counted from 1; n + 1 less that place are at least as large.
UpperQuantile::UpperQuantile(double fraction, std::size_t count) {
  MOSAIC_CHECK(fraction >= 0 && fraction <= 1);
  const auto place = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(count)));
  kept_ = count + 1 - std::max<std::size_t>(place, 1);
}

void UpperQuantile::keep(float value) {
  largest_.push_back(value);
  if (largest_.size() >= 2 * kept_ + 1024) prune();
}

void UpperQuantile::prune() {
  const auto last = largest_.begin() + static_cast<std::ptrdiff_t>(kept_) - 1;
  std::ranges::nth_element(largest_, last, std::greater<>());
  least_ = *last;
  full_ = true;
  largest_.resize(kept_);
}

float UpperQuantile::value() const {
  if (largest_.empty()) return 0;
  std::vector<float> copy = largest_;
  const auto last = copy.begin() + static_cast<std::ptrdiff_t>(std::min(kept_, copy.size())) - 1;
  std::ranges::nth_element(copy, last, std::greater<>());
  return *last;
}

}  // namespace mosaic::integers

#include "mosaic/manager/slowdown.h"

#include <algorithm>
#include <vector>

#include "mosaic/base/statistics.h"

namespace mosaic::manager {

void Slowdown::observe(Nanoseconds alone, Nanoseconds measured) {
  ratios_.push_back(std::min(static_cast<double>(measured.count()) / static_cast<double>(alone.count()), options_.most));
  if (ratios_.size() > options_.window) ratios_.pop_front();
  if (ratios_.size() > options_.few) {
    const auto last = ratios_.end() - static_cast<std::ptrdiff_t>(options_.few);
    const auto [least, most] = std::minmax_element(last, ratios_.end());
    const double before = median(std::vector<double>(ratios_.begin(), last));
    if (*least > before * options_.change || *most * options_.change < before) ratios_.erase(ratios_.begin(), last);
  }
  factor_ = quantile(std::vector<double>(ratios_.begin(), ratios_.end()), options_.quantile);
}

std::optional<double> Slowdown::spread() const {
  if (ratios_.size() <= options_.few) return std::nullopt;
  const double middle = median(std::vector<double>(ratios_.begin(), ratios_.end()));
  return middle > 0 ? std::max(0.0, factor_ / middle - 1) : 0;
}

void Slowdown::expect(double factor) {
  ratios_.clear();
  factor_ = factor;
}

}  // namespace mosaic::manager

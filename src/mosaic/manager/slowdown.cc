#include "mosaic/manager/slowdown.h"

#include <algorithm>
#include <vector>

#include "mosaic/base/statistics.h"

namespace mosaic::manager {

std::vector<double> Slowdown::values(std::size_t last) const {
  std::vector<double> all;
  for (auto each = ratios_.end() - static_cast<std::ptrdiff_t>(last); each != ratios_.end(); ++each) all.push_back(each->value);
  return all;
}

void Slowdown::observe(Nanoseconds alone, Nanoseconds measured, Nanoseconds now, Nanoseconds delay) {
  factor_.reset();
  delay_.reset();
  alone_ = alone;
  ratios_.push_back(
      {.value = std::min(static_cast<double>(measured.count()) / static_cast<double>(alone.count()), options_.most), .at = now, .delay = delay});
  while (ratios_.size() > options_.most_kept || (ratios_.size() > options_.window && ratios_.front().at < now - options_.window_time))
    ratios_.pop_front();
  std::size_t few = options_.few;
  while (few < ratios_.size() && ratios_[ratios_.size() - 1 - few].at > now - options_.few_time) ++few;
  if (ratios_.size() <= few) return;
  const auto last = ratios_.end() - static_cast<std::ptrdiff_t>(few);
  const auto [least, most] = std::ranges::minmax_element(last, ratios_.end(), {}, &Ratio::value);
  const double next = (last - 1)->value;  // spares the median where it cannot be on their other side: most often
  if (least->value <= next && next <= most->value) return;
  std::vector<double> before = values(ratios_.size());
  before.resize(ratios_.size() - few);
  const double middle = median(before);
  if (least->value > middle * options_.change || most->value * options_.change < middle) ratios_.erase(ratios_.begin(), last);
}

double Slowdown::factor() const {
  if (ratios_.empty()) return guess_;
  if (!factor_) factor_ = quantile(values(ratios_.size()), options_.quantile);
  return *factor_;
}

double Slowdown::typical() const { return ratios_.empty() ? guess_ : median(values(ratios_.size())); }

Nanoseconds Slowdown::delay() const {
  if (ratios_.empty()) return {};
  if (!delay_) {
    const auto alone = static_cast<double>(alone_.count());
    std::vector<double> together;
    for (const Ratio& each : ratios_) together.push_back(static_cast<double>(each.delay.count()) + each.value * alone);
    delay_ = Nanoseconds(static_cast<std::int64_t>(std::max(0.0, quantile(together, options_.quantile) - factor() * alone)));
  }
  return *delay_;
}

std::optional<double> Slowdown::spread() const {
  if (ratios_.size() <= options_.few) return std::nullopt;
  const double middle = typical();
  return middle > 0 ? std::max(0.0, factor() / middle - 1) : 0;
}

void Slowdown::expect(double factor) {
  ratios_.clear();
  factor_.reset();
  delay_.reset();
  guess_ = factor;
}

}  // namespace mosaic::manager

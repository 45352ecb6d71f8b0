#include <algorithm>
#include <cmath>
#include <iterator>

#include "mosaic/report/drawing.h"

namespace mosaic::report {
namespace {

/// The distance of round ticks, 1, 2 or 5 times a power of ten, so that at most eight steps fit.
double round_step(double span) {
  constexpr double kMostSteps = 8;
  const double power = std::pow(10, std::floor(std::log10(span / kMostSteps)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (span / (factor * power) <= kMostSteps) return factor * power;
  }
  return 10 * power;
}

/// a <= b but for rounding.
bool at_most(double a, double b) { return a <= b + 1e-9 * std::max(std::fabs(a), std::fabs(b)); }

/// 1, 2 and 5 times powers of ten: where a logarithmic axis may end.
std::vector<double> logarithmic_ticks(double low, double high) {
  std::vector<double> ticks;
  for (double exponent = std::floor(std::log10(low)); exponent <= std::ceil(std::log10(high)); ++exponent) {
    for (const double factor : {1.0, 2.0, 5.0}) ticks.push_back(factor * std::pow(10, exponent));
  }
  return ticks;
}

bool is_power_of_ten(double value) { return std::fabs(std::log10(value) - std::round(std::log10(value))) < 1e-9; }

std::vector<double> linear_ticks(double low, double high) {
  const double step = round_step(high - low);
  std::vector<double> ticks;
  for (double k = std::floor(low / step + 1e-9); k <= std::ceil(high / step - 1e-9); ++k) ticks.push_back(k * step);
  return ticks;
}

}  // namespace

Scale::Scale(const Axis& axis, std::span<const double> values, double from, double to) : logarithmic_(axis.logarithmic), from_(from), to_(to) {
  bool any = false;
  for (const double value : values) {
    if (!shows(value)) continue;
    low_ = any ? std::min(low_, value) : value;
    high_ = any ? std::max(high_, value) : value;
    any = true;
  }
  if (!any) {
    low_ = logarithmic_ ? 1 : 0;
    high_ = logarithmic_ ? 10 : 1;
  }
  if (axis.low && shows(*axis.low)) low_ = *axis.low;
  if (axis.high && shows(*axis.high)) high_ = *axis.high;
  if (high_ <= low_) {  // one value alone, or bounds the wrong way round
    high_ = logarithmic_ ? low_ * 10 : low_ + std::max(1.0, std::fabs(low_));
  }
  const std::vector<double> candidates = logarithmic_ ? logarithmic_ticks(low_, high_) : linear_ticks(low_, high_);
  const double lowest = low_;
  const double highest = high_;
  for (const double tick : candidates) {  // ascending: the last tick not above what is drawn, the first not below
    if (!axis.low && at_most(tick, lowest)) low_ = std::min(tick, lowest);
    if (!axis.high && at_most(highest, tick)) {
      high_ = std::max(tick, highest);
      break;
    }
  }
  std::ranges::copy_if(candidates, std::back_inserter(ticks_), [&](double tick) { return at_most(low_, tick) && at_most(tick, high_); });
  constexpr std::size_t kMostTicks = 9;
  if (logarithmic_ && ticks_.size() > kMostTicks) std::erase_if(ticks_, [](double tick) { return !is_power_of_ten(tick); });
}

bool Scale::shows(double value) const { return std::isfinite(value) && (!logarithmic_ || value > 0); }

double Scale::operator()(double value) const {
  const double inside = std::clamp(value, low_, high_);
  const double share = logarithmic_ ? std::log(inside / low_) / std::log(high_ / low_) : (inside - low_) / (high_ - low_);
  return from_ + share * (to_ - from_);
}

}  // namespace mosaic::report

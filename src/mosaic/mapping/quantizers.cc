#include "mosaic/mapping/quantizers.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "mosaic/base/check.h"

namespace mosaic::mapping {
namespace {

constexpr int kNarrowerScales = 3;  // than the one that saturates nothing

double largest_magnitude(std::span<const float> weights) {
  double largest = 0;
  for (const float weight : weights) {
    MOSAIC_CHECK(std::isfinite(weight));
    largest = std::max(largest, std::fabs(static_cast<double>(weight)));
  }
  return largest;
}

/// The smallest e with magnitude <= 127 * 2^e.
int exponent_for(double magnitude) {
  int exponent = 0;
  std::frexp(magnitude / kLargestInt8, &exponent);  // within [2^(e-1), 2^e)
  while (magnitude <= std::ldexp(kLargestInt8, exponent - 1)) --exponent;
  return exponent;
}

/// In units of a power of two, `inverse` being one over it: multiplying is exact. Sums with 1.5 * 2^52 have no fraction, which rounds as nearbyint
/// does, but in vectors: training quantises all weights at every step.
double quantized(float weight, double inverse) {
  constexpr double kWhole = 0x1.8p52;
  const double units = static_cast<double>(weight) * inverse;
  return std::clamp((units + kWhole) - kWhole, -kLargestInt8, kLargestInt8);
}

double squared_error(std::span<const float> weights, int exponent) {
  const double unit = std::ldexp(1.0, exponent);
  const double inverse = std::ldexp(1.0, -exponent);
  double sum = 0;
  for (const float weight : weights) {
    const double error = static_cast<double>(weight) - quantized(weight, inverse) * unit;
    sum += error * error;
  }
  return sum;
}

}  // namespace

Int8Weights quantize_int8(std::span<const float> weights) {
  Int8Weights result{.values = std::vector<std::int8_t>(weights.size(), 0)};
  const double largest = largest_magnitude(weights);
  if (largest == 0) return result;
  const int widest = exponent_for(largest);
  double least = std::numeric_limits<double>::infinity();
  for (int exponent = widest; exponent >= widest - kNarrowerScales; --exponent) {
    const double error = squared_error(weights, exponent);
    if (error >= least) continue;
    least = error;
    result.exponent = exponent;
  }
  const double inverse = std::ldexp(1.0, -result.exponent);
  std::ranges::transform(weights, result.values.begin(), [&](float weight) { return static_cast<std::int8_t>(quantized(weight, inverse)); });
  return result;
}

TernaryChannel quantize_ternary(std::span<const float> channel) {
  TernaryChannel result{.values = std::vector<std::int8_t>(channel.size(), 0)};
  if (largest_magnitude(channel) == 0) return result;
  std::vector<double> magnitudes(channel.size());
  std::ranges::transform(channel, magnitudes.begin(), [](float weight) { return std::fabs(static_cast<double>(weight)); });
  std::ranges::sort(magnitudes, std::greater());

  double sum = 0;
  double best = 0;
  double smallest_kept = 0;
  for (std::size_t i = 0; i < magnitudes.size() && magnitudes[i] > 0; ++i) {
    sum += magnitudes[i];
    if (i + 1 < magnitudes.size() && magnitudes[i + 1] == magnitudes[i]) continue;
    const auto kept = static_cast<double>(i + 1);
    if (sum * sum / kept < best) continue;
    best = sum * sum / kept;
    smallest_kept = magnitudes[i];
    result.scale = static_cast<float>(sum / kept);
  }
  std::ranges::transform(channel, result.values.begin(), [&](float weight) {
    if (std::fabs(static_cast<double>(weight)) < smallest_kept) return std::int8_t{0};
    return weight > 0 ? std::int8_t{1} : std::int8_t{-1};
  });
  return result;
}

std::vector<float> to_floats(const Int8Weights& weights) {
  std::vector<float> values(weights.values.size());
  std::ranges::transform(weights.values, values.begin(), [&](std::int8_t value) { return std::ldexp(static_cast<float>(value), weights.exponent); });
  return values;
}

std::vector<float> to_floats(const TernaryChannel& channel) {
  std::vector<float> values(channel.values.size());
  std::ranges::transform(channel.values, values.begin(), [&](std::int8_t value) { return static_cast<float>(value) * channel.scale; });
  return values;
}

}  // namespace mosaic::mapping

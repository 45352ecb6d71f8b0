#include "mosaic/mapping/output_error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "mosaic/base/check.h"

namespace mosaic::mapping {
namespace {

/// Scales that are tried, by that of least squared error of the weights.
constexpr std::array kScales{0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3};
/// Rounds of improving value by value; each ends with a new scale.
constexpr int kImprovements = 8;

std::vector<double> damped(std::vector<double> covariance, std::size_t size, double damping) {
  for (std::size_t i = 0; i < size; ++i) covariance[i * size + i] += damping;
  return covariance;
}

double mean_variance(const GroupMoments& moments) {
  double sum = 0;
  for (std::size_t i = 0; i < moments.inputs; ++i) sum += moments.covariance[i * moments.inputs + i];
  return sum / static_cast<double>(moments.inputs);
}

std::vector<std::size_t> ascending_variance(const GroupMoments& moments) {
  std::vector<std::size_t> order(moments.inputs);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return moments.covariance[i * moments.inputs + i]; });
  return order;
}

std::vector<double> reordered(std::span<const double> matrix, std::span<const std::size_t> order) {
  std::vector<double> result;
  result.reserve(matrix.size());
  for (const std::size_t i : order) {
    for (const std::size_t j : order) result.push_back(matrix[i * order.size() + j]);
  }
  return result;
}

std::vector<float> to_float(std::span<const double> values) {
  std::vector<float> result;
  result.reserve(values.size());
  for (const double value : values) result.push_back(static_cast<float>(value));
  return result;
}

std::int8_t nearest_ternary(double units) {
  if (std::fabs(units) < 0.5) return 0;
  return units > 0 ? std::int8_t{1} : std::int8_t{-1};
}

std::int8_t nearest_int8(double units) { return static_cast<std::int8_t>(std::clamp(std::nearbyint(units), -kLargestInt8, kLargestInt8)); }

}  // namespace

/// Values with what H makes of them.
struct OutputError::Ternary {
  std::vector<std::int8_t> values;
  std::vector<double> turned;  ///< H values
  double along = 0;            ///< values' H v
  double square = 0;           ///< values' H values

  /// By how much the error falls against no weights at all, with the best scale.
  [[nodiscard]] double gain() const { return square > 0 && along > 0 ? along * along / square : 0; }
  [[nodiscard]] double scale() const { return along / square; }
};

OutputError::OutputError(const GroupMoments& moments, double damping)
    : size_(moments.inputs),
      damping_(damping * mean_variance(moments)),
      matrix_(damped(moments.covariance, size_, damping_)),
      cross_(moments.cross),
      order_(ascending_variance(moments)),
      factor_(reordered(matrix_, order_), size_) {}

std::vector<double> OutputError::times(std::span<const double> x) const {
  std::vector<double> result(size_);
  for (std::size_t i = 0; i < size_; ++i) {
    if (x[i] != 0) add_multiple(result, x[i], row(i));
  }
  return result;
}

double OutputError::of(std::span<const double> difference) const { return dot(times(difference), difference); }

std::vector<double> OutputError::best_weights(std::span<const float> weights, std::size_t output) const {
  MOSAIC_CHECK(weights.size() == size_);
  std::vector<double> v(weights.begin(), weights.end());
  const std::vector<double> given = times(v);
  std::vector<double> missing;  // in the factor's order
  for (const std::size_t i : order_) missing.push_back(cross_[output * size_ + i] - (given[i] - damping_ * v[i]));
  const std::vector<double> more = factor_.solve(std::move(missing));
  for (std::size_t i = 0; i < size_; ++i) v[order_[i]] += more[i];
  return v;
}

/// From the last input of the factor's order to the first: each is rounded where the error that those before it have left is least.
template <class Round>
std::vector<std::int8_t> OutputError::nearest_plane(std::span<const double> v, double scale, Round round) const {
  std::vector<std::int8_t> values(size_);
  std::vector<double> left(size_);  // of each input, by those rounded so far, times its diagonal
  for (std::size_t i = size_; i-- > 0;) {
    const std::size_t input = order_[i];
    const std::span<const double> row = factor_.row(i);
    values[input] = round((v[input] + left[i] / row.back()) / scale);
    const double error = v[input] - scale * static_cast<double>(values[input]);
    add_multiple(std::span(left).first(i), error, row.first(i));
  }
  return values;
}

/// Changes one value after the other, each to the best of -1, 0 and 1 with the scale as it is, until none changes.
void OutputError::improve(Ternary& channel, std::span<const double> target) const {
  for (int round = 0; round < kImprovements && channel.gain() > 0; ++round) {
    const double scale = channel.scale();
    bool changed = false;
    for (std::size_t i = 0; i < size_; ++i) {
      const double diagonal = matrix_[i * size_ + i];
      const double slope = target[i] - scale * channel.turned[i];  // of the error, halved, with its sign turned
      const std::int8_t value = nearest_ternary(static_cast<double>(channel.values[i]) + slope / (scale * diagonal));
      if (value == channel.values[i]) continue;
      const double step = static_cast<double>(value) - static_cast<double>(channel.values[i]);
      channel.along += step * target[i];
      channel.square += step * (2 * channel.turned[i] + step * diagonal);
      add_multiple(channel.turned, step, row(i));
      channel.values[i] = value;
      changed = true;
    }
    if (!changed) return;
  }
}

TernaryChannel OutputError::ternary(std::span<const double> v) const {
  MOSAIC_CHECK(v.size() == size_);
  TernaryChannel plain = quantize_ternary(to_float(v));
  const std::vector<double> target = times(v);
  const auto with = [&](std::vector<std::int8_t> values) {
    Ternary channel{.values = std::move(values), .turned = {}};
    const std::vector<double> numbers(channel.values.begin(), channel.values.end());
    channel.turned = times(numbers);
    channel.along = dot(numbers, target);
    channel.square = dot(numbers, channel.turned);
    return channel;
  };
  Ternary best = with(plain.values);
  for (const double factor : kScales) {
    Ternary channel = with(nearest_plane(v, factor * static_cast<double>(plain.scale), nearest_ternary));
    if (channel.gain() > best.gain()) best = std::move(channel);
  }
  Ternary better = best;
  improve(better, target);
  if (better.gain() > best.gain()) best = std::move(better);
  if (!(best.gain() > 0) || !(static_cast<float>(best.scale()) > 0)) return plain;
  return {.values = std::move(best.values), .scale = static_cast<float>(best.scale())};
}

std::vector<std::int8_t> OutputError::int8(std::span<const double> v, int exponent) const {
  MOSAIC_CHECK(v.size() == size_);
  const double scale = std::ldexp(1.0, exponent);
  std::vector<std::int8_t> rounded;
  for (const double weight : v) rounded.push_back(nearest_int8(weight / scale));
  std::vector<std::int8_t> values = nearest_plane(v, scale, nearest_int8);
  const auto error = [&](const std::vector<std::int8_t>& integers) {
    std::vector<double> difference(v.begin(), v.end());
    for (std::size_t i = 0; i < size_; ++i) difference[i] -= scale * static_cast<double>(integers[i]);
    return of(difference);
  };
  return error(values) < error(rounded) ? values : rounded;
}

}  // namespace mosaic::mapping

#include "mosaic/quantize/weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "mosaic/base/check.h"

namespace mosaic::quantize {
namespace {

/// Where the elements of a channel lie: `outer` blocks, in each the channels one after the other, `inner` elements each.
struct Layout {
  std::size_t outer = 1;
  std::size_t channels = 1;
  std::size_t inner = 1;

  Layout(const Shape& shape, std::size_t axis) {
    MOSAIC_CHECK(axis < shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i) {
      (i < axis ? outer : i == axis ? channels : inner) *= static_cast<std::size_t>(shape[i]);
    }
  }

  template <class Visit>
  void for_each(std::size_t channel, const Visit& visit) const {
    for (std::size_t o = 0; o < outer; ++o) {
      const std::size_t begin = (o * channels + channel) * inner;
      for (std::size_t i = begin; i < begin + inner; ++i) visit(i);
    }
  }
};

float scale_of(double largest, int bits, double bias, double input_scale) {
  constexpr double kMostBias = 1 << 30;  // leaves as much for the sum that it is added to
  constexpr double kLeastScale = 1e-30;
  const double for_weights = largest / largest_weight(bits);
  const double for_bias = std::abs(bias) / (kMostBias * input_scale);
  const double scale = std::max(for_weights, for_bias);
  return scale < kLeastScale ? 1.0F : static_cast<float>(scale);
}

}  // namespace

Tensor QuantizedWeights::real() const {
  Tensor out(ElementType::kFloat32, values.shape());
  const Layout layout(values.shape(), axis);
  const auto from = values.as<std::int8_t>();
  const auto to = out.as<float>();
  for (std::size_t c = 0; c < layout.channels; ++c) layout.for_each(c, [&](std::size_t i) { to[i] = scales[c] * static_cast<float>(from[i]); });
  return out;
}

int largest_weight(int bits) {
  MOSAIC_CHECK(bits == 7 || bits == 8);
  return bits == 8 ? 127 : 64;
}

int exact_weight_bits(std::span<const std::string> features) {
  constexpr std::array<std::string_view, 4> kExact{"avx512_vnni", "avx_vnni", "amx_int8", "asimd"};
  const bool exact = std::ranges::any_of(kExact, [&](std::string_view each) { return std::ranges::find(features, each) != features.end(); });
  return exact ? 8 : 7;
}

QuantizedWeights quantize_weights(const Tensor& weights, std::size_t axis, int bits, std::span<const float> bias, float input_scale) {
  const Layout layout(weights.shape(), axis);
  MOSAIC_CHECK(bias.empty() || bias.size() == layout.channels);
  QuantizedWeights out{.values = Tensor(ElementType::kInt8, weights.shape()), .axis = axis, .scales = {}};
  const auto from = weights.as<float>();
  const auto to = out.values.as<std::int8_t>();
  const auto most = static_cast<float>(largest_weight(bits));
  for (std::size_t c = 0; c < layout.channels; ++c) {
    double largest = 0;
    layout.for_each(c, [&](std::size_t i) { largest = std::max(largest, std::abs(static_cast<double>(from[i]))); });
    const float scale = scale_of(largest, bits, bias.empty() ? 0.0 : static_cast<double>(bias[c]), static_cast<double>(input_scale));
    layout.for_each(c, [&](std::size_t i) { to[i] = static_cast<std::int8_t>(std::clamp(std::nearbyint(from[i] / scale), -most, most)); });
    out.scales.push_back(scale);
  }
  return out;
}

std::vector<float> bias_scales(float input_scale, std::span<const float> weight_scales) {
  std::vector<float> scales;
  scales.reserve(weight_scales.size());
  for (const float each : weight_scales) scales.push_back(input_scale * each);
  return scales;
}

Tensor quantize_bias(std::span<const float> bias, std::span<const float> scales) {
  MOSAIC_CHECK(bias.size() == scales.size());
  Tensor out(ElementType::kInt32, {std::ssize(bias)});
  constexpr double kLow = std::numeric_limits<std::int32_t>::min();
  constexpr double kHigh = std::numeric_limits<std::int32_t>::max();
  for (std::size_t c = 0; c < bias.size(); ++c) {
    const double value = std::nearbyint(static_cast<double>(bias[c]) / static_cast<double>(scales[c]));
    out.as<std::int32_t>()[c] = static_cast<std::int32_t>(std::clamp(value, kLow, kHigh));
  }
  return out;
}

}  // namespace mosaic::quantize

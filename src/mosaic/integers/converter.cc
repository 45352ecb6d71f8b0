#include "mosaic/integers/converter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>

#include "mosaic/base/random.h"
#include "mosaic/integers/upper_quantile.h"

namespace mosaic::integers {
namespace {

Result<void> check_bits(int bits) {
  if (bits < 2 || bits > 31) return fail(ErrorCode::kInvalidInput, fmt::format("a converter of {} bits: 2 to 31 are supported", bits));
  return {};
}

/// How many partial sums an image has in a convolution, all rows being analog.
std::size_t partial_sums(const QuantizedNode& node) {
  const std::int64_t area = node.window.kernel[0] * node.window.kernel[1];
  const std::int64_t channels = std::max<std::int64_t>(1, kArrayRows / area);
  return static_cast<std::size_t>(node.extent.size() * ((node.convolution.in + channels - 1) / channels));
}

}  // namespace

Result<Converter> make_converter(const AnalogEffects& effects) {
  MOSAIC_RETURN_IF_ERROR(check_bits(effects.bits));
  if (!(effects.noise >= 0) || !std::isfinite(effects.noise))
    return fail(ErrorCode::kInvalidInput, fmt::format("noise of {} codes: it must be 0 or more", effects.noise));
  for (std::size_t i = 0; i < effects.steps.size(); ++i) {
    if (effects.steps[i] < 1)
      return fail(ErrorCode::kInvalidInput, fmt::format("the converter's step for node {} is {}: 1 is the smallest", i, effects.steps[i]));
  }
  const double most = std::exp2(effects.bits - 1);
  return [=, steps = effects.steps, noise = effects.noise, random = std::make_shared<Random>(effects.seed)](std::size_t node, std::int32_t sum) {
    const std::int32_t step = steps.at(node);
    const double exact = static_cast<double>(sum) / step;
    const double code = std::clamp(std::nearbyint(noise > 0 ? exact + noise * random->normal() : exact), -most, most - 1);
    return static_cast<std::int32_t>(code * step);
  };
}

Result<std::vector<std::int32_t>> calibrate_steps(const Simulator& simulator, std::span<const std::vector<float>> images, int bits, double quantile) {
  MOSAIC_RETURN_IF_ERROR(check_bits(bits));
  if (images.empty()) return fail(ErrorCode::kInvalidInput, "no images to calibrate the converter with");
  if (std::isnan(quantile) || quantile <= 0 || quantile > 1)
    return fail(ErrorCode::kInvalidInput, fmt::format("quantile {} lies outside (0, 1]", quantile));
  std::vector<UpperQuantile> seen;
  for (const QuantizedNode& node : simulator.network().nodes) {
    const auto rows = static_cast<std::size_t>(node.convolution.out);
    const std::size_t analog = rows == 0 ? 0 : partial_sums(node) / rows * (rows - static_cast<std::size_t>(node.convolution.digital()));
    seen.emplace_back(quantile, analog * images.size());
  }
  const Converter record = [&](std::size_t node, std::int32_t sum) {
    seen[node].add(std::abs(static_cast<float>(sum)));
    return sum;
  };
  for (const std::vector<float>& image : images) {
    if (auto run = simulator.run(image, record); !run) return std::unexpected(std::move(run).error());
  }
  std::vector<std::int32_t> steps;
  for (const UpperQuantile& each : seen)
    steps.push_back(std::max(1, static_cast<std::int32_t>(std::ceil(static_cast<double>(each.value()) / (std::exp2(bits - 1) - 1)))));
  return steps;
}

}  // namespace mosaic::integers

#include "mosaic/integers/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "mosaic/integers/convolve.h"
#include "mosaic/integers/requantize.h"
#include "mosaic/network/window.h"

namespace mosaic::integers {
namespace {

using network::Extent;
using network::Kind;
using Integers = std::vector<std::int32_t>;

std::int64_t pixels(const Extent& extent) { return extent.height * extent.width; }

Integers quantize_image(const QuantizedNode& node, std::span<const float> image) {
  Integers result;
  result.reserve(image.size());
  const double inverse = 1 / node.format.scale;
  for (const float value : image) {
    const double rounded = std::nearbyint(static_cast<double>(value) * inverse);
    result.push_back(static_cast<std::int32_t>(std::clamp<double>(rounded, node.format.low, node.format.high)));
  }
  return result;
}

Integers add(const QuantizedNode& node, const std::vector<Integers>& values) {
  Integers out(static_cast<std::size_t>(node.extent.size()));
  for (std::size_t k = 0; k < out.size(); ++k) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) sum += std::int64_t{values[node.inputs[i]][k]} * node.multipliers[i].mantissa;
    out[k] = saturate(shift_half_even(sum, node.multipliers[0].shift), node.format.low, node.format.high);
  }
  return out;
}

Integers concat(const QuantizedNode& node, const std::vector<Integers>& values) {
  Integers out;
  out.reserve(static_cast<std::size_t>(node.extent.size()));
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    for (const std::int32_t value : values[node.inputs[i]]) out.push_back(requantize(value, node.multipliers[i], node.format.low, node.format.high));
  }
  return out;
}

Integers max_pool(const QuantizedNode& node, const Extent& from, const Integers& in) {
  Integers out(static_cast<std::size_t>(node.extent.size()), std::numeric_limits<std::int32_t>::min());
  for (std::int64_t c = 0; c < from.channels; ++c) {
    const std::int32_t* const source = in.data() + c * pixels(from);
    std::int32_t* const target = out.data() + c * pixels(node.extent);
    network::visit_window(from, node.extent, node.window, [=](std::int64_t to, std::int64_t at) { target[to] = std::max(target[to], source[at]); });
  }
  return out;
}

Integers average_pool(const QuantizedNode& node, const Extent& from, const Integers& in) {
  Integers out(static_cast<std::size_t>(node.extent.size()));
  for (std::int64_t c = 0; c < from.channels; ++c) {
    const std::int32_t* const source = in.data() + c * pixels(from);
    std::int32_t* const target = out.data() + c * pixels(node.extent);
    network::visit_window(from, node.extent, node.window, [=](std::int64_t to, std::int64_t at) { target[to] += source[at]; });
    for (std::size_t i = 0; i < node.multipliers.size(); ++i)
      target[i] = requantize(target[i], node.multipliers[i], node.format.low, node.format.high);
  }
  return out;
}

Integers global_pool(const QuantizedNode& node, const Extent& from, const Integers& in) {
  Integers out;
  for (std::int64_t c = 0; c < from.channels; ++c) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < pixels(from); ++i) sum += in[static_cast<std::size_t>(c * pixels(from) + i)];
    out.push_back(requantize(sum, node.multipliers[0], node.format.low, node.format.high));
  }
  return out;
}

Integers subsample(const QuantizedNode& node, const Extent& from, const Integers& in) {
  Integers out(static_cast<std::size_t>(node.extent.size()));
  const network::Window grid{.stride = node.window.stride};
  for (std::int64_t c = 0; c < from.channels; ++c) {
    const std::int32_t* const source = in.data() + c * pixels(from);
    std::int32_t* const target = out.data() + (c + node.zero_channels[0]) * pixels(node.extent);
    network::visit_tap(from, node.extent, grid, 0, 0, [=](std::int64_t to, std::int64_t at) { target[to] = source[at]; });
  }
  return out;
}

/// All kinds but convolutions.
Integers evaluate(const QuantizedNetwork& network, const QuantizedNode& node, const std::vector<Integers>& values) {
  const Extent& from = network.nodes[node.inputs[0]].extent;
  const Integers& in = values[node.inputs[0]];
  switch (node.kind) {
    case Kind::kAdd:
      return add(node, values);
    case Kind::kConcat:
      return concat(node, values);
    case Kind::kMaxPool:
      return max_pool(node, from, in);
    case Kind::kAveragePool:
      return average_pool(node, from, in);
    case Kind::kGlobalPool:
      return global_pool(node, from, in);
    case Kind::kSubsample:
      return subsample(node, from, in);
    case Kind::kInput:
    case Kind::kConvolution:
    case Kind::kFlatten:
      break;
  }
  return in;
}

}  // namespace

Simulator::Simulator(QuantizedNetwork network) : network_(std::move(network)), weights_(network_.nodes.size()) {
  for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
    if (network_.nodes[i].kind == Kind::kConvolution) weights_[i] = pad_weights(network_.nodes[i].convolution);
  }
}

Result<std::vector<std::vector<std::int32_t>>> Simulator::run_all(std::span<const float> image, const Converter& converter) const {
  if (static_cast<std::int64_t>(image.size()) != network_.input().size())
    return fail(ErrorCode::kInvalidInput, fmt::format("the image has {} numbers, {} takes {}", image.size(), network_.name, network_.input().size()));
  const auto wrong = std::ranges::find_if_not(image, [](float value) { return std::isfinite(value); });
  if (wrong != image.end())
    return fail(ErrorCode::kInvalidInput, fmt::format("number {} of the image is {}, which no integer stands for", wrong - image.begin(), *wrong));
  std::vector<Integers> values{quantize_image(network_.nodes[0], image)};
  values.reserve(network_.nodes.size());
  for (std::size_t i = 1; i < network_.nodes.size(); ++i) {
    const QuantizedNode& node = network_.nodes[i];
    const bool convolution = node.kind == Kind::kConvolution;
    values.push_back(convolution ? convolve(network_, i, weights_[i], values[node.inputs[0]], converter) : evaluate(network_, node, values));
  }
  return values;
}

Result<std::vector<std::int32_t>> Simulator::run(std::span<const float> image, const Converter& converter) const {
  MOSAIC_TRY(auto values, run_all(image, converter));
  return std::move(values.back());
}

std::vector<float> Simulator::outputs(std::span<const std::int32_t> integers) const {
  const double scale = network_.nodes.back().format.scale;
  std::vector<float> result;
  result.reserve(integers.size());
  for (const std::int32_t integer : integers) result.push_back(static_cast<float>(integer * scale));
  return result;
}

}  // namespace mosaic::integers

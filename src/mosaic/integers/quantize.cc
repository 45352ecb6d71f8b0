#include "mosaic/integers/quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <utility>

#include "mosaic/integers/formats.h"
#include "mosaic/integers/requantize.h"
#include "mosaic/network/window.h"

namespace mosaic::integers {
namespace {

using network::Kind;

constexpr double kMostBias = 1 << 29;

Result<void> check_layer(const network::Node& node, const LayerWeights& layer) {
  const network::Filters& filters = node.filters;
  const auto out = static_cast<std::size_t>(filters.out);
  if (layer.values.size() != filters.weights.size() || layer.scales.size() != out || layer.digital.size() != out)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("'{}' has {} weights and {} channels, but {} integers, {} scales and {} accelerators are given", node.name,
                            filters.weights.size(), out, layer.values.size(), layer.scales.size(), layer.digital.size()));
  for (std::size_t o = 0; o < out; ++o) {
    const float scale = layer.scales[o];
    int exponent = 0;
    if (!std::isfinite(scale) || scale < 0 || !std::isfinite(filters.bias[o]))
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("channel {} of '{}' has scale {} and bias {}: both must be finite", o, node.name, scale, filters.bias[o]));
    if (layer.digital[o]) {
      if (scale != 0 && std::frexp(scale, &exponent) != 0.5F)
        return fail(ErrorCode::kInvalidInput, fmt::format("channel {} of '{}' is digital but its scale {} is no power of two", o, node.name, scale));
      continue;
    }
    if (filters.groups != 1)
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("'{}' has {} groups: the analog array computes none of its channels", node.name, filters.groups));
    const std::size_t each = layer.values.size() / out;
    const std::span<const std::int8_t> row(layer.values.data() + o * each, each);
    if (std::ranges::any_of(row, [](std::int8_t value) { return value < -1 || value > 1; }))
      return fail(ErrorCode::kInvalidInput, fmt::format("channel {} of '{}' is analog but has weights other than -1, 0 and 1", o, node.name));
  }
  return {};
}

/// The bias in units of the sums.
void set_bias(Row& row, double units) {
  const auto bias = static_cast<std::int64_t>(std::nearbyint(std::clamp(units, -kMostBias, kMostBias)));
  constexpr std::int64_t kMost = std::numeric_limits<std::int16_t>::max();
  while (std::abs(shift_half_even(bias, row.bias_shift)) > kMost) ++row.bias_shift;
  row.bias = static_cast<std::int16_t>(shift_half_even(bias, row.bias_shift));
}

/// The row of channel `o`; clears its weights where its bias stays alone.
Row make_row(std::int64_t o, bool digital, double sum_scale, double bias, const Format& to, std::span<std::int8_t> weights) {
  Row row{.channel = o, .accelerator = digital ? Accelerator::kDigital : Accelerator::kAnalog};
  const bool empty = std::ranges::all_of(weights, [](std::int8_t value) { return value == 0; });
  if (empty || sum_scale == 0 || std::abs(bias) / sum_scale > kMostBias) {
    std::ranges::fill(weights, std::int8_t{0});
    sum_scale = to.scale / 256;
  }
  set_bias(row, bias / sum_scale);
  row.multiplier = multiplier_of(sum_scale / to.scale);
  return row;
}

Result<void> check_sums(const network::Node& node, const Convolution& convolution, const Format& from) {
  const std::size_t each = convolution.weights.size() / convolution.rows.size();
  const std::int64_t most = std::max<std::int64_t>(from.high, -static_cast<std::int64_t>(from.low));
  for (std::size_t r = 0; r < convolution.rows.size(); ++r) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < each; ++i) sum += std::abs(convolution.weights[r * each + i]);
    const std::int64_t bound = sum * most + (std::abs(std::int64_t{convolution.rows[r].bias}) << convolution.rows[r].bias_shift);
    if (bound > std::numeric_limits<std::int32_t>::max())
      return fail(ErrorCode::kUnsupported,
                  fmt::format("sums of channel {} of '{}' may reach {}, more than 32 bits hold", convolution.rows[r].channel, node.name, bound));
  }
  return {};
}

Result<Convolution> convolution_of(const network::Node& node, const LayerWeights& layer, const Format& from, const Format& to) {
  MOSAIC_RETURN_IF_ERROR(check_layer(node, layer));
  Convolution result{.in = node.filters.in, .out = node.filters.out, .groups = node.filters.groups, .rows = {}, .weights = layer.values};
  const std::size_t each = layer.values.size() / layer.scales.size();
  for (std::size_t o = 0; o < layer.scales.size(); ++o) {
    const std::span<std::int8_t> weights(result.weights.data() + o * each, each);
    result.rows.push_back(make_row(static_cast<std::int64_t>(o), layer.digital[o], static_cast<double>(layer.scales[o]) * from.scale,
                                   static_cast<double>(node.filters.bias[o]), to, weights));
  }
  MOSAIC_RETURN_IF_ERROR(check_sums(node, result, from));
  return result;
}

/// Multipliers of the inputs of a sum, all with the shift that the largest wants.
std::vector<Multiplier> sum_multipliers(const std::vector<double>& factors) {
  Multiplier largest = multiplier_of(std::ranges::max(factors));
  while (largest.mantissa < 1 << (kMantissaBits - 1) && largest.shift < kMostShift && largest.mantissa > 0)
    largest = {.mantissa = largest.mantissa * 2, .shift = largest.shift + 1};
  std::vector<Multiplier> result;
  for (const double factor : factors) {
    const double mantissa = std::min(std::nearbyint(std::ldexp(factor, largest.shift)), static_cast<double>((1 << kMantissaBits) - 1));
    result.push_back({.mantissa = static_cast<std::int32_t>(mantissa), .shift = largest.shift});
  }
  return result;
}

std::vector<Multiplier> average_multipliers(const QuantizedNode& node, const network::Extent& from, double factor) {
  std::vector<double> there(static_cast<std::size_t>(node.extent.height * node.extent.width));
  network::visit_window(from, node.extent, node.window, [&](std::int64_t to, std::int64_t) { there[static_cast<std::size_t>(to)] += 1; });
  std::vector<Multiplier> result;
  result.reserve(there.size());
  for (const double count : there) result.push_back(multiplier_of(factor / count));
  return result;
}

std::vector<Multiplier> multipliers_of(const QuantizedNode& node, const std::vector<QuantizedNode>& before) {
  std::vector<double> factors;
  for (const std::size_t input : node.inputs) factors.push_back(before[input].format.scale / node.format.scale);
  if (node.kind == Kind::kAdd) return sum_multipliers(factors);
  const network::Extent& from = before[node.inputs[0]].extent;
  if (node.kind == Kind::kAveragePool) return average_multipliers(node, from, factors[0]);
  if (node.kind == Kind::kGlobalPool) return {multiplier_of(factors[0] / static_cast<double>(from.height * from.width))};
  std::vector<Multiplier> result;
  if (node.kind == Kind::kConcat) std::ranges::transform(factors, std::back_inserter(result), multiplier_of);
  return result;
}

Result<void> check_input(const network::Network& network, std::size_t layers, std::span<const Range> ranges, const QuantizeOptions& options) {
  const auto convolutions = static_cast<std::size_t>(std::ranges::count(network.nodes, Kind::kConvolution, &network::Node::kind));
  if (layers != convolutions || ranges.size() != network.nodes.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("{} has {} convolutions and {} nodes, but weights of {} and ranges of {} are given",
                                                      network.name, convolutions, network.nodes.size(), layers, ranges.size()));
  if (options.activation_bits < 2 || options.activation_bits > 8)
    return fail(ErrorCode::kInvalidInput, fmt::format("activations of {} bits: 2 to 8 are supported", options.activation_bits));
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (!std::isfinite(ranges[i].magnitude) || ranges[i].magnitude < 0)
      return fail(ErrorCode::kInvalidInput, fmt::format("the range of '{}' is {}", network.nodes[i].name, ranges[i].magnitude));
  }
  return {};
}

}  // namespace

Result<QuantizedNetwork> quantize(const network::Network& network, std::span<const LayerWeights> layers, std::span<const Range> ranges,
                                  const QuantizeOptions& options) {
  MOSAIC_RETURN_IF_ERROR(network::validate(network));
  MOSAIC_RETURN_IF_ERROR(check_input(network, layers.size(), ranges, options));
  const std::vector<Format> formats = choose_formats(network, ranges, options.activation_bits);
  QuantizedNetwork result{.name = network.name, .nodes = {}};
  std::size_t layer = 0;
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    const network::Node& from = network.nodes[i];
    QuantizedNode node{.name = from.name,
                       .kind = from.kind,
                       .inputs = from.inputs,
                       .extent = from.extent,
                       .format = formats[i],
                       .window = from.window,
                       .zero_channels = from.zero_channels};
    if (node.kind == Kind::kConvolution) {
      MOSAIC_TRY(node.convolution, convolution_of(from, layers[layer++], formats[node.inputs[0]], formats[i]));
    } else if (node.kind != Kind::kInput) {
      node.multipliers = multipliers_of(node, result.nodes);
    }
    result.nodes.push_back(std::move(node));
  }
  return result;
}

}  // namespace mosaic::integers

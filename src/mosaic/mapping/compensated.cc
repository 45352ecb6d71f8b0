#include "mosaic/mapping/compensated.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/mapping/cholesky.h"
#include "mosaic/mapping/correction.h"
#include "mosaic/mapping/moments.h"
#include "mosaic/mapping/output_error.h"
#include "mosaic/mapping/quantizers.h"
#include "mosaic/mapping/second_moments.h"

namespace mosaic::mapping {
namespace {

using network::Filters;
using network::Network;

/// One convolution with the moments of its groups. Borrows both.
class Layer {
 public:
  Layer(const Filters& filters, const std::vector<GroupMoments>& moments, const CompensationOptions& options)
      : filters_(filters), moments_(moments), size_(moments[0].inputs), outputs_(moments[0].outputs()) {
    for (const GroupMoments& group : moments) {
      bool varies = false;
      for (std::size_t i = 0; i < size_; ++i) varies |= group.covariance[i * size_ + i] > 0;
      errors_.push_back(varies ? std::optional<OutputError>(std::in_place, group, options.damping) : std::nullopt);
    }
    for (std::size_t c = 0; c < channels(); ++c) best_.push_back(best_weights(c));
  }

  [[nodiscard]] std::size_t channels() const { return static_cast<std::size_t>(filters_.out); }

  /// With these units.
  [[nodiscard]] QuantizedLayer quantized(std::span<const Unit> units) const {
    const int exponent = digital_exponent(units);
    QuantizedLayer layer{.values = {}, .scales = {}, .bias = filters_.bias};
    for (std::size_t c = 0; c < channels(); ++c) {
      const TernaryChannel channel =
          units[c] == Unit::kDigital ? TernaryChannel{.values = int8(c, exponent), .scale = std::ldexp(1.0F, exponent)} : ternary(c);
      layer.values.insert(layer.values.end(), channel.values.begin(), channel.values.end());
      layer.scales.push_back(channel.scale);
      correct(layer, c, units[c]);
    }
    return layer;
  }

 private:
  [[nodiscard]] const GroupMoments& group(std::size_t channel) const { return moments_[channel / outputs_]; }
  [[nodiscard]] const std::optional<OutputError>& error(std::size_t channel) const { return errors_[channel / outputs_]; }

  [[nodiscard]] std::vector<double> best_weights(std::size_t channel) const {
    const std::span<const float> weights = std::span(filters_.weights).subspan(channel * size_, size_);
    return error(channel) ? error(channel)->best_weights(weights, channel % outputs_) : std::vector<double>(weights.begin(), weights.end());
  }

  [[nodiscard]] int digital_exponent(std::span<const Unit> units) const {
    std::vector<float> all;
    for (std::size_t c = 0; c < channels(); ++c) {
      if (units[c] == Unit::kDigital) all.insert(all.end(), best_[c].begin(), best_[c].end());
    }
    return quantize_int8(all).exponent;
  }

  [[nodiscard]] TernaryChannel ternary(std::size_t channel) const {
    if (error(channel)) return error(channel)->ternary(best_[channel]);
    return quantize_ternary(std::vector<float>(best_[channel].begin(), best_[channel].end()));
  }

  [[nodiscard]] std::vector<std::int8_t> int8(std::size_t channel, int exponent) const {
    if (error(channel)) return error(channel)->int8(best_[channel], exponent);
    std::vector<std::int8_t> values;
    for (const double weight : best_[channel])
      values.push_back(static_cast<std::int8_t>(std::clamp(std::nearbyint(std::ldexp(weight, -exponent)), -127.0, 127.0)));
    return values;
  }

  /// Mean and, of an analog channel, deviation of the channel that was added last.
  void correct(QuantizedLayer& layer, std::size_t channel, Unit unit) const {
    const GroupMoments& moments = group(channel);
    const std::vector<double> values(layer.values.end() - static_cast<std::ptrdiff_t>(size_), layer.values.end());
    double variance = 0;
    for (std::size_t i = 0; i < size_; ++i) variance += values[i] * dot(std::span(moments.covariance).subspan(i * size_, size_), values);
    const double deviation = static_cast<double>(layer.scales.back()) * std::sqrt(std::max(variance, 0.0));
    if (unit == Unit::kAnalog) {
      const double gain = gain_of(std::sqrt(moments.wanted_variance[channel % outputs_]), deviation);
      layer.scales.back() = static_cast<float>(static_cast<double>(layer.scales.back()) * gain);
    }
    layer.bias[channel] =
        static_cast<float>(moments.wanted_mean[channel % outputs_] - static_cast<double>(layer.scales.back()) * dot(values, moments.input_mean));
  }

  const Filters& filters_;
  const std::vector<GroupMoments>& moments_;
  std::size_t size_;                                ///< inputs of a channel
  std::size_t outputs_;                             ///< of a group
  std::vector<std::optional<OutputError>> errors_;  ///< of each group; none where no input varies
  std::vector<std::vector<double>> best_;           ///< of each channel
};

bool fits(const network::Node& node, const CompensationOptions& options) { return inputs_of_group(node) <= options.most_inputs; }

bool all_fit(const Network& network, const CompensationOptions& options) {
  return std::ranges::all_of(network::convolutions(network), [&](std::size_t node) { return fits(network.nodes[node], options); });
}

/// With all channels ternary instead of 8-bit.
LayerChange change_of(const Layer& layer) {
  const QuantizedLayer ternary = layer.quantized(std::vector<Unit>(layer.channels(), Unit::kAnalog));
  const QuantizedLayer int8 = layer.quantized(std::vector<Unit>(layer.channels(), Unit::kDigital));
  const std::size_t size = ternary.values.size() / layer.channels();
  LayerChange change;
  for (std::size_t w = 0; w < ternary.values.size(); ++w) {
    change.weights.push_back(static_cast<float>(ternary.values[w]) * ternary.scales[w / size] -
                             static_cast<float>(int8.values[w]) * int8.scales[w / size]);
  }
  for (std::size_t c = 0; c < layer.channels(); ++c) change.bias.push_back(ternary.bias[c] - int8.bias[c]);
  return change;
}

}  // namespace

Result<std::vector<QuantizedLayer>> compensated(const Network& network, const Mapping& mapping, std::span<const Tensor> images,
                                                const CompensationOptions& options) {
  const std::vector<std::size_t> nodes = network::convolutions(network);
  MOSAIC_CHECK(mapping.layers.size() == nodes.size());
  std::vector<ChannelMoments> wanted;
  if (!all_fit(network, options)) {
    MOSAIC_TRY(wanted, channel_moments(network, images));
  }
  std::vector<QuantizedLayer> layers = quantize(network, mapping);
  for (std::size_t l = 0; l < nodes.size(); ++l) {
    const network::Node& node = network.nodes[nodes[l]];
    if (!fits(node, options)) {
      MOSAIC_TRY(layers[l], corrected_layer(network, layers, l, mapping.layers[l], wanted[l], images));
      continue;
    }
    MOSAIC_TRY(const std::vector<GroupMoments> moments, second_moments(network, with_layers(network, layers), nodes[l], images));
    layers[l] = Layer(node.filters, moments, options).quantized(mapping.layers[l].channels);
  }
  return layers;
}

Result<std::vector<LayerChange>> compensated_changes(const Network& network, std::span<const Tensor> images, const CompensationOptions& options) {
  const std::vector<std::size_t> nodes = network::convolutions(network);
  MOSAIC_TRY(std::vector<LayerChange> changes, all_fit(network, options) ? plain_changes(network) : corrected_changes(network, images));
  for (std::size_t l = 0; l < nodes.size(); ++l) {
    const network::Node& node = network.nodes[nodes[l]];
    if (node.filters.groups > 1 || !fits(node, options)) continue;
    MOSAIC_TRY(const std::vector<GroupMoments> moments, second_moments(network, network, nodes[l], images));
    changes[l] = change_of(Layer(node.filters, moments, options));
  }
  return changes;
}

}  // namespace mosaic::mapping

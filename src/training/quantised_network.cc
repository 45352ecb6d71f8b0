// Networks in the arithmetic of the chip, as far as floats hold it: with a mapping, and while one is searched.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "mosaic/accelerators/diana.h"
#include "mosaic/integers/quantize.h"
#include "mosaic/mapping/quantized_layer.h"
#include "mosaic/session/search.h"
#include "training/relaxed_cost.h"
#include "training/torch_network.h"

namespace mosaic::training {
namespace {

using integers::Format;
using mapping::Mapping;
using mapping::QuantizedLayer;
using network::Kind;
using network::Network;
using network::Node;

/// `value` with the gradient that `through` would have.
at::Tensor straight_through(const at::Tensor& value, const at::Tensor& through) { return value + (through - through.detach()); }

/// As the chip's integers say it; gradients pass where a value rounds to one of them. This is libtorch's fake_quantize_per_tensor_affine by operators
/// that use vectors, backwards too, and change one tensor in place, which the gradient does not look at.
at::Tensor rounded(const at::Tensor& y, const Format& format, float scale) {
  constexpr float kHalf = 0.4999F;  // so that what is cut rounds to the last integer, not to the one after it
  at::Tensor result = at::hardtanh(y, (static_cast<float>(format.low) - kHalf) * scale, (static_cast<float>(format.high) + kHalf) * scale);
  result.detach().mul_(1.0F / scale).round_().mul_(scale);
  return result;
}

Result<std::vector<Format>> formats_of(const Network& network, const Mapping& mapping, std::span<const integers::Range> ranges) {
  const std::vector<integers::LayerWeights> weights = layer_weights(mapping, mapping::quantize(network, mapping));
  MOSAIC_TRY(const integers::QuantizedNetwork quantised, integers::quantize(network, weights, ranges));
  std::vector<Format> formats;
  for (const integers::QuantizedNode& node : quantised.nodes) formats.push_back(node.format);
  return formats;
}

/// Activations as the formats say, biases and strides; what weights are is left open.
class QuantisedNetwork : public TorchNetwork {
 public:
  QuantisedNetwork(const Network& network, float magnitude, std::vector<Format> formats)
      : TorchNetwork(network, magnitude), formats_(std::move(formats)), image_gain_(image_gain()) {
    add_weights(false);
  }

  Network trained() const override { return with_weights(); }

 protected:
  at::Tensor finished(std::size_t node, const at::Tensor& y) const override {
    const Format& format = formats_[node];
    constexpr std::int32_t kNarrow = 255;
    if (format.high <= kNarrow) return rounded(y, format, static_cast<float>(scale_of(node)));
    return format.low == 0 ? at::relu(y) : y;  // the output, whose integers are finer than floats of this size
  }

  at::Tensor convolve(const Node& node, const at::Tensor& x, const at::Tensor& weights, const at::Tensor& bias) const {
    const std::array<std::int64_t, 2> padding{node.window.padding[0], node.window.padding[1]};
    return at::conv2d(x, weights, bias, node.window.stride, padding, 1, node.filters.groups);
  }

  /// The network with the weights as they are. Errors: kInvalidInput: they are not finite.
  Result<Network> finite_weights() const {
    Network network = with_weights();
    for (const Node& node : network.nodes) {
      if (node.kind == Kind::kConvolution && !mapping::has_finite_weights(node.filters))
        return fail(ErrorCode::kInvalidInput, fmt::format("weights of '{}' are not numbers any more", node.name));
    }
    return network;
  }

  /// The weights that the integers stand for, as this network multiplies them.
  at::Tensor weights_of(std::size_t layer, const QuantizedLayer& quantised) const {
    std::vector<float> values(quantised.values.size());
    const std::size_t each = values.size() / quantised.scales.size();
    for (std::size_t w = 0; w < values.size(); ++w) values[w] = static_cast<float>(quantised.values[w]) * quantised.scales[w / each] * gain(layer);
    return tensor_of(values, weights(layer).sizes());
  }

  /// Biases in whole units of the sums.
  at::Tensor bias_of(std::size_t layer, const QuantizedLayer& quantised) const {
    const double input = formats_[layer_node(layer).inputs[0]].scale;
    std::vector<float> values = values_of(bias(layer));
    for (std::size_t c = 0; c < values.size(); ++c) {
      const double unit = static_cast<double>(quantised.scales[c]) * input;
      values[c] = static_cast<float>(std::nearbyint(values[c] / unit) * unit);
    }
    return tensor_of(values, bias(layer).sizes());
  }

 private:
  /// What the image has been divided by where weights have been multiplied.
  double image_gain() const {
    double gain_of_image = 1;
    for (std::size_t l = 0; l < layers(); ++l) {
      if (layer_node(l).inputs[0] == 0) gain_of_image = gain(l);
    }
    return gain_of_image;
  }

  double scale_of(std::size_t node) const { return node == 0 ? formats_[0].scale / image_gain_ : formats_[node].scale; }

  std::vector<Format> formats_;
  double image_gain_;
};

class MappedTorchNetwork : public QuantisedNetwork {
 public:
  MappedTorchNetwork(const Network& network, float magnitude, const Mapping& mapping, std::vector<Format> formats)
      : QuantisedNetwork(network, magnitude, std::move(formats)), mapping_(mapping), weights_(layers()), biases_(layers()) {}

  Result<void> prepare(double /*share*/) override {
    MOSAIC_TRY(const Network now, finite_weights());
    const std::vector<QuantizedLayer> quantised = mapping::quantize(now, mapping_);
    for (std::size_t l = 0; l < layers(); ++l) {
      weights_[l] = weights_of(l, quantised[l]);
      biases_[l] = bias_of(l, quantised[l]);
    }
    return {};
  }

 protected:
  at::Tensor convolved(std::size_t layer, const Node& node, const at::Tensor& x, bool training) const override {
    if (!training) return convolve(node, x, weights_[layer], biases_[layer]);
    return convolve(node, x, straight_through(weights_[layer], weights(layer)), straight_through(biases_[layer], bias(layer)));
  }

 private:
  Mapping mapping_;
  std::vector<at::Tensor> weights_;
  std::vector<at::Tensor> biases_;
};

class SearchedNetwork : public QuantisedNetwork {
 public:
  SearchedNetwork(const Network& network, float magnitude, const SearchSettings& settings, std::vector<Format> formats)
      : QuantisedNetwork(network, magnitude, std::move(formats)),
        settings_(settings),
        all_digital_(mapping::all_digital(network)),
        all_ternary_(mapping::all_ternary(network)),
        shapes_(mapping::conv_shapes(network)),
        digital_(layers()),
        ternary_(layers()) {
    for (std::size_t l = 0; l < layers(); ++l) {
      parameters_.push_back({.name = layer_node(l).name + ".choice", .value = at::full({2, shapes_[l].out_channels}, 0.01F), .chooses = true});
    }
    const auto whole = diana::network_cost(shapes_, mapping::digital_counts(all_digital_));
    all_8bit_ = whole.of(settings.objective);
  }

  Result<void> prepare(double share) override {
    temperature_ = std::pow(settings_.coldest, share);
    MOSAIC_TRY(const Network now, finite_weights());
    const std::vector<QuantizedLayer> digital = mapping::quantize(now, all_digital_);
    const std::vector<QuantizedLayer> ternary = mapping::quantize(now, all_ternary_);
    for (std::size_t l = 0; l < layers(); ++l) {
      digital_[l] = weights_of(l, digital[l]);
      ternary_[l] = weights_of(l, ternary[l]);
    }
    return {};
  }

  /// Its gradient is that of lambda times the relative cost; its value is only that to first order.
  at::Tensor penalty() const override {
    at::Tensor sum = at::zeros({});
    for (std::size_t l = 0; l < layers(); ++l) {
      if (shapes_[l].groups > 1) continue;
      const at::Tensor expected = shares_of(l)[0].sum();
      const RelaxedCost cost = relaxed_cost(shapes_[l], expected.item<double>(), settings_.objective);
      sum = sum + expected * (settings_.lambda * cost.slope / all_8bit_);
    }
    return sum;
  }

  Wishes wishes() const override {
    Wishes result;
    for (std::size_t l = 0; l < layers(); ++l) {
      const std::vector<float> shares = values_of(at::softmax(choice(l), 0)[0]);
      result.emplace_back(shares.begin(), shares.end());
    }
    return result;
  }

 protected:
  at::Tensor convolved(std::size_t layer, const Node& node, const at::Tensor& x, bool training) const override {
    if (shapes_[layer].groups > 1) return convolve(node, x, straight_through(digital_[layer], weights(layer)), bias(layer));
    const at::Tensor shares = shares_of(layer).unsqueeze(-1).unsqueeze(-1).unsqueeze(-1);
    const at::Tensor mixed = shares[0] * digital_[layer] + shares[1] * ternary_[layer];
    return convolve(node, x, training ? straight_through(mixed, weights(layer)) : mixed, bias(layer));
  }

 private:
  const at::Tensor& choice(std::size_t layer) const { return parameters_[2 * layers() + layer].value; }
  /// [digital, analog] by channel.
  at::Tensor shares_of(std::size_t layer) const { return at::softmax(choice(layer) / temperature_, 0); }

  SearchSettings settings_;
  Mapping all_digital_;
  Mapping all_ternary_;
  std::vector<ConvShape> shapes_;
  double all_8bit_ = 1;
  double temperature_ = 1;
  std::vector<at::Tensor> digital_;
  std::vector<at::Tensor> ternary_;
};

}  // namespace

Result<std::unique_ptr<TorchNetwork>> make_mapped_network(const Network& network, float magnitude, const Mapping& mapping,
                                                          std::span<const integers::Range> ranges) {
  MOSAIC_RETURN_IF_ERROR(mapping::validate(network, mapping));
  MOSAIC_TRY(std::vector<Format> formats, formats_of(network, mapping, ranges));
  return std::make_unique<MappedTorchNetwork>(network, magnitude, mapping, std::move(formats));
}

Result<std::unique_ptr<TorchNetwork>> make_searched_network(const Network& network, float magnitude, const SearchSettings& settings,
                                                            std::span<const integers::Range> ranges) {
  const Mapping start = mapping::all_digital(network);
  MOSAIC_RETURN_IF_ERROR(mapping::validate(network, start));
  MOSAIC_TRY(std::vector<Format> formats, formats_of(network, start, ranges));
  return std::make_unique<SearchedNetwork>(network, magnitude, settings, std::move(formats));
}

}  // namespace mosaic::training

// Float networks, with batch normalisation while they are trained from nothing.

#include <cmath>
#include <cstddef>
#include <utility>

#include "training/torch_network.h"

namespace mosaic::training {
namespace {

using network::Activation;
using network::Network;
using network::Node;

constexpr double kEpsilon = 1e-5;
constexpr double kMomentum = 0.1;

class FloatNetwork : public TorchNetwork {
 public:
  FloatNetwork(const Network& network, float magnitude, bool normalised) : TorchNetwork(network, magnitude), normalised_(normalised) {
    add_weights(true);
    for (std::size_t l = 0; l < layers(); ++l) {
      const std::int64_t channels = layer_node(l).filters.out;
      norms_.push_back(parameters_.size());
      if (!normalises(l)) continue;
      const std::string& name = layer_node(l).name;
      parameters_.push_back({.name = name + ".gamma", .value = at::ones({channels})});
      parameters_.push_back({.name = name + ".beta", .value = at::zeros({channels})});
    }
    for (std::size_t l = 0; l < layers(); ++l) {
      const std::int64_t channels = normalises(l) ? layer_node(l).filters.out : 0;
      buffers_.push_back({.name = layer_node(l).name + ".mean", .value = at::zeros({channels})});
      buffers_.push_back({.name = layer_node(l).name + ".variance", .value = at::ones({channels})});
    }
  }

  Result<void> prepare(double /*share*/) override { return {}; }

  Network trained() const override {
    Network result = with_weights();
    const std::vector<std::size_t> nodes = network::convolutions(result);
    for (std::size_t l = 0; l < layers(); ++l) {
      if (!normalises(l)) continue;
      network::Filters& filters = result.nodes[nodes[l]].filters;
      const std::vector<float> gamma = values_of(parameters_[norms_[l]].value);
      const std::vector<float> beta = values_of(parameters_[norms_[l] + 1].value);
      const std::vector<float> mean = values_of(buffers_[2 * l].value);
      const std::vector<float> variance = values_of(buffers_[2 * l + 1].value);
      const std::size_t each = filters.weights.size() / gamma.size();
      for (std::size_t c = 0; c < gamma.size(); ++c) {
        const double factor = gamma[c] / std::sqrt(static_cast<double>(variance[c]) + kEpsilon);
        for (std::size_t w = 0; w < each; ++w) filters.weights[c * each + w] = static_cast<float>(filters.weights[c * each + w] * factor);
        filters.bias[c] = static_cast<float>(beta[c] - mean[c] * factor);
      }
    }
    return result;
  }

 protected:
  at::Tensor convolved(std::size_t layer, const Node& node, const at::Tensor& x, bool training) const override {
    const std::array<std::int64_t, 2> padding{node.window.padding[0], node.window.padding[1]};
    const at::Tensor none;
    const bool normed = normalises(layer);
    at::Tensor y = at::conv2d(x, weights(layer), normed ? none : bias(layer), node.window.stride, padding, 1, node.filters.groups);
    if (!normed) return y;
    return at::batch_norm(y, parameters_[norms_[layer]].value, parameters_[norms_[layer] + 1].value, buffers_[2 * layer].value,
                          buffers_[2 * layer + 1].value, training, kMomentum, kEpsilon, false);
  }

  at::Tensor finished(std::size_t node, const at::Tensor& y) const override {
    const Activation activation = source().nodes[node].activation;
    if (activation == Activation::kRelu) return at::relu(y);
    return activation == Activation::kRelu6 ? at::clamp(y, 0, 6) : y;
  }

 private:
  bool normalises(std::size_t layer) const { return normalised_ && &layer_node(layer) != &source().nodes.back(); }

  bool normalised_;
  std::vector<std::size_t> norms_;  ///< by layer: where its gamma is among the parameters
};

}  // namespace

std::unique_ptr<TorchNetwork> make_float_network(const Network& network, float magnitude, bool normalised) {
  return std::make_unique<FloatNetwork>(network, magnitude, normalised);
}

}  // namespace mosaic::training

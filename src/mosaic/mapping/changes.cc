#include "mosaic/mapping/changes.h"

#include <fmt/format.h>

#include <cstddef>
#include <string>

#include "mosaic/mapping/mapping.h"
#include "mosaic/mapping/moments.h"
#include "mosaic/mapping/quantizers.h"
#include "mosaic/onnx/network_operators.h"

namespace mosaic::mapping {
namespace {

using network::Filters;
using network::Network;
using network::Node;

struct BothWeights {
  std::vector<float> ternary;  ///< empty where there are several groups
  std::vector<float> int8;
};

BothWeights both_weights(const Filters& filters) {
  if (filters.groups > 1) return {};
  BothWeights both{.ternary = {}, .int8 = to_floats(quantize_int8(filters.weights))};
  const std::size_t size = filters.weights.size() / static_cast<std::size_t>(filters.out);
  for (std::size_t begin = 0; begin < filters.weights.size(); begin += size) {
    const std::vector<float> channel = to_floats(quantize_ternary(std::span(filters.weights).subspan(begin, size)));
    both.ternary.insert(both.ternary.end(), channel.begin(), channel.end());
  }
  return both;
}

/// Moments of a layer's output with float weights, ternary ones and int8 ones, each behind the float layers before it.
struct ThreeMoments {
  ChannelMoments floats;
  ChannelMoments ternary;
  ChannelMoments int8;
};

/// `both`: of each convolution. Nothing of layers of several groups.
Result<std::vector<ThreeMoments>> three_moments(const Network& network, const std::vector<BothWeights>& both, std::span<const Tensor> images) {
  onnx::Builder net(network.name, 1);
  const onnx::NetworkValues values = add_operators(net, network, network.nodes.size());
  const std::vector<std::size_t> nodes = network::convolutions(network);
  std::vector<Watched> watched;
  for (std::size_t l = 0; l < nodes.size(); ++l) {
    const Node& node = network.nodes[nodes[l]];
    if (both[l].ternary.empty()) continue;
    const std::string& x = values.out[node.inputs[0]];
    const std::string number = std::to_string(l);
    for (const std::string& value :
         {values.raw[nodes[l]], add_convolution(net, node, x, "ternary_" + number, {.weights = both[l].ternary, .bias = {}}),
          add_convolution(net, node, x, "int8_" + number, {.weights = both[l].int8, .bias = {}})}) {
      watched.push_back({.value = value, .extent = node.extent, .layer = node.name});
    }
  }
  if (watched.empty()) return std::vector<ThreeMoments>(nodes.size());
  MOSAIC_TRY(const std::vector<ChannelMoments> moments, moments_of(net, network.input(), watched, images));
  std::vector<ThreeMoments> result(nodes.size());
  std::size_t next = 0;
  for (std::size_t l = 0; l < nodes.size(); ++l) {
    if (both[l].ternary.empty()) continue;
    result[l] = {.floats = moments[next], .ternary = moments[next + 1], .int8 = moments[next + 2]};
    next += 3;
  }
  return result;
}

Result<std::vector<BothWeights>> all_weights(const Network& network) {
  std::vector<BothWeights> all;
  for (const std::size_t index : network::convolutions(network)) {
    const Node& node = network.nodes[index];
    if (!has_finite_weights(node.filters))
      return fail(ErrorCode::kInvalidInput, fmt::format("convolution '{}' of network '{}' has weights that are not finite", node.name, network.name));
    all.push_back(both_weights(node.filters));
  }
  return all;
}

/// gains[c] times the ternary weights minus the int8 ones.
LayerChange change_of(const BothWeights& both, std::span<const double> gains) {
  LayerChange change{.weights = std::vector<float>(both.ternary.size()), .bias = std::vector<float>(gains.size(), 0)};
  for (std::size_t w = 0; w < change.weights.size(); ++w) {
    const double gain = gains[w / (change.weights.size() / gains.size())];
    change.weights[w] = static_cast<float>(gain * static_cast<double>(both.ternary[w]) - static_cast<double>(both.int8[w]));
  }
  return change;
}

}  // namespace

Result<std::vector<LayerChange>> plain_changes(const Network& network) {
  MOSAIC_TRY(const std::vector<BothWeights> all, all_weights(network));
  std::vector<LayerChange> changes;
  for (std::size_t l = 0; l < all.size(); ++l) {
    const Filters& filters = network.nodes[network::convolutions(network)[l]].filters;
    changes.push_back(all[l].ternary.empty() ? LayerChange() : change_of(all[l], std::vector<double>(static_cast<std::size_t>(filters.out), 1.0)));
  }
  return changes;
}

Result<std::vector<LayerChange>> corrected_changes(const Network& network, std::span<const Tensor> images) {
  MOSAIC_TRY(const std::vector<BothWeights> both, all_weights(network));
  MOSAIC_TRY(const std::vector<ThreeMoments> moments, three_moments(network, both, images));
  std::vector<LayerChange> changes;
  for (std::size_t l = 0; l < both.size(); ++l) {
    const ThreeMoments& layer = moments[l];
    std::vector<double> gains;
    for (std::size_t c = 0; c < layer.floats.mean.size(); ++c) gains.push_back(gain_of(layer.floats.deviation[c], layer.ternary.deviation[c]));
    changes.push_back(both[l].ternary.empty() ? LayerChange() : change_of(both[l], gains));
    for (std::size_t c = 0; c < gains.size(); ++c) changes.back().bias[c] = static_cast<float>(layer.int8.mean[c] - gains[c] * layer.ternary.mean[c]);
  }
  return changes;
}

}  // namespace mosaic::mapping

#include "mosaic/mapping/mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/check.h"

namespace mosaic::mapping {
namespace {

/// Every convolution mapped by `unit(index, filters)`.
template <class UnitOf>
Mapping map_layers(const network::Network& network, const UnitOf& unit) {
  Mapping mapping{.network_name = network.name, .network = fingerprint(network), .board_name = {}, .layers = {}};
  const std::vector<std::size_t> nodes = network::convolutions(network);
  for (std::size_t l = 0; l < nodes.size(); ++l) {
    const network::Node& node = network.nodes[nodes[l]];
    const Unit chosen = node.filters.groups > 1 ? Unit::kDigital : unit(l, nodes.size());
    mapping.layers.push_back({.name = node.name, .channels = std::vector<Unit>(static_cast<std::size_t>(node.filters.out), chosen)});
  }
  return mapping;
}

}  // namespace

std::int64_t LayerMapping::digital() const { return std::ranges::count(channels, Unit::kDigital); }

bool has_finite_weights(const network::Filters& filters) {
  return std::ranges::all_of(filters.weights, [](float weight) { return std::isfinite(weight); });
}

std::vector<ConvShape> conv_shapes(const network::Network& network) {
  std::vector<ConvShape> shapes;
  for (const std::size_t index : network::convolutions(network)) {
    const network::Node& node = network.nodes[index];
    shapes.push_back(conv_shape(node.window, node.extent, node.filters.in, node.filters.groups));
  }
  return shapes;
}

std::vector<std::int64_t> digital_counts(const Mapping& mapping) {
  std::vector<std::int64_t> counts;
  for (const LayerMapping& layer : mapping.layers) counts.push_back(layer.digital());
  return counts;
}

Mapping with_counts(const network::Network& network, std::span<const std::int64_t> digital) {
  Mapping mapping = all_digital(network);
  MOSAIC_CHECK(mapping.layers.size() == digital.size());
  for (std::size_t l = 0; l < digital.size(); ++l) {
    std::vector<Unit>& channels = mapping.layers[l].channels;
    MOSAIC_CHECK(digital[l] >= 0 && digital[l] <= std::ssize(channels));
    std::fill(channels.begin() + digital[l], channels.end(), Unit::kAnalog);
  }
  return mapping;
}

Mapping all_digital(const network::Network& network) {
  return map_layers(network, [](std::size_t, std::size_t) { return Unit::kDigital; });
}

Mapping all_ternary(const network::Network& network) {
  return map_layers(network, [](std::size_t, std::size_t) { return Unit::kAnalog; });
}

Mapping ends_digital(const network::Network& network) {
  return map_layers(network,
                    [](std::size_t layer, std::size_t layers) { return layer == 0 || layer + 1 == layers ? Unit::kDigital : Unit::kAnalog; });
}

Result<void> validate(const network::Network& network, const Mapping& mapping) {
  if (mapping.network != fingerprint(network)) {
    return fail(ErrorCode::kInvalidInput, fmt::format("the mapping was made for network '{}' ({}), this is '{}' ({}); map this network anew",
                                                      mapping.network_name, mapping.network, network.name, fingerprint(network)));
  }
  const std::vector<std::size_t> nodes = network::convolutions(network);
  if (nodes.size() != mapping.layers.size()) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the mapping has {} layers, network '{}' has {} convolutions", mapping.layers.size(), network.name, nodes.size()));
  }
  for (std::size_t l = 0; l < nodes.size(); ++l) {
    const network::Node& node = network.nodes[nodes[l]];
    const LayerMapping& layer = mapping.layers[l];
    if (layer.name != node.name)
      return fail(ErrorCode::kInvalidInput, fmt::format("layer {} of the mapping is '{}', the network has '{}' there", l, layer.name, node.name));
    if (std::ssize(layer.channels) != node.filters.out) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("layer '{}' is mapped with {} channels, it has {}", layer.name, layer.channels.size(), node.filters.out));
    }
    if (node.filters.groups > 1 && layer.digital() != node.filters.out) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("layer '{}' has {} groups, which the analog array cannot compute, and {} analog channels; make all {} digital",
                              layer.name, node.filters.groups, node.filters.out - layer.digital(), node.filters.out));
    }
    if (!has_finite_weights(node.filters))
      return fail(ErrorCode::kInvalidInput, fmt::format("layer '{}' has weights that are not finite", layer.name));
  }
  return {};
}

}  // namespace mosaic::mapping

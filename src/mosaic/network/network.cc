#include "mosaic/network/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>

namespace mosaic::network {
namespace {

void add_window(Hasher& hasher, const Window& window) {
  hasher.add_all(std::span<const std::int64_t>(window.kernel)).add_all(std::span<const std::int64_t>(window.stride));
  hasher.add_all(std::span<const std::int64_t>(window.padding));
}

void add_filters(Hasher& hasher, const Filters& filters) {
  hasher.add(filters.in).add(filters.out).add(filters.groups);
  hasher.add(std::as_bytes(std::span(filters.weights))).add(std::as_bytes(std::span(filters.bias)));
}

}  // namespace

std::vector<std::size_t> convolutions(const Network& network) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    if (network.nodes[i].kind == Kind::kConvolution) found.push_back(i);
  }
  return found;
}

Result<void> validate(const Network& network) {
  if (network.nodes.empty()) return fail(ErrorCode::kInvalidInput, "a network without nodes");
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    const Node& node = network.nodes[i];
    const auto wrong = [&](std::string_view why) { return fail(ErrorCode::kInvalidInput, fmt::format("node {}, '{}', {}", i, node.name, why)); };
    if ((node.kind == Kind::kInput) != (i == 0)) return wrong(i == 0 ? "is not the network's input" : "is a second input");
    if (node.inputs.empty() != (i == 0)) return wrong(i == 0 ? "is the network's input, and has one" : "has no input");
    if (std::ranges::any_of(node.inputs, [&](std::size_t from) { return from >= i; })) return wrong("reads what comes behind it");
    if (node.activation != Activation::kNone && node.kind != Kind::kConvolution && node.kind != Kind::kAdd)
      return wrong("has an activation, and is neither a convolution nor a sum");
  }
  return {};
}

Fingerprint fingerprint(const Network& network) {
  Hasher hasher;
  hasher.add(network.nodes.size());
  for (const Node& node : network.nodes) {
    hasher.add(node.kind).add(node.activation).add_all(std::span<const std::size_t>(node.inputs));
    hasher.add(node.extent.channels).add(node.extent.height).add(node.extent.width);
    add_window(hasher, node.window);
    hasher.add_all(std::span<const std::int64_t>(node.zero_channels));
    add_filters(hasher, node.filters);
  }
  return hasher.fingerprint();
}

}  // namespace mosaic::network

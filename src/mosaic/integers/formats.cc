#include "mosaic/integers/formats.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace mosaic::integers {
namespace {

using network::Activation;
using network::Kind;

constexpr std::int32_t kWideHigh = (1 << 23) - 1;

/// The largest integer of a ReLU6, or `high`.
std::int32_t limit(const network::Node& node, double scale, std::int32_t high) {
  if (node.activation != Activation::kRelu6) return high;
  return static_cast<std::int32_t>(std::min<double>(high, std::nearbyint(6 / scale)));
}

double magnitude_of(const network::Node& node, const Range& range) {
  const double magnitude = node.activation == Activation::kRelu6 ? std::min(range.magnitude, 6.0F) : range.magnitude;
  return magnitude > 0 ? magnitude : 1;
}

Format narrow(const network::Node& node, const Range& range, bool negative, int bits) {
  const std::int32_t high = (1 << (negative ? bits - 1 : bits)) - 1;
  const double scale = magnitude_of(node, range) / high;
  return {.scale = scale, .low = negative ? -high - 1 : 0, .high = limit(node, scale, high)};
}

Format wide(const network::Node& node, const Range& range, bool negative) {
  const double scale = std::exp2(std::floor(std::log2(magnitude_of(node, range) / (1 << 15))));
  return {.scale = scale, .low = negative ? -kWideHigh - 1 : 0, .high = limit(node, scale, kWideHigh)};
}

/// The node that decides the format of what the network gives: the last one that is no flattening, if nothing else reads it.
std::size_t output_of(const network::Network& network, const std::vector<std::size_t>& readers) {
  std::size_t node = network.nodes.size() - 1;
  while (network.nodes[node].kind == Kind::kFlatten && readers[network.nodes[node].inputs[0]] == 1) node = network.nodes[node].inputs[0];
  return node;
}

class Chooser {
 public:
  Chooser(const network::Network& network, std::span<const Range> ranges, int bits)
      : network_(network), ranges_(ranges), bits_(bits), readers_(network.nodes.size()), formats_(network.nodes.size()) {
    for (const network::Node& node : network.nodes) {
      for (const std::size_t input : node.inputs) ++readers_[input];
    }
    output_ = output_of(network, readers_);
  }

  std::vector<Format> choose() {
    for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
      const network::Node& node = network_.nodes[i];
      const bool widen = i == output_ && i > 0 && !keeps_format(node.kind);
      if (keeps_format(node.kind))
        formats_[i] = formats_[node.inputs[0]];
      else
        formats_[i] = widen ? wide(node, ranges_[i], negative(i)) : narrow(node, ranges_[i], negative(i), bits_);
      if (node.kind == Kind::kConcat && !widen) share(i);
    }
    return formats_;
  }

 private:
  /// Whether the node's integers have a sign.
  bool negative(std::size_t i) const {
    const network::Node& node = network_.nodes[i];
    if (node.kind == Kind::kInput) return ranges_[i].negative;
    if (node.kind == Kind::kConvolution || node.kind == Kind::kAdd) return node.activation == Activation::kNone;
    return std::ranges::any_of(node.inputs, [&](std::size_t input) { return formats_[input].low < 0; });
  }

  /// Gives a concat's format to those of its inputs that nothing else reads.
  void share(std::size_t concat) {
    for (const std::size_t input : network_.nodes[concat].inputs) {
      const network::Node& node = network_.nodes[input];
      const bool alone = readers_[input] == 1 && !keeps_format(node.kind) && node.kind != Kind::kInput && node.kind != Kind::kConcat;
      if (!alone || node.activation == Activation::kRelu6 || formats_[input].low != formats_[concat].low) continue;
      formats_[input] = formats_[concat];
    }
  }

  const network::Network& network_;
  std::span<const Range> ranges_;
  int bits_;
  std::vector<std::size_t> readers_;
  std::vector<Format> formats_;
  std::size_t output_ = 0;
};

}  // namespace

std::vector<Format> choose_formats(const network::Network& network, std::span<const Range> ranges, int bits) {
  return Chooser(network, ranges, bits).choose();
}

}  // namespace mosaic::integers

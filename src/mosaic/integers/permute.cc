#include "mosaic/integers/permute.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include "mosaic/integers/channel_orders.h"

namespace mosaic::integers {
namespace {

/// The convolution between channels in new orders.
Convolution reorder(const Convolution& convolution, const Order& in, const Order& out) {
  const Order place = inverse(out);
  std::vector<std::size_t> from(convolution.rows.size());  // new row -> old row
  std::iota(from.begin(), from.end(), std::size_t{0});
  const auto key = [&](std::size_t row) {
    const Row& old = convolution.rows[row];
    return std::tuple(old.accelerator, place[static_cast<std::size_t>(old.channel)]);
  };
  std::ranges::sort(from, {}, key);

  Convolution result{.in = convolution.in, .out = convolution.out, .groups = convolution.groups, .rows = {}, .weights = {}};
  result.weights.reserve(convolution.weights.size());
  const std::size_t each = convolution.weights.size() / convolution.rows.size();
  const auto channels = static_cast<std::size_t>(convolution.in / convolution.groups);
  const std::size_t area = each / channels;
  for (const std::size_t row : from) {
    result.rows.push_back(convolution.rows[row]);
    result.rows.back().channel = place[static_cast<std::size_t>(convolution.rows[row].channel)];
    for (std::size_t c = 0; c < channels; ++c) {
      // With groups either each row reads one channel, or the order of the inputs is the old one.
      const std::size_t channel = convolution.groups == 1 ? static_cast<std::size_t>(in[c]) : c;
      const auto tap = convolution.weights.begin() + static_cast<std::ptrdiff_t>(row * each + channel * area);
      result.weights.insert(result.weights.end(), tap, tap + static_cast<std::ptrdiff_t>(area));
    }
  }
  return result;
}

}  // namespace

QuantizedNetwork permute(const QuantizedNetwork& network) {
  const std::vector<Order> orders = choose_orders(network);
  QuantizedNetwork result = network;
  for (std::size_t i = 0; i < result.nodes.size(); ++i) {
    QuantizedNode& node = result.nodes[i];
    if (node.kind == network::Kind::kConvolution) node.convolution = reorder(node.convolution, orders[node.inputs[0]], orders[i]);
  }
  return result;
}

}  // namespace mosaic::integers

#include "mosaic/integers/channel_orders.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace mosaic::integers {
namespace {

using network::Kind;

Order identity(std::int64_t channels) {
  Order order(static_cast<std::size_t>(channels));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

/// Nodes in classes; those of one class have their channels in one order.
///
/// What brings an order into a class is a convolution of one group, which can give its channels in any, or a node whose order follows from its
/// inputs' though it is not the same (a concat, a flattening, channels of zeros). A class with one of the latter and nothing else has the order that
/// follows; one with more keeps the old order, and so do the inputs of what follows.
class Classes {
 public:
  explicit Classes(const QuantizedNetwork& network) : network_(network), parent_(network.nodes.size()), fixed_(network.nodes.size()) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    for (std::size_t i = 0; i < network.nodes.size(); ++i) join(i);
    fix(0);
    fix(network.nodes.size() - 1);
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
      if (!grouped(i)) continue;
      fix(i);
      fix(network.nodes[i].inputs[0]);
    }
    spread();
  }

  [[nodiscard]] std::size_t of(std::size_t node) const {
    while (parent_[node] != node) node = parent_[node];
    return node;
  }

  [[nodiscard]] bool fixed(std::size_t node) const { return fixed_[of(node)]; }

  /// Whether the node's order follows from its inputs' and is another one.
  [[nodiscard]] bool follows(std::size_t i) const {
    const QuantizedNode& node = network_.nodes[i];
    if (node.kind == Kind::kFlatten) return node.extent.channels != network_.nodes[node.inputs[0]].extent.channels;
    if (node.kind == Kind::kSubsample) return node.zero_channels[0] + node.zero_channels[1] > 0;
    return node.kind == Kind::kConcat;
  }

  [[nodiscard]] bool free(std::size_t i) const { return network_.nodes[i].kind == Kind::kConvolution && network_.nodes[i].convolution.groups == 1; }

 private:
  [[nodiscard]] bool depthwise(std::size_t i) const {
    const Convolution& convolution = network_.nodes[i].convolution;
    return convolution.groups > 1 && convolution.groups == convolution.in && convolution.in == convolution.out;
  }

  [[nodiscard]] bool grouped(std::size_t i) const { return network_.nodes[i].kind == Kind::kConvolution && !free(i) && !depthwise(i); }

  void join(std::size_t i) {
    const QuantizedNode& node = network_.nodes[i];
    if (node.kind == Kind::kInput || follows(i) || (node.kind == Kind::kConvolution && !depthwise(i))) return;
    for (const std::size_t input : node.inputs) parent_[of(input)] = of(i);
  }

  void fix(std::size_t node) { fixed_[of(node)] = true; }

  void spread() {
    std::vector<std::size_t> free_ones(parent_.size());
    std::vector<std::size_t> following(parent_.size());
    for (std::size_t i = 0; i < parent_.size(); ++i) {
      free_ones[of(i)] += free(i) ? 1 : 0;
      following[of(i)] += follows(i) ? 1 : 0;
    }
    for (std::size_t i = 0; i < parent_.size(); ++i) {
      if (following[of(i)] > 1 || (following[of(i)] == 1 && free_ones[of(i)] > 0)) fix(i);
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < parent_.size(); ++i) {
        if (!follows(i) || !fixed(i)) continue;
        for (const std::size_t input : network_.nodes[i].inputs) {
          changed |= !fixed(input);
          fix(input);
        }
      }
    }
  }

  const QuantizedNetwork& network_;
  std::vector<std::size_t> parent_;
  std::vector<bool> fixed_;
};

/// The order of a concat, a flattening, or a subsampling with channels of zeros.
Order following_order(const QuantizedNetwork& network, const QuantizedNode& node, const std::vector<Order>& orders) {
  Order order;
  const auto append = [&](const Order& channels, std::int64_t offset) {
    std::ranges::transform(channels, std::back_inserter(order), [=](std::int64_t channel) { return channel + offset; });
  };
  const Order& first = orders[node.inputs[0]];
  if (node.kind == Kind::kFlatten) {
    const network::Extent& from = network.nodes[node.inputs[0]].extent;
    for (const std::int64_t channel : first) append(identity(from.height * from.width), channel * from.height * from.width);
  } else if (node.kind == Kind::kSubsample) {
    append(identity(node.zero_channels[0]), 0);
    append(first, node.zero_channels[0]);
    append(identity(node.zero_channels[1]), node.zero_channels[0] + static_cast<std::int64_t>(first.size()));
  } else {
    for (const std::size_t input : node.inputs) append(orders[input], static_cast<std::int64_t>(order.size()));
  }
  return order;
}

/// For each channel whether it is analog, the first layer's word first: channels are sorted by that.
Order split_order(const QuantizedNetwork& network, std::vector<std::size_t> layers) {
  const auto smaller_part = [&](std::size_t layer) {
    const Convolution& convolution = network.nodes[layer].convolution;
    return std::min(convolution.digital(), convolution.out - convolution.digital());
  };
  std::ranges::stable_sort(layers, std::ranges::greater(), smaller_part);
  std::vector<std::vector<bool>> analog(static_cast<std::size_t>(network.nodes[layers[0]].extent.channels));
  for (const std::size_t layer : layers) {
    for (const Row& row : network.nodes[layer].convolution.rows)
      analog[static_cast<std::size_t>(row.channel)].push_back(row.accelerator == Accelerator::kAnalog);
  }
  Order order = identity(network.nodes[layers[0]].extent.channels);
  std::ranges::stable_sort(order, {}, [&](std::int64_t channel) { return analog[static_cast<std::size_t>(channel)]; });
  return order;
}

}  // namespace

Order inverse(const Order& order) {
  Order result(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) result[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  return result;
}

std::vector<Order> choose_orders(const QuantizedNetwork& network) {
  const Classes classes(network);
  std::vector<std::vector<std::size_t>> layers(network.nodes.size());  // of each class: convolutions that may choose
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    if (classes.free(i)) layers[classes.of(i)].push_back(i);
  }
  std::vector<Order> of_class(network.nodes.size());
  std::vector<Order> orders(network.nodes.size());
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    Order& order = of_class[classes.of(i)];
    if (order.empty()) {  // the first of a class is where its order comes from
      const QuantizedNode& node = network.nodes[i];
      if (classes.fixed(i))
        order = identity(node.extent.channels);
      else
        order = classes.follows(i) ? following_order(network, node, orders) : split_order(network, layers[classes.of(i)]);
    }
    orders[i] = order;
  }
  return orders;
}

}  // namespace mosaic::integers

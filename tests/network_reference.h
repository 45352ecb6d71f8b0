#pragma once

// Networks by hand and at random, and what they compute, in double precision and the plainest way.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mosaic/base/random.h"
#include "mosaic/base/tensor.h"
#include "mosaic/network/network.h"

namespace mosaic::test {

/// Adds nodes one by one; extents are worked out from the windows.
class NetworkDrawing {
 public:
  explicit NetworkDrawing(network::Extent input, std::uint64_t seed = 1) : random_(seed) {
    net_.name = "drawing";
    net_.nodes.push_back({.name = "input", .kind = network::Kind::kInput, .inputs = {}, .extent = input});
  }

  struct Conv {
    std::int64_t out = 1;
    network::Window window{};
    std::int64_t groups = 1;
    network::Activation activation = network::Activation::kNone;
  };
  /// With seeded weights.
  std::size_t conv(std::size_t from, const Conv& conv) {
    const network::Extent in = net_.nodes[from].extent;
    network::Node node = make(network::Kind::kConvolution, {from}, conv.window);
    node.extent.channels = conv.out;
    node.activation = conv.activation;
    node.filters = {.in = in.channels, .out = conv.out, .groups = conv.groups, .weights = {}, .bias = {}};
    const std::int64_t window = in.channels / conv.groups * conv.window.kernel[0] * conv.window.kernel[1];
    for (std::int64_t i = 0; i < conv.out * window; ++i)
      node.filters.weights.push_back(static_cast<float>(random_.normal() * std::sqrt(2.0 / static_cast<double>(window))));
    for (std::int64_t i = 0; i < conv.out; ++i) node.filters.bias.push_back(static_cast<float>(0.1 * random_.normal()));
    return put(std::move(node));
  }
  std::size_t add(const std::vector<std::size_t>& from, network::Activation activation = network::Activation::kNone) {
    network::Node node = make(network::Kind::kAdd, from, {});
    node.activation = activation;
    return put(std::move(node));
  }
  std::size_t concat(const std::vector<std::size_t>& from) {
    network::Node node = make(network::Kind::kConcat, from, {});
    node.extent.channels = 0;
    for (const std::size_t each : from) node.extent.channels += net_.nodes[each].extent.channels;
    return put(std::move(node));
  }
  std::size_t pool(network::Kind kind, std::size_t from, const network::Window& window) { return put(make(kind, {from}, window)); }
  std::size_t global_pool(std::size_t from) {
    network::Node node = make(network::Kind::kGlobalPool, {from}, {});
    node.extent.height = node.extent.width = 1;
    return put(std::move(node));
  }
  std::size_t subsample(std::size_t from, std::int64_t stride, std::int64_t before, std::int64_t after) {
    network::Node node = make(network::Kind::kSubsample, {from}, {.stride = {stride, stride}});
    node.extent.channels += before + after;
    node.zero_channels = {before, after};
    return put(std::move(node));
  }
  std::size_t flatten(std::size_t from) {
    network::Node node = make(network::Kind::kFlatten, {from}, {});
    node.extent = {.channels = node.extent.size()};
    return put(std::move(node));
  }

  [[nodiscard]] const network::Extent& extent(std::size_t node) const { return net_.nodes[node].extent; }
  [[nodiscard]] network::Network& network() { return net_; }

 private:
  network::Node make(network::Kind kind, std::vector<std::size_t> from, const network::Window& window) {
    const network::Extent in = net_.nodes[from[0]].extent;
    const auto places = [&](std::int64_t extent, std::size_t axis) {
      return (extent + window.padding[axis] + window.padding[axis + 2] - window.kernel[axis]) / window.stride[axis] + 1;
    };
    return {.name = "node" + std::to_string(net_.nodes.size()),
            .kind = kind,
            .inputs = std::move(from),
            .extent = {.channels = in.channels, .height = places(in.height, 0), .width = places(in.width, 1)},
            .window = window};
  }
  std::size_t put(network::Node node) {
    net_.nodes.push_back(std::move(node));
    return net_.nodes.size() - 1;
  }

  network::Network net_;
  Random random_;
};

/// Seeded classifiers of three classes on small images, with `steps` random nodes (or pairs of nodes that go together) of every kind,
/// and activations (sums of one where need be) behind every kind.
inline network::Network random_network(std::uint64_t seed, std::size_t steps = 6) {
  using network::Activation;
  using network::Kind;
  Random random(seed);
  Random sums(seed * 104729 + 1);
  const auto integer = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random.below(static_cast<std::size_t>(high - low + 1)));
  };
  const auto activation = [&] { return std::vector{Activation::kNone, Activation::kRelu, Activation::kRelu6}[random.below(3)]; };
  NetworkDrawing net({.channels = integer(1, 3), .height = integer(5, 9), .width = integer(5, 9)}, seed);
  const auto window = [&](std::size_t from, std::int64_t least) {
    network::Window drawn;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t extent = axis == 0 ? net.extent(from).height : net.extent(from).width;
      drawn.kernel[axis] = std::min(integer(least, 3), extent);
      drawn.stride[axis] = integer(1, 2);
      for (const std::size_t side : {axis, axis + 2}) drawn.padding[side] = integer(0, drawn.kernel[axis] - 1);
    }
    return drawn;
  };
  const network::Window point{};
  std::size_t last = net.conv(0, {.out = integer(2, 4), .window = window(0, 1), .activation = activation()});
  for (std::size_t s = 0; s < steps; ++s) {
    const std::int64_t channels = net.extent(last).channels;
    switch (random.below(8)) {
      case 0:
        last = net.conv(last, {.out = integer(2, 4), .window = window(last, 1), .activation = activation()});
        break;
      case 1:
        last = net.conv(last, {.out = channels, .window = window(last, 1), .groups = channels, .activation = activation()});
        break;
      case 2: {
        const std::size_t other = net.conv(last, {.out = channels, .window = point});
        last = net.add({last, other, last}, activation());
        break;
      }
      case 3: {
        const std::size_t other = net.conv(last, {.out = integer(1, 2), .window = point, .activation = activation()});
        last = net.concat({other, last, other});
        break;
      }
      case 4:
        last = net.pool(Kind::kMaxPool, last, window(last, 2));
        break;
      case 5:
        last = net.pool(Kind::kAveragePool, last, window(last, 2));
        break;
      case 6:
        last = net.subsample(last, integer(1, 2), integer(0, 1), integer(0, 2));
        break;
      default:
        last = net.conv(last, {.out = integer(2, 5), .window = point, .activation = activation()});
    }
    if (sums.below(4) == 0) last = net.add({last}, sums.below(2) == 0 ? Activation::kRelu : Activation::kRelu6);
  }
  last = random.below(2) == 0 ? net.global_pool(last) : net.flatten(last);
  net.conv(last, {.out = 3, .window = point});
  return net.network();
}

/// Which channel and pixel of a window's image a place looks at; nothing beyond the edge.
template <class Visit>
void for_window(const network::Window& window, const network::Extent& in, std::int64_t y, std::int64_t x, const Visit& visit) {
  for (std::int64_t ky = 0; ky < window.kernel[0]; ++ky) {
    for (std::int64_t kx = 0; kx < window.kernel[1]; ++kx) {
      const std::int64_t row = y * window.stride[0] - window.padding[0] + ky;
      const std::int64_t column = x * window.stride[1] - window.padding[1] + kx;
      if (row >= 0 && row < in.height && column >= 0 && column < in.width) visit(row * in.width + column, ky * window.kernel[1] + kx);
    }
  }
}

/// conv(x, weights), without bias.
inline std::vector<double> reference_convolution(const network::Node& node, const network::Extent& in, const std::vector<double>& x,
                                                 const std::vector<float>& weights) {
  const std::int64_t group_in = node.filters.in / node.filters.groups;
  const std::int64_t group_out = node.filters.out / node.filters.groups;
  const std::int64_t area = node.window.kernel[0] * node.window.kernel[1];
  std::vector<double> out;
  for (std::int64_t c = 0; c < node.extent.channels; ++c) {
    for (std::int64_t y = 0; y < node.extent.height; ++y) {
      for (std::int64_t column = 0; column < node.extent.width; ++column) {
        double sum = 0;
        for (std::int64_t i = 0; i < group_in; ++i) {
          const std::int64_t image = (c / group_out * group_in + i) * in.height * in.width;
          for_window(node.window, in, y, column, [&](std::int64_t pixel, std::int64_t tap) {
            sum +=
                x[static_cast<std::size_t>(image + pixel)] * static_cast<double>(weights[static_cast<std::size_t>((c * group_in + i) * area + tap)]);
          });
        }
        out.push_back(sum);
      }
    }
  }
  return out;
}

/// A value to be added to one element of a node's values before the activation.
struct Nudge {
  std::size_t node = 0;
  std::size_t element = 0;
  double by = 0;
};

struct ReferenceValues {
  std::vector<std::vector<double>> raw;  ///< by node, before the activation
  std::vector<std::vector<double>> out;
};

inline std::vector<double> reference_pool(const network::Node& node, const network::Extent& in, const std::vector<double>& x) {
  std::vector<double> out;
  for (std::int64_t c = 0; c < node.extent.channels; ++c) {
    for (std::int64_t y = 0; y < node.extent.height; ++y) {
      for (std::int64_t column = 0; column < node.extent.width; ++column) {
        std::vector<double> seen;
        for_window(node.window, in, y, column,
                   [&](std::int64_t pixel, std::int64_t) { seen.push_back(x[static_cast<std::size_t>(c * in.height * in.width + pixel)]); });
        double sum = 0;
        for (const double each : seen) sum += each;
        out.push_back(node.kind == network::Kind::kMaxPool ? *std::ranges::max_element(seen) : sum / static_cast<double>(seen.size()));
      }
    }
  }
  return out;
}

inline std::vector<double> reference_subsample(const network::Node& node, const network::Extent& in, const std::vector<double>& x) {
  std::vector<double> out(static_cast<std::size_t>(node.extent.size()), 0.0);
  for (std::int64_t c = 0; c < in.channels; ++c) {
    for (std::int64_t y = 0; y < node.extent.height; ++y) {
      for (std::int64_t column = 0; column < node.extent.width; ++column) {
        out[static_cast<std::size_t>(((c + node.zero_channels[0]) * node.extent.height + y) * node.extent.width + column)] =
            x[static_cast<std::size_t>((c * in.height + y * node.window.stride[0]) * in.width + column * node.window.stride[1])];
      }
    }
  }
  return out;
}

inline ReferenceValues reference_values(const network::Network& network, const Tensor& image, const Nudge& nudge = {}) {
  using network::Kind;
  ReferenceValues values;
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const network::Node& node = network.nodes[n];
    std::vector<double> raw;
    const network::Extent in = node.inputs.empty() ? node.extent : network.nodes[node.inputs[0]].extent;
    switch (node.kind) {
      case Kind::kInput:
        raw = image.to_doubles();
        break;
      case Kind::kConvolution:
        raw = reference_convolution(node, in, values.out[node.inputs[0]], node.filters.weights);
        for (std::size_t i = 0; i < raw.size(); ++i) raw[i] += static_cast<double>(node.filters.bias[i / (raw.size() / node.filters.bias.size())]);
        break;
      case Kind::kAdd:
        raw.assign(static_cast<std::size_t>(node.extent.size()), 0.0);
        for (const std::size_t input : node.inputs) {
          for (std::size_t i = 0; i < raw.size(); ++i) raw[i] += values.out[input][i];
        }
        break;
      case Kind::kConcat:
        for (const std::size_t input : node.inputs) raw.insert(raw.end(), values.out[input].begin(), values.out[input].end());
        break;
      case Kind::kMaxPool:
      case Kind::kAveragePool:
        raw = reference_pool(node, in, values.out[node.inputs[0]]);
        break;
      case Kind::kGlobalPool: {
        const auto& x = values.out[node.inputs[0]];
        const auto area = static_cast<std::size_t>(in.height * in.width);
        raw.assign(x.size() / area, 0.0);
        for (std::size_t i = 0; i < x.size(); ++i) raw[i / area] += x[i] / static_cast<double>(area);
        break;
      }
      case Kind::kSubsample:
        raw = reference_subsample(node, in, values.out[node.inputs[0]]);
        break;
      case Kind::kFlatten:
        raw = values.out[node.inputs[0]];
        break;
    }
    if (n == nudge.node && n > 0) raw[nudge.element] += nudge.by;
    std::vector<double> out = raw;
    for (double& each : out) {
      if (node.activation != network::Activation::kNone) each = std::max(each, 0.0);
      if (node.activation == network::Activation::kRelu6) each = std::min(each, 6.0);
    }
    values.raw.push_back(std::move(raw));
    values.out.push_back(std::move(out));
  }
  return values;
}

/// Cross-entropy of the softmax with a class.
inline double reference_loss(const std::vector<double>& logits, std::size_t label) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const double each : logits) sum += std::exp(each - largest);
  return std::log(sum) + largest - logits[label];
}

inline Tensor random_image(const network::Network& network, std::uint64_t seed) {
  Tensor image(ElementType::kFloat32, {1, network.input().channels, network.input().height, network.input().width});
  fill_random(image, seed);
  return image;
}

}  // namespace mosaic::test

#pragma once

// Small seeded networks for tests: weights as He and others draw them, so that activations neither vanish nor grow.

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/base/random.h"
#include "mosaic/network/network.h"

namespace mosaic::test {

/// Builds a network node by node; each function returns the new node's place.
class NetworkMaker {
 public:
  NetworkMaker(std::uint64_t seed, network::Extent input) : random_(seed) {
    network_.name = "net" + std::to_string(seed);
    put({.name = "input", .kind = network::Kind::kInput, .extent = input});
  }

  struct Convolution {
    std::int64_t out = 0;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    std::int64_t groups = 1;
    network::Activation activation = network::Activation::kRelu;
  };

  std::size_t convolution(std::size_t x, const Convolution& options) {
    const network::Extent from = extent(x);
    const std::int64_t pad = options.kernel / 2;
    network::Filters filters{.in = from.channels, .out = options.out, .groups = options.groups, .weights = {}, .bias = {}};
    const std::int64_t each = from.channels / options.groups * options.kernel * options.kernel;
    for (std::int64_t i = 0; i < options.out * each; ++i)
      filters.weights.push_back(static_cast<float>(random_.normal() * std::sqrt(2.0 / static_cast<double>(each))));
    for (std::int64_t i = 0; i < options.out; ++i) filters.bias.push_back(static_cast<float>(0.1 * random_.normal()));
    const network::Window window = square(options.kernel, options.stride, pad);
    return put({.kind = network::Kind::kConvolution,
                .inputs = {x},
                .extent = windowed(from, window, options.out),
                .activation = options.activation,
                .window = window,
                .filters = std::move(filters)});
  }

  /// `up`: one more output where the last window would still begin on the image.
  std::size_t pool(network::Kind kind, std::size_t x, std::int64_t kernel, std::int64_t stride, std::int64_t pad, bool up = false) {
    const network::Window window = square(kernel, stride, pad);
    network::Extent to = windowed(extent(x), window, extent(x).channels);
    const auto grow = [&](std::int64_t& out, std::int64_t in) {
      out += (out - 1) * stride + kernel < in + 2 * pad && out * stride < in + pad ? 1 : 0;
    };
    if (up) grow(to.height, extent(x).height);
    if (up) grow(to.width, extent(x).width);
    return put({.kind = kind, .inputs = {x}, .extent = to, .window = window});
  }

  std::size_t add(std::vector<std::size_t> inputs, network::Activation activation = network::Activation::kRelu) {
    const network::Extent sum = extent(inputs[0]);
    return put({.kind = network::Kind::kAdd, .inputs = std::move(inputs), .extent = sum, .activation = activation});
  }

  std::size_t concat(std::vector<std::size_t> inputs) {
    network::Extent all = extent(inputs[0]);
    for (std::size_t i = 1; i < inputs.size(); ++i) all.channels += extent(inputs[i]).channels;
    return put({.kind = network::Kind::kConcat, .inputs = std::move(inputs), .extent = all});
  }

  std::size_t global_pool(std::size_t x) {
    return put({.kind = network::Kind::kGlobalPool, .inputs = {x}, .extent = {.channels = extent(x).channels}});
  }

  std::size_t flatten(std::size_t x) { return put({.kind = network::Kind::kFlatten, .inputs = {x}, .extent = {.channels = extent(x).size()}}); }

  std::size_t subsample(std::size_t x, std::int64_t stride, std::int64_t before, std::int64_t after) {
    const network::Extent from = extent(x);
    return put(
        {.kind = network::Kind::kSubsample,
         .inputs = {x},
         .extent = {.channels = from.channels + before + after, .height = (from.height - 1) / stride + 1, .width = (from.width - 1) / stride + 1},
         .window = square(1, stride, 0),
         .zero_channels = {before, after}});
  }

  [[nodiscard]] const network::Extent& extent(std::size_t node) const { return network_.nodes[node].extent; }
  [[nodiscard]] network::Network take() { return std::move(network_); }

 private:
  static network::Window square(std::int64_t kernel, std::int64_t stride, std::int64_t pad) {
    return {.kernel = {kernel, kernel}, .stride = {stride, stride}, .padding = {pad, pad, pad, pad}};
  }

  static network::Extent windowed(const network::Extent& from, const network::Window& window, std::int64_t channels) {
    const auto along = [&](std::int64_t size) { return (size + 2 * window.padding[0] - window.kernel[0]) / window.stride[0] + 1; };
    return {.channels = channels, .height = along(from.height), .width = along(from.width)};
  }

  std::size_t put(network::Node node) {
    if (node.name.empty()) node.name = "node/" + std::to_string(network_.nodes.size());
    network_.nodes.push_back(std::move(node));
    return network_.nodes.size() - 1;
  }

  network::Network network_;
  Random random_;
};

/// The ResNets of CIFAR: 6 n + 2 convolutions in rows (and two for shortcuts), for images of 32 x 32. n = 1: ResNet-8, n = 3: ResNet-20.
inline network::Network cifar_resnet(int n, std::uint64_t seed, std::int64_t pixels = 32) {
  NetworkMaker net(seed, {.channels = 3, .height = pixels, .width = pixels});
  std::size_t x = net.convolution(0, {.out = 16});
  for (const std::int64_t channels : {16, 32, 64}) {
    for (int block = 0; block < n; ++block) {
      const bool shrink = channels > net.extent(x).channels;
      const std::int64_t stride = shrink ? 2 : 1;
      const std::size_t y =
          net.convolution(net.convolution(x, {.out = channels, .stride = stride}), {.out = channels, .activation = network::Activation::kNone});
      if (shrink) x = net.convolution(x, {.out = channels, .kernel = 1, .stride = 2, .activation = network::Activation::kNone});
      x = net.add({x, y});
    }
  }
  net.convolution(net.flatten(net.global_pool(x)), {.out = 10, .kernel = 1, .activation = network::Activation::kNone});
  return net.take();
}

/// A random network in which every kind of node may follow every other, activations (sums of one where need be) every kind of node. About `nodes`
/// nodes on images of 9 x 9.
inline network::Network random_network(std::uint64_t seed, int nodes = 12) {
  using network::Activation;
  using network::Kind;
  Random random(seed * 7919 + 1);
  Random sums(seed * 104729 + 1);
  NetworkMaker net(seed, {.channels = 3, .height = 9, .width = 9});
  const auto any = [&](std::initializer_list<std::int64_t> values) { return values.begin()[random.below(values.size())]; };
  const auto activation = [&] { return static_cast<Activation>(random.below(3)); };
  const auto conv = [&](std::size_t x, std::int64_t out, std::int64_t stride = 1) {
    return net.convolution(x, {.out = out, .kernel = any({1, 3}), .stride = stride, .activation = activation()});
  };
  std::size_t x = conv(0, any({4, 6, 8}));
  for (int i = 0; i < nodes; ++i) {
    const std::int64_t channels = net.extent(x).channels;
    const bool large = net.extent(x).height > 3;
    switch (random.below(11)) {
      case 0:
        x = conv(x, any({4, 6, 8, 12}), large ? any({1, 2}) : 1);
        break;
      case 1:
        x = net.convolution(x, {.out = channels, .groups = channels, .activation = activation()});
        break;
      case 2:
        x = net.convolution(x, {.out = 2 * channels > 24 ? channels : 2 * channels, .groups = channels % 2 == 0 ? 2 : 1, .activation = activation()});
        break;
      case 3:
        x = net.add({conv(x, channels), net.concat({conv(x, channels - 1), conv(x, 1)}), x}, activation());
        break;
      case 4:
        x = net.add({conv(x, channels), x, conv(conv(x, 6), channels)}, activation());
        break;
      case 5:
        x = channels > 20 ? conv(x, 5) : net.concat({conv(x, any({3, 4})), x});
        break;
      case 6:
        x = net.concat({conv(x, any({2, 5})), conv(x, 4), net.pool(Kind::kMaxPool, conv(x, 3), 3, 1, 1)});
        break;
      case 7:
        x = large ? net.pool(Kind::kMaxPool, x, any({2, 3}), 2, any({0, 1}), random.below(2) == 0) : x;
        break;
      case 8:
        x = large ? net.pool(Kind::kAveragePool, x, 3, any({1, 2}), any({0, 1}), random.below(2) == 0) : net.pool(Kind::kAveragePool, x, 2, 1, 1);
        break;
      case 9:
        if (channels <= 12) x = net.add({conv(x, channels + 3, large ? 2 : 1), net.subsample(x, large ? 2 : 1, 1, 2)}, activation());
        break;
      default:
        x = large ? (random.below(2) == 0 ? net.subsample(x, 2, 0, 0) : net.subsample(x, 2, 1, 2)) : x;
        break;
    }
    if (sums.below(4) == 0) x = net.add({x}, sums.below(2) == 0 ? Activation::kRelu : Activation::kRelu6);
  }
  switch (random.below(4)) {
    case 0:
      net.convolution(net.flatten(x), {.out = 5, .kernel = 1, .activation = Activation::kNone});
      break;
    case 1:
      net.convolution(net.flatten(net.global_pool(x)), {.out = 5, .kernel = 1, .activation = Activation::kNone});
      break;
    case 2:
      net.flatten(net.global_pool(conv(x, 7)));
      break;
    default:
      net.add({conv(x, 4), conv(x, 4)}, activation());
      break;
  }
  return net.take();
}

/// Normal numbers.
inline std::vector<float> seeded_image(const network::Network& network, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> image(static_cast<std::size_t>(network.input().size()));
  for (float& value : image) value = static_cast<float>(random.normal());
  return image;
}

inline std::vector<std::vector<float>> seeded_images(const network::Network& network, std::size_t count, std::uint64_t seed) {
  std::vector<std::vector<float>> images;
  for (std::size_t i = 0; i < count; ++i) images.push_back(seeded_image(network, seed + i));
  return images;
}

}  // namespace mosaic::test

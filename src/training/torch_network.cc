#include "training/torch_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "mosaic/base/check.h"

namespace mosaic::training {
namespace {

using network::Kind;
using network::Network;
using network::Node;

/// Whether the image goes into convolutions alone.
bool only_convolved(const Network& network) {
  return std::ranges::all_of(network.nodes, [](const Node& node) {
    return node.kind == Kind::kConvolution || std::ranges::find(node.inputs, std::size_t{0}) == node.inputs.end();
  });
}

struct Padding {
  std::array<std::int64_t, 2> inside{0, 0};  ///< what the operator pads itself
  at::Tensor x;
};

/// Operators of libtorch pad both sides alike; what is more on one side is put there before.
Padding padded(const at::Tensor& x, const network::Window& window, double value) {
  const auto [top, left, bottom, right] = window.padding;
  if (top == bottom && left == right) return {.inside = {top, left}, .x = x};
  return {.x = at::constant_pad_nd(x, {left, right, top, bottom}, value)};
}

at::Tensor max_pooled(const Node& node, const at::Tensor& x) {
  const Padding pad = padded(x, node.window, -std::numeric_limits<double>::infinity());
  return at::max_pool2d(pad.x, node.window.kernel, node.window.stride, pad.inside);
}

/// Over the pixels that are there: the mean with zeros around, divided by the mean of ones.
at::Tensor average_pooled(const Node& node, const at::Tensor& x) {
  const Padding pad = padded(x, node.window, 0);
  const auto pool = [&](const at::Tensor& from) { return at::avg_pool2d(from, node.window.kernel, node.window.stride, pad.inside, false, true); };
  const Padding ones = padded(at::ones_like(x.slice(0, 0, 1).slice(1, 0, 1)), node.window, 0);
  return pool(pad.x) / pool(ones.x);
}

at::Tensor subsampled(const Node& node, const at::Tensor& x) {
  const auto [down, right] = node.window.stride;
  const at::Tensor grid = x.slice(2, 0, x.size(2), down).slice(3, 0, x.size(3), right);
  const at::Tensor cut = grid.slice(2, 0, node.extent.height).slice(3, 0, node.extent.width);
  return at::constant_pad_nd(cut, {0, 0, 0, 0, node.zero_channels[0], node.zero_channels[1]});
}

}  // namespace

at::Tensor inputs_of(const ImageSet& images, const Pixels& pixels, std::size_t begin, std::size_t count) {
  count = std::min(count, images.size() - begin);
  const network::Extent& extent = images.extent;
  at::Tensor inputs = at::empty({static_cast<std::int64_t>(count), extent.channels, extent.height, extent.width});
  float* target = inputs.data_ptr<float>();
  for (std::size_t i = 0; i < count; ++i) {
    for (const float value : pixels.input(images, begin + i)) *target++ = value / pixels.magnitude();
  }
  return inputs;
}

at::Tensor tensor_of(std::span<const float> values, at::IntArrayRef shape) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  MOSAIC_CHECK(tensor.numel() == std::ssize(values));
  std::ranges::copy(values, tensor.data_ptr<float>());
  return tensor;
}

std::vector<float> values_of(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.detach().contiguous();
  const float* const data = dense.data_ptr<float>();
  return {data, data + dense.numel()};
}

TorchNetwork::TorchNetwork(const Network& network, float magnitude)
    : network_(network), convolutions_(network::convolutions(network)), layer_of_(network.nodes.size()), magnitude_(magnitude) {
  const bool folded = only_convolved(network);
  for (std::size_t l = 0; l < convolutions_.size(); ++l) {
    layer_of_[convolutions_[l]] = l;
    gains_.push_back(folded && network.nodes[convolutions_[l]].inputs[0] == 0 ? magnitude : 1.0F);
  }
  if (folded) magnitude_ = 1;
}

void TorchNetwork::add_weights(bool decay) {
  for (std::size_t l = 0; l < layers(); ++l) {
    const Node& node = layer_node(l);
    const network::Filters& filters = node.filters;
    const std::array<std::int64_t, 4> shape{filters.out, filters.in / filters.groups, node.window.kernel[0], node.window.kernel[1]};
    parameters_.push_back({.name = node.name + ".weights", .value = tensor_of(filters.weights, shape).mul_(gain(l)), .decays = decay});
    parameters_.push_back({.name = node.name + ".bias", .value = tensor_of(filters.bias, {filters.out})});
  }
}

Network TorchNetwork::with_weights() const {
  Network result = network_;
  for (std::size_t l = 0; l < layers(); ++l) {
    network::Filters& filters = result.nodes[convolutions_[l]].filters;
    filters.weights = values_of(weights(l));
    for (float& weight : filters.weights) weight /= gain(l);
    filters.bias = values_of(bias(l));
  }
  return result;
}

at::Tensor TorchNetwork::evaluated(std::size_t index, const std::vector<at::Tensor>& values, bool training) const {
  const Node& node = network_.nodes[index];
  const at::Tensor& x = values[node.inputs[0]];
  switch (node.kind) {
    case Kind::kConvolution: {
      const Padding pad = padded(x, node.window, 0);
      if (pad.x.is_same(x)) return finished(index, convolved(layer_of_[index], node, x, training));
      Node without = node;
      without.window.padding = {0, 0, 0, 0};
      return finished(index, convolved(layer_of_[index], without, pad.x, training));
    }
    case Kind::kAdd: {
      at::Tensor sum = x;
      for (std::size_t i = 1; i < node.inputs.size(); ++i) sum = sum + values[node.inputs[i]];
      return finished(index, sum);
    }
    case Kind::kConcat: {
      std::vector<at::Tensor> parts;
      for (const std::size_t input : node.inputs) parts.push_back(values[input]);
      return finished(index, at::cat(parts, 1));
    }
    case Kind::kMaxPool:
      return max_pooled(node, x);
    case Kind::kAveragePool:
      return finished(index, average_pooled(node, x));
    case Kind::kGlobalPool:
      return finished(index, x.mean({2, 3}, true));
    case Kind::kSubsample:
      return subsampled(node, x);
    case Kind::kFlatten:
      return x.reshape({x.size(0), -1, 1, 1});
    case Kind::kInput:
      break;
  }
  return x;
}

std::vector<at::Tensor> TorchNetwork::all_values(const at::Tensor& images, bool training) const {
  std::vector<at::Tensor> values{finished(0, magnitude_ == 1 ? images : images * magnitude_)};
  for (std::size_t i = 1; i < network_.nodes.size(); ++i) values.push_back(evaluated(i, values, training));
  return values;
}

at::Tensor TorchNetwork::forward(const at::Tensor& images, bool training) const { return all_values(images, training).back().flatten(1); }

Result<void> TorchNetwork::try_out() const {
  const network::Extent& input = network_.input();
  const at::Tensor zeros = at::zeros({1, input.channels, input.height, input.width});
  try {
    const at::NoGradGuard no_gradients;
    const std::vector<at::Tensor> values = all_values(zeros, false);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const network::Extent& extent = network_.nodes[i].extent;
      const network::Extent there{.channels = values[i].size(1), .height = values[i].size(2), .width = values[i].size(3)};
      if (there == extent) continue;
      return fail(ErrorCode::kUnsupported,
                  fmt::format("'{}' cannot be trained: it gives {} x {} x {} values where the model has {} x {} x {}", network_.nodes[i].name,
                              there.channels, there.height, there.width, extent.channels, extent.height, extent.width));
    }
  } catch (const c10::Error& error) {
    return fail(ErrorCode::kUnsupported, fmt::format("{} cannot be trained: {}", network_.name, error.what_without_backtrace()));
  }
  return {};
}

}  // namespace mosaic::training

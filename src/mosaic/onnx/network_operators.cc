#include "mosaic/onnx/network_operators.h"

#include <algorithm>
#include <limits>

#include "mosaic/base/check.h"

namespace mosaic::onnx {
namespace {

using network::Activation;
using network::Kind;
using network::Network;
using network::Node;

std::string named(const char* what, std::size_t node) { return std::string(what) + "_of_" + std::to_string(node); }

Shape weight_shape(const Node& node) {
  return {node.filters.out, node.filters.in / node.filters.groups, node.window.kernel[0], node.window.kernel[1]};
}

Attributes convolution_attributes(const Node& node) {
  Attributes attributes = window_attributes(node.window);
  attributes["group"] = node.filters.groups;
  return attributes;
}

std::string add_subsample(Builder& net, const Node& node, std::size_t index, const std::string& x) {
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  std::string sliced =
      net.node("Slice", {x, net.constant(named("begins", index), std::vector<std::int64_t>{0, 0}),
                         net.constant(named("ends", index), std::vector<std::int64_t>{kAll, kAll}),
                         net.constant(named("axes", index), std::vector<std::int64_t>{2, 3}),
                         net.constant(named("steps", index), std::vector<std::int64_t>{node.window.stride[0], node.window.stride[1]})});
  const auto [before, after] = node.zero_channels;
  if (before == 0 && after == 0) return sliced;
  return net.node("Pad", {sliced, net.constant(named("pads", index), std::vector<std::int64_t>{0, before, 0, 0, 0, after, 0, 0})});
}

std::string add_operator(Builder& net, const Network& network, std::size_t index, const std::vector<std::string>& inputs, MaxPositions positions) {
  const Node& node = network.nodes[index];
  switch (node.kind) {
    case Kind::kInput:
      return net.input("input", shape_of(node.extent));
    case Kind::kConvolution:
      return net.node("Conv",
                      {inputs[0], add_constant(net, named("weights", index), weight_shape(node), node.filters.weights),
                       add_constant(net, named("bias", index), {node.filters.out}, node.filters.bias)},
                      convolution_attributes(node));
    case Kind::kAdd: {
      std::string sum = inputs[0];
      for (std::size_t i = 1; i < inputs.size(); ++i) sum = net.add(sum, inputs[i]);
      return sum;
    }
    case Kind::kConcat:
      return net.concat(inputs);
    case Kind::kMaxPool:
      return net.node("MaxPool", inputs, window_attributes(node.window), positions == MaxPositions::kGiven ? 2 : 1);
    case Kind::kAveragePool:
      return net.node("AveragePool", inputs, window_attributes(node.window));
    case Kind::kGlobalPool:
      return net.global_average_pool(inputs[0]);
    case Kind::kSubsample:
      return add_subsample(net, node, index, inputs[0]);
    case Kind::kFlatten:
      return net.node("Reshape", {inputs[0], net.constant(named("shape", index), shape_of(node.extent))});
  }
  MOSAIC_CHECK(false);
}

std::string add_activation(Builder& net, Activation activation, const std::string& x) {
  if (activation == Activation::kRelu) return net.relu(x);
  if (activation == Activation::kRelu6) return net.relu6(x);
  return x;
}

}  // namespace

NetworkValues add_operators(Builder& net, const Network& network, std::size_t nodes, MaxPositions positions) {
  NetworkValues values;
  for (std::size_t i = 0; i < nodes; ++i) {
    const Node& node = network.nodes[i];
    std::vector<std::string> inputs;
    for (const std::size_t input : node.inputs) inputs.push_back(values.out[input]);
    values.raw.push_back(add_operator(net, network, i, inputs, positions));
    values.out.push_back(add_activation(net, node.activation, values.raw.back()));
    values.positions.push_back(node.kind == Kind::kMaxPool && positions == MaxPositions::kGiven ? Builder::output_of(values.raw.back(), 1) : "");
  }
  return values;
}

std::string add_convolution(Builder& net, const Node& node, const std::string& x, const std::string& name, const OtherFilters& filters) {
  std::vector<std::string> inputs{x, add_constant(net, name, weight_shape(node), filters.weights)};
  if (!filters.bias.empty()) inputs.push_back(add_constant(net, name + "_bias", {node.filters.out}, filters.bias));
  return net.node("Conv", inputs, convolution_attributes(node));
}

std::string add_constant(Builder& net, const std::string& name, const Shape& shape, std::span<const float> values) {
  Tensor tensor(ElementType::kFloat32, shape);
  MOSAIC_CHECK(tensor.as<float>().size() == values.size());
  std::ranges::copy(values, tensor.as<float>().begin());
  return net.constant(name, tensor);
}

Shape shape_of(const network::Extent& extent) { return {1, extent.channels, extent.height, extent.width}; }

Attributes window_attributes(const network::Window& window) {
  return {{"kernel_shape", std::vector<std::int64_t>(window.kernel.begin(), window.kernel.end())},
          {"strides", std::vector<std::int64_t>(window.stride.begin(), window.stride.end())},
          {"pads", std::vector<std::int64_t>(window.padding.begin(), window.padding.end())}};
}

}  // namespace mosaic::onnx

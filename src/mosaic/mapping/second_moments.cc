#include "mosaic/mapping/second_moments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "mosaic/base/check.h"
#include "mosaic/mapping/image_runs.h"
#include "mosaic/onnx/network_operators.h"

namespace mosaic::mapping {
namespace {

using network::Network;
using network::Node;

/// The place of a node of the second network in what `beside` makes.
std::size_t of_second(std::size_t n, std::size_t node) { return n == 0 ? 0 : n + node; }

/// `first` up to `node` itself, then `second` up to it, both reading the one input: a network that gives the values of both.
Network beside(const Network& first, const Network& second, std::size_t node) {
  Network both{.name = first.name, .nodes = {first.nodes.begin(), first.nodes.begin() + static_cast<std::ptrdiff_t>(node) + 1}};
  for (std::size_t n = 1; n < node; ++n) {
    both.nodes.push_back(second.nodes[n]);
    for (std::size_t& input : both.nodes.back().inputs) input = of_second(input, node);
  }
  return both;
}

/// [1, C, H, W] to [1, C * taps, places, places]: what each tap of the window sees.
std::string add_taps(onnx::Builder& net, const Node& node, const std::string& x) {
  const std::int64_t taps = node.window.kernel[0] * node.window.kernel[1];
  std::vector<float> one_hot(static_cast<std::size_t>(node.filters.in * taps * taps));
  for (std::size_t tap = 0; tap < static_cast<std::size_t>(node.filters.in * taps); ++tap)
    one_hot[tap * static_cast<std::size_t>(taps) + tap % static_cast<std::size_t>(taps)] = 1;
  auto attributes = onnx::window_attributes(node.window);
  attributes["group"] = node.filters.in;
  const Shape shape{node.filters.in * taps, 1, node.window.kernel[0], node.window.kernel[1]};
  return net.node("Conv", {x, onnx::add_constant(net, "taps", shape, one_hot)}, attributes);
}

/// Sizes of what a model of one layer gives for an image.
struct Sizes {
  std::size_t groups;
  std::size_t inputs;   ///< of a group
  std::size_t outputs;  ///< of a group
  std::size_t pixels;

  [[nodiscard]] std::size_t rows() const { return inputs + outputs; }
};

Sizes sizes_of(const Node& node) {
  return {.groups = static_cast<std::size_t>(node.filters.groups),
          .inputs = inputs_of_group(node),
          .outputs = static_cast<std::size_t>(node.filters.out / node.filters.groups),
          .pixels = static_cast<std::size_t>(node.extent.height * node.extent.width)};
}

/// A model with the outputs: means [G, inputs + outputs, 1], products of inputs and outputs with inputs, each less its mean, [G, inputs + outputs,
/// inputs], squares of outputs [G, outputs, 1].
onnx::Model layer_model(const Network& wanted, const Network& there, std::size_t index) {
  const Node& node = wanted.nodes[index];
  const Sizes sizes = sizes_of(node);
  const auto size = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  onnx::Builder net(wanted.name, 1);
  const Network both = beside(wanted, there, index);
  const onnx::NetworkValues values = add_operators(net, both, both.nodes.size());
  const auto by_group = [&](const std::string& x, std::size_t rows, const std::string& name) {
    return net.node("Reshape", {x, net.constant(name, std::vector<std::int64_t>{size(sizes.groups), size(rows), size(sizes.pixels)})});
  };
  const std::string inputs = by_group(add_taps(net, node, values.out[of_second(node.inputs[0], index)]), sizes.inputs, "inputs");
  const std::string rows = net.concat({inputs, by_group(values.raw[index], sizes.outputs, "outputs")});
  const std::vector<std::int64_t> last{2};
  const std::string means = net.node("ReduceMean", {rows}, {{"axes", last}, {"keepdims", std::int64_t{1}}});
  const std::string centred = net.node("Sub", {rows, means});
  const auto part = [&](std::size_t begin, std::size_t end, const std::string& name) {
    return net.node("Slice",
                    {centred, net.constant(name + "_begin", std::vector<std::int64_t>{size(begin)}),
                     net.constant(name + "_end", std::vector<std::int64_t>{size(end)}), net.constant(name + "_axis", std::vector<std::int64_t>{1})});
  };
  const std::string turned = net.node("Transpose", {part(0, sizes.inputs, "centred_inputs")}, {{"perm", std::vector<std::int64_t>{0, 2, 1}}});
  net.output(means, {size(sizes.groups), size(sizes.rows()), 1});
  net.output(net.node("MatMul", {centred, turned}), {size(sizes.groups), size(sizes.rows()), size(sizes.inputs)});
  net.output(net.node("ReduceSumSquare", {part(sizes.inputs, sizes.rows(), "centred_outputs")}, {{"axes", last}, {"keepdims", std::int64_t{1}}}),
             {size(sizes.groups), size(sizes.outputs), 1});
  return net.build();
}

/// Sums over the images so far. Joined image by image; source as in moments.cc: Chan, Golub and LeVeque (1979).
struct GroupSums {
  double count = 0;
  std::vector<double> mean;      ///< [inputs + outputs]
  std::vector<double> products;  ///< [inputs + outputs, inputs]
  std::vector<double> squares;   ///< [outputs]

  explicit GroupSums(const Sizes& sizes) : mean(sizes.rows()), products(sizes.rows() * sizes.inputs), squares(sizes.outputs) {}

  void join(const Sizes& sizes, std::span<const float> means, std::span<const float> more, std::span<const float> more_squares) {
    const auto pixels = static_cast<double>(sizes.pixels);
    const double all = count + pixels;
    const double weight = count * pixels / all;
    std::vector<double> apart(mean.size());
    for (std::size_t r = 0; r < apart.size(); ++r) apart[r] = static_cast<double>(means[r]) - mean[r];
    for (std::size_t r = 0; r < apart.size(); ++r) {
      const std::span<double> row = std::span(products).subspan(r * sizes.inputs, sizes.inputs);
      const std::span<const float> other = more.subspan(r * sizes.inputs, sizes.inputs);
      for (std::size_t i = 0; i < row.size(); ++i) row[i] += static_cast<double>(other[i]) + apart[r] * apart[i] * weight;
      if (r >= sizes.inputs) squares[r - sizes.inputs] += static_cast<double>(more_squares[r - sizes.inputs]) + apart[r] * apart[r] * weight;
      mean[r] += apart[r] * pixels / all;
    }
    count = all;
  }

  [[nodiscard]] GroupMoments moments(const Sizes& sizes) const {
    const auto split = static_cast<std::ptrdiff_t>(sizes.inputs);
    GroupMoments result{.inputs = sizes.inputs,
                        .covariance = {products.begin(), products.begin() + split * split},
                        .cross = {products.begin() + split * split, products.end()},
                        .input_mean = {mean.begin(), mean.begin() + split},
                        .wanted_mean = {mean.begin() + split, mean.end()},
                        .wanted_variance = squares};
    for (std::vector<double>* each : {&result.covariance, &result.cross, &result.wanted_variance}) {
      for (double& value : *each) value /= count;
    }
    return result;
  }
};

}  // namespace

std::size_t inputs_of_group(const Node& node) {
  return static_cast<std::size_t>(node.filters.in / node.filters.groups * node.window.kernel[0] * node.window.kernel[1]);
}

Result<std::vector<GroupMoments>> second_moments(const Network& wanted, const Network& there, std::size_t node, std::span<const Tensor> images) {
  MOSAIC_CHECK(!images.empty() && wanted.nodes.size() == there.nodes.size() && wanted.nodes[node].kind == network::Kind::kConvolution);
  const Sizes sizes = sizes_of(wanted.nodes[node]);
  MOSAIC_TRY(ImageRuns runs, ImageRuns::open(layer_model(wanted, there, node), wanted.input(), {}));
  std::vector<GroupSums> sums(sizes.groups, GroupSums(sizes));
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto outputs = runs.run(images[i]);
    if (!outputs) return within(fmt::format("image {}", i), outputs.error());
    for (const Tensor& each : *outputs) {
      if (!std::ranges::all_of(each.as<float>(), [](float value) { return std::isfinite(value); }))
        return fail(ErrorCode::kInvalidInput, fmt::format("image {}: what '{}' reads or gives is not finite", i, wanted.nodes[node].name));
    }
    const auto part = [&](std::size_t output, std::size_t group, std::size_t size) {
      return (*outputs)[output].as<float>().subspan(group * size, size);
    };
    for (std::size_t g = 0; g < sizes.groups; ++g)
      sums[g].join(sizes, part(0, g, sizes.rows()), part(1, g, sizes.rows() * sizes.inputs), part(2, g, sizes.outputs));
  }
  std::vector<GroupMoments> result;
  for (const GroupSums& each : sums) result.push_back(each.moments(sizes));
  return result;
}

}  // namespace mosaic::mapping

#include "mosaic/mapping/backward.h"

#include <algorithm>

#include "mosaic/base/check.h"

namespace mosaic::mapping {
namespace {

using network::Activation;
using network::Extent;
using network::Kind;
using network::Network;
using network::Node;
using network::Window;
using Integers = std::vector<std::int64_t>;

std::string named(const char* what, std::size_t node) { return std::string("back_") + what + "_of_" + std::to_string(node); }

/// Pixels of the image that window `place` covers, along one axis.
std::int64_t covered(std::int64_t place, std::int64_t extent, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  const std::int64_t begin = place * stride - padding;
  return std::min(begin + kernel, extent) - std::max<std::int64_t>(begin, 0);
}

class Backward {
 public:
  Backward(onnx::Builder& net, const Network& network, const onnx::NetworkValues& values) : net_(net), network_(network), values_(values) {
    for (const Node& node : network.nodes) {
      wanted_.push_back(node.kind == Kind::kConvolution || std::ranges::any_of(node.inputs, [&](std::size_t input) { return wanted_[input]; }));
    }
    net_.constant("back_zero", 0.0F);
    net_.constant("back_six", 6.0F);
  }

  std::vector<std::string> run(const std::string& of_output) {
    parts_.resize(network_.nodes.size());
    parts_.back().push_back(of_output);
    std::vector<std::string> gradients(network_.nodes.size());
    for (std::size_t i = network_.nodes.size(); i-- > 0;) {
      if (!wanted_[i] || parts_[i].empty()) continue;
      std::string sum = parts_[i].front();
      for (std::size_t p = 1; p < parts_[i].size(); ++p) sum = net_.add(sum, parts_[i][p]);
      gradients[i] = through_activation(i, sum);
      pass_on(i, gradients[i]);
    }
    return gradients;
  }

 private:
  std::string through_activation(std::size_t i, const std::string& gradient) {
    const Activation activation = network_.nodes[i].activation;
    if (activation == Activation::kNone) return gradient;
    std::string open = net_.node("Greater", {values_.out[i], "back_zero"});
    if (activation == Activation::kRelu6) open = net_.node("And", {open, net_.node("Less", {values_.out[i], "back_six"})});
    return net_.node("Where", {open, gradient, "back_zero"});
  }

  void pass_on(std::size_t i, const std::string& gradient) {
    const Node& node = network_.nodes[i];
    std::int64_t channel = 0;
    for (std::size_t n = 0; n < node.inputs.size(); ++n) {
      const std::size_t input = node.inputs[n];
      const std::int64_t end = channel + network_.nodes[input].extent.channels;
      if (wanted_[input]) {
        const std::string part =
            node.kind == Kind::kConcat ? channels(gradient, channel, end, named("piece", i) + "_" + std::to_string(n)) : gradient;
        parts_[input].push_back(of_input(i, network_.nodes[input].extent, part));
      }
      channel = end;
    }
  }

  std::string of_input(std::size_t i, const Extent& in, const std::string& gradient) {
    const Node& node = network_.nodes[i];
    switch (node.kind) {
      case Kind::kInput:
        break;
      case Kind::kConvolution:
        return transposed(gradient, "weights_of_" + std::to_string(i), node.window, node.filters.groups, in, node.extent);
      case Kind::kAdd:
      case Kind::kConcat:
        return gradient;
      case Kind::kMaxPool:
        return to_maxima(i, in, gradient);
      case Kind::kAveragePool:
        return spread(i, in, net_.node("Mul", {gradient, shares(i, in)}), node.window);
      case Kind::kGlobalPool: {
        const std::vector<float> share(static_cast<std::size_t>(in.height * in.width), 1.0F / static_cast<float>(in.height * in.width));
        return net_.node("Mul", {gradient, add_constant(net_, named("shares", i), {1, 1, in.height, in.width}, share)});
      }
      case Kind::kSubsample: {
        const std::int64_t first = node.zero_channels[0];
        return spread(i, in, channels(gradient, first, first + in.channels, named("piece", i)), {.stride = node.window.stride});
      }
      case Kind::kFlatten:
        return net_.node("Reshape", {gradient, net_.constant(named("shape", i), onnx::shape_of(in))});
    }
    MOSAIC_CHECK(false);
  }

  std::string channels(const std::string& x, std::int64_t begin, std::int64_t end, const std::string& name) {
    return net_.node("Slice", {x, net_.constant(name + "_begin", Integers{begin}), net_.constant(name + "_end", Integers{end}),
                               net_.constant(name + "_axis", Integers{1})});
  }

  /// The convolution that would have made `out` from `in`, backwards.
  std::string transposed(const std::string& x, const std::string& weights, const Window& window, std::int64_t groups, const Extent& in,
                         const Extent& out) {
    const auto left = [&](std::int64_t extent, std::int64_t places, std::size_t axis) {  // pixels at the end that no window reached
      const std::int64_t padding = window.padding[axis] + window.padding[axis + 2];
      return extent + padding - ((places - 1) * window.stride[axis] + window.kernel[axis]);
    };
    onnx::Attributes attributes = onnx::window_attributes(window);
    attributes["group"] = groups;
    attributes["output_padding"] = Integers{left(in.height, out.height, 0), left(in.width, out.width, 1)};
    return net_.node("ConvTranspose", {x, weights}, attributes);
  }

  /// Each channel's values added to all the pixels that their windows cover.
  std::string spread(std::size_t i, const Extent& in, const std::string& x, const Window& window) {
    const std::vector<float> ones(static_cast<std::size_t>(in.channels * window.kernel[0] * window.kernel[1]), 1.0F);
    const std::string weights = add_constant(net_, named("ones", i), {in.channels, 1, window.kernel[0], window.kernel[1]}, ones);
    return transposed(x, weights, window, in.channels, in, network_.nodes[i].extent);
  }

  /// What a pixel counts in the mean of each window.
  std::string shares(std::size_t i, const Extent& in) {
    const Window& window = network_.nodes[i].window;
    const Extent& out = network_.nodes[i].extent;
    std::vector<float> shares;
    for (std::int64_t y = 0; y < out.height; ++y) {
      for (std::int64_t x = 0; x < out.width; ++x) {
        shares.push_back(1.0F / static_cast<float>(covered(y, in.height, window.kernel[0], window.stride[0], window.padding[0]) *
                                                   covered(x, in.width, window.kernel[1], window.stride[1], window.padding[1])));
      }
    }
    return add_constant(net_, named("shares", i), {1, 1, out.height, out.width}, shares);
  }

  std::string to_maxima(std::size_t i, const Extent& in, const std::string& gradient) {
    const std::string flat = net_.constant(named("flat", i), Integers{-1});
    const std::vector<float> zeros(static_cast<std::size_t>(in.size()), 0.0F);
    const std::string added = net_.node("ScatterElements",
                                        {add_constant(net_, named("zeros", i), {in.size()}, zeros),
                                         net_.node("Reshape", {values_.positions[i], flat}), net_.node("Reshape", {gradient, flat})},
                                        {{"axis", std::int64_t{0}}, {"reduction", std::string("add")}});
    return net_.node("Reshape", {added, net_.constant(named("shape", i), onnx::shape_of(in))});
  }

  onnx::Builder& net_;
  const Network& network_;
  const onnx::NetworkValues& values_;
  std::vector<bool> wanted_;                     // by node: a convolution, or behind one
  std::vector<std::vector<std::string>> parts_;  // by node: gradients that came back by those that use it
};

}  // namespace

std::vector<std::string> add_gradients(onnx::Builder& net, const Network& network, const onnx::NetworkValues& values, const std::string& of_output) {
  MOSAIC_CHECK(values.out.size() == network.nodes.size());
  return Backward(net, network, values).run(of_output);
}

}  // namespace mosaic::mapping

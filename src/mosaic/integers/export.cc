#include "mosaic/integers/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/integers/requantize.h"
#include "mosaic/onnx/builder.h"

namespace mosaic::integers {
namespace {

using network::Kind;
using Doubles = std::vector<double>;

bool wide(const Format& format) { return format.high - format.low > 255; }

/// What a tensor's integers are more by, as uint8 holds them.
std::int32_t offset(const Format& format) { return wide(format) ? 0 : -format.low; }

std::string without_slashes(std::string name) {
  std::ranges::replace(name, '/', '.');
  return name;
}

template <class T, class From>
Tensor tensor_of(ElementType type, const Shape& shape, const std::vector<From>& values) {
  Tensor tensor(type, shape);
  std::ranges::transform(values, tensor.as<T>().begin(), [](From value) { return static_cast<T>(value); });
  return tensor;
}

Shape image(const network::Extent& extent) { return {1, extent.channels, extent.height, extent.width}; }

std::vector<std::int64_t> both(const std::array<std::int64_t, 2>& values) { return {values.begin(), values.end()}; }

/// Padding behind the image grows where the extent was rounded up, so that the operators come to the same.
onnx::Attributes window_attributes(const QuantizedNode& node, const network::Extent& from) {
  const network::Window& window = node.window;
  std::vector<std::int64_t> pads(window.padding.begin(), window.padding.end());
  const auto needed = [](std::int64_t out, std::int64_t stride, std::int64_t kernel, std::int64_t in) { return (out - 1) * stride + kernel - in; };
  pads[2] = std::max(pads[2], needed(node.extent.height, window.stride[0], window.kernel[0], from.height) - pads[0]);
  pads[3] = std::max(pads[3], needed(node.extent.width, window.stride[1], window.kernel[1], from.width) - pads[1]);
  return {{"kernel_shape", both(window.kernel)}, {"strides", both(window.stride)}, {"pads", pads}};
}

onnx::Attribute cast_to(ElementType type) { return static_cast<std::int64_t>(type); }

/// Rows of one accelerator as a ConvInteger wants them.
struct Branch {
  std::vector<std::size_t> rows;
  std::string suffix;
};

std::vector<Branch> branches_of(const Convolution& convolution) {
  Branch digital{.rows = {}, .suffix = ".digital"};
  Branch analog{.rows = {}, .suffix = ".analog"};
  for (std::size_t r = 0; r < convolution.rows.size(); ++r)
    (convolution.rows[r].accelerator == Accelerator::kDigital ? digital : analog).rows.push_back(r);
  if (convolution.groups > 1) std::ranges::sort(digital.rows, {}, [&](std::size_t row) { return convolution.rows[row].channel; });
  std::vector<Branch> branches;
  if (!digital.rows.empty()) branches.push_back(std::move(digital));
  if (!analog.rows.empty()) branches.push_back(std::move(analog));
  return branches;
}

class Exporter {
 public:
  explicit Exporter(const QuantizedNetwork& network) : network_(network), net_(network.name, 0) {}

  onnx::Model write(const ExportOptions& options) {
    for (const QuantizedNode& node : network_.nodes) {
      name_ = without_slashes(node.name);
      net_.block(name_);
      values_.push_back(write_node(node));
    }
    write_output();
    for (std::size_t i = 0; options.every_tensor && i < network_.nodes.size(); ++i) {
      const QuantizedNode& node = network_.nodes[i];
      net_.output(net_.node("Identity", {values_[i]}), image(node.extent), wide(node.format) ? ElementType::kFloat64 : ElementType::kUint8);
    }
    return net_.build();
  }

 private:
  std::string constant(const std::string& suffix, const Tensor& value) { return net_.constant(name_ + suffix, value); }
  std::string doubles(const std::string& suffix, const Shape& shape, const Doubles& values) {
    return constant(suffix, tensor_of<double>(ElementType::kFloat64, shape, values));
  }
  std::string scalar(const std::string& suffix, double value) { return doubles(suffix, {}, Doubles{value}); }

  std::string cast(const std::string& x, ElementType type) { return net_.node("Cast", {x}, {{"to", cast_to(type)}}); }

  /// Integers of a node as float64, without the offset of uint8.
  std::string integers(std::size_t node, const std::string& suffix) {
    const std::string x = cast(values_[node], ElementType::kFloat64);
    const std::int32_t more = offset(network_.nodes[node].format);
    return more == 0 ? x : net_.node("Sub", {x, scalar(suffix + ".offset", more)});
  }

  /// Rounds, saturates and stores what is float64 already.
  std::string finish(const std::string& x, const Format& format, const std::string& suffix) {
    const std::string rounded = net_.node("Round", {x});
    std::string clipped = net_.node("Clip", {rounded, scalar(suffix + ".low", format.low), scalar(suffix + ".high", format.high)});
    if (wide(format)) return clipped;
    const std::int32_t more = offset(format);
    return cast(more == 0 ? clipped : net_.node("Add", {clipped, scalar(suffix + ".lift", more)}), ElementType::kUint8);
  }

  std::string rescale(const std::string& x, const Shape& shape, const std::vector<Multiplier>& multipliers, const Format& format,
                      const std::string& suffix = "") {
    Doubles factors;
    std::ranges::transform(multipliers, std::back_inserter(factors), value_of);
    return finish(net_.node("Mul", {x, doubles(suffix + ".multiplier", shape, factors)}), format, suffix);
  }

  std::string write_node(const QuantizedNode& node) {
    switch (node.kind) {
      case Kind::kInput:
        return write_input(node);
      case Kind::kConvolution:
        return write_convolution(node);
      case Kind::kAdd:
        return write_add(node);
      case Kind::kConcat:
        return write_concat(node);
      case Kind::kMaxPool:
        return net_.node("MaxPool", {value(node)}, window_attributes(node, source(node).extent));
      case Kind::kAveragePool:
        return write_average_pool(node);
      case Kind::kGlobalPool:
        return write_global_pool(node);
      case Kind::kSubsample:
        return write_subsample(node);
      case Kind::kFlatten:
        break;
    }
    return net_.node("Reshape", {value(node), net_.constant(name_ + ".shape", image(node.extent))});
  }

  const std::string& value(const QuantizedNode& node) const { return values_[node.inputs[0]]; }
  const QuantizedNode& source(const QuantizedNode& node) const { return network_.nodes[node.inputs[0]]; }

  std::string write_input(const QuantizedNode& node) {
    const std::string x = cast(net_.input("input", image(node.extent)), ElementType::kFloat64);
    return finish(net_.node("Mul", {x, scalar(".inverse", 1 / node.format.scale)}), node.format, "");
  }

  std::string conv_integer(const QuantizedNode& node, const std::string& suffix, const Tensor& weights, std::int64_t groups) {
    std::vector<std::string> inputs{value(node), constant(suffix + ".weights", weights)};
    const std::int32_t more = offset(source(node).format);
    if (more != 0) inputs.push_back(constant(suffix + ".zero", tensor_of<std::uint8_t>(ElementType::kUint8, {}, std::vector{more})));
    onnx::Attributes attributes = window_attributes(node, source(node).extent);
    attributes.emplace("group", groups);
    return net_.node("ConvInteger", inputs, attributes);
  }

  std::string write_branch(const QuantizedNode& node, const Branch& branch) {
    const Convolution& convolution = node.convolution;
    const auto count = static_cast<std::int64_t>(branch.rows.size());
    const auto each = static_cast<std::ptrdiff_t>(convolution.weights.size() / convolution.rows.size());
    std::vector<std::int8_t> weights;
    std::vector<std::int64_t> biases;
    std::vector<Multiplier> multipliers;
    for (const std::size_t r : branch.rows) {
      const Row& row = convolution.rows[r];
      const auto first = convolution.weights.begin() + static_cast<std::ptrdiff_t>(r) * each;
      weights.insert(weights.end(), first, first + each);
      biases.push_back(static_cast<std::int64_t>(row.bias) * (std::int64_t{1} << row.bias_shift));
      multipliers.push_back(row.multiplier);
    }
    net_.block(name_ + branch.suffix);
    const Shape filters{count, convolution.in / convolution.groups, node.window.kernel[0], node.window.kernel[1]};
    const std::string products = conv_integer(node, branch.suffix, tensor_of<std::int8_t>(ElementType::kInt8, filters, weights), convolution.groups);
    const Shape rows{1, count, 1, 1};
    const std::string sums =
        net_.node("Add", {products, constant(branch.suffix + ".bias", tensor_of<std::int32_t>(ElementType::kInt32, rows, biases))});
    return rescale(cast(sums, ElementType::kFloat64), rows, multipliers, node.format, branch.suffix);
  }

  std::string write_convolution(const QuantizedNode& node) {
    const std::vector<Branch> branches = branches_of(node.convolution);
    std::vector<std::string> parts;
    std::vector<std::int64_t> places(node.convolution.rows.size());  // of each channel
    std::int64_t place = 0;
    for (const Branch& branch : branches) {
      parts.push_back(write_branch(node, branch));
      for (const std::size_t row : branch.rows) places[static_cast<std::size_t>(node.convolution.rows[row].channel)] = place++;
    }
    net_.block(name_);
    std::string joined = parts.size() == 1 ? parts[0] : net_.concat(parts);
    if (std::ranges::is_sorted(places)) return joined;
    return net_.node("Gather", {joined, net_.constant(name_ + ".places", places)}, {{"axis", std::int64_t{1}}});
  }

  std::string write_add(const QuantizedNode& node) {
    std::string sum;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const std::string suffix = fmt::format(".{}", i);
      const std::string term = net_.node("Mul", {integers(node.inputs[i], suffix), scalar(suffix + ".mantissa", node.multipliers[i].mantissa)});
      sum = i == 0 ? term : net_.add(sum, term);
    }
    return rescale(sum, {}, {{.mantissa = 1, .shift = node.multipliers[0].shift}}, node.format);
  }

  std::string write_concat(const QuantizedNode& node) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const std::string suffix = fmt::format(".{}", i);
      const bool same = network_.nodes[node.inputs[i]].format == node.format;
      parts.push_back(same ? values_[node.inputs[i]] : rescale(integers(node.inputs[i], suffix), {}, {node.multipliers[i]}, node.format, suffix));
    }
    return net_.concat(parts);
  }

  std::string write_average_pool(const QuantizedNode& node) {
    const Shape filters{node.extent.channels, 1, node.window.kernel[0], node.window.kernel[1]};
    const std::vector<int> ones(static_cast<std::size_t>(*element_count(filters)), 1);
    const std::string sums = conv_integer(node, "", tensor_of<std::int8_t>(ElementType::kInt8, filters, ones), node.extent.channels);
    return rescale(cast(sums, ElementType::kFloat64), {1, 1, node.extent.height, node.extent.width}, node.multipliers, node.format);
  }

  std::string write_global_pool(const QuantizedNode& node) {
    const network::Extent& from = source(node).extent;
    std::string sum =
        net_.node("ReduceSum", {cast(value(node), ElementType::kInt32), net_.constant(name_ + ".axes", {2, 3})}, {{"keepdims", std::int64_t{1}}});
    const std::int64_t more = offset(source(node).format) * from.height * from.width;
    if (more != 0) sum = net_.node("Sub", {sum, constant(".offset", tensor_of<std::int32_t>(ElementType::kInt32, {}, std::vector{more}))});
    return rescale(cast(sum, ElementType::kFloat64), {}, node.multipliers, node.format);
  }

  std::string write_subsample(const QuantizedNode& node) {
    const network::Extent& from = source(node).extent;
    std::string x = value(node);
    if (node.window.stride != std::array<std::int64_t, 2>{1, 1})
      x = net_.node("Slice", {x, net_.constant(name_ + ".starts", {0, 0}), net_.constant(name_ + ".ends", {from.height, from.width}),
                              net_.constant(name_ + ".axes", {2, 3}), net_.constant(name_ + ".steps", both(node.window.stride))});
    const auto [before, after] = node.zero_channels;
    if (before + after == 0) return x;
    const Tensor zero = wide(node.format) ? tensor_of<double>(ElementType::kFloat64, {}, Doubles{0})
                                          : tensor_of<std::uint8_t>(ElementType::kUint8, {}, std::vector{offset(node.format)});
    return net_.node("Pad", {x, net_.constant(name_ + ".pads", {0, before, 0, 0, 0, after, 0, 0}), constant(".zero", zero)});
  }

  void write_output() {
    const QuantizedNode& last = network_.nodes.back();
    const bool flat = last.extent.height * last.extent.width == 1;
    const Shape shape = flat ? Shape{1, last.extent.channels} : image(last.extent);
    name_ = "output";
    net_.block(name_);
    const std::string real = net_.node("Mul", {integers(network_.nodes.size() - 1, ""), scalar(".scale", last.format.scale)});
    const std::string output = net_.node("Reshape", {cast(real, ElementType::kFloat32), net_.constant("output.shape", shape)});
    net_.output(output, shape);
  }

  const QuantizedNetwork& network_;
  onnx::Builder net_;
  std::string name_;  ///< of the node that is written, without slashes
  std::vector<std::string> values_;
};

}  // namespace

onnx::Model to_model(const QuantizedNetwork& network, const ExportOptions& options) { return Exporter(network).write(options); }

}  // namespace mosaic::integers

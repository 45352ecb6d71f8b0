#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <span>

#include "mosaic/onnx/fold.h"
#include "mosaic/onnx/network.h"
#include "mosaic/onnx/rewrite.h"
#include "mosaic/onnx/wiring.h"

namespace mosaic::onnx {
namespace {

using network::Activation;
using network::Extent;
using network::Kind;
using network::Network;
using network::Node;

std::vector<float> as_floats(std::span<const double> values) {
  std::vector<float> out(values.size());
  std::ranges::transform(values, out.begin(), [](double value) { return static_cast<float>(value); });
  return out;
}

class Reader {
 public:
  Reader(const PreparedModel& prepared, const std::string& name) : types_(prepared.types), model_(folded(prepared)), wiring_(model_) {
    network_.name = name;
  }

  Result<Network> run() {
    const std::vector<std::string> inputs = input_names(model_);
    const std::vector<std::string> outputs = output_names(model_);
    if (inputs.size() != 1 || outputs.size() != 1) {
      return fail(ErrorCode::kUnsupported,
                  fmt::format("the model has {} inputs and {} outputs; one of each can be mapped", inputs.size(), outputs.size()));
    }
    output_ = outputs[0];
    MOSAIC_TRY(const Extent extent, extent_of(inputs[0]));
    values_[inputs[0]] = add({.name = inputs[0], .kind = Kind::kInput, .extent = extent});
    for (const NodeValue& given : node_values(model_)) {
      if (auto done = read(given); !done) return within(fmt::format("{} '{}'", given.op, name_of(given)), done.error());
    }
    if (values_.at(output_) + 1 != network_.nodes.size()) return unsupported("the model's output is not what its last operator gives");
    MOSAIC_RETURN_IF_ERROR(network::validate(network_));
    return std::move(network_);
  }

 private:
  using Done = Result<void>;

  static Model folded(const PreparedModel& prepared) {
    std::set<std::string> keep;
    return fold(prepared.model, prepared.types, keep);
  }

  static const std::string& name_of(const NodeValue& given) { return given.name.empty() ? given.outputs[0] : given.name; }

  static std::unexpected<Error> unsupported(std::string why) { return fail(ErrorCode::kUnsupported, std::move(why)); }

  std::size_t add(Node node) {
    network_.nodes.push_back(std::move(node));
    return network_.nodes.size() - 1;
  }

  Result<Extent> extent_of(const std::string& value) const {
    const auto found = types_.find(value);
    if (found == types_.end() || !found->second.shape) return unsupported(fmt::format("the shape of '{}' is not static", value));
    const Shape& shape = *found->second.shape;
    if ((shape.size() != 2 && shape.size() != 4) || shape[0] != 1) {
      return unsupported(fmt::format("'{}' is {}; one image of channels, height and width, or one vector, can be mapped", value, to_string(shape)));
    }
    if (found->second.element != ElementType::kFloat32)
      return unsupported(fmt::format("'{}' is {}, not float32", value, mosaic::name(found->second.element)));
    return shape.size() == 2 ? Extent{.channels = shape[1]} : Extent{.channels = shape[1], .height = shape[2], .width = shape[3]};
  }

  Result<std::size_t> source(const std::string& value) const {
    const auto found = values_.find(value);
    if (found == values_.end()) return unsupported(fmt::format("'{}' does not come from the image", value));
    return found->second;
  }

  /// A constant argument, of float32 or int64.
  Result<Tensor> constant(const NodeValue& given, std::size_t argument) const {
    const std::string name = argument < given.inputs.size() ? given.inputs[argument] : "";
    auto values = mosaic::onnx::constant(model_, name);
    if (!values) return unsupported(fmt::format("argument {} ('{}') is not a constant", argument, name));
    if (values->type() != ElementType::kFloat32 && values->type() != ElementType::kInt64)
      return unsupported(fmt::format("the constant '{}' is {}, neither float32 nor int64", name, mosaic::name(values->type())));
    return *std::move(values);
  }

  Result<std::vector<double>> numbers(const NodeValue& given, std::size_t argument) const {
    MOSAIC_TRY(const Tensor values, constant(given, argument));
    return values.to_doubles();
  }

  static bool has(const NodeValue& given, std::size_t argument) { return argument < given.inputs.size() && !given.inputs[argument].empty(); }

  /// Whether only one node reads the value, by all its names, so that it can become a part of what makes it.
  bool has_one_reader(const std::string& value) const { return wiring_.only_user(value).has_value() && !shared_.contains(values_.at(value)); }

  Done read(const NodeValue& given) {
    using Handler = Done (Reader::*)(const NodeValue&);
    static const std::map<std::string_view, Handler> kHandlers{{"Conv", &Reader::convolution}, {"Gemm", &Reader::gemm},
                                                               {"MatMul", &Reader::matmul},    {"Relu", &Reader::relu},
                                                               {"Clip", &Reader::clip},        {"Add", &Reader::sum},
                                                               {"Concat", &Reader::concat},    {"MaxPool", &Reader::pool},
                                                               {"AveragePool", &Reader::pool}, {"GlobalAveragePool", &Reader::global_pool},
                                                               {"Flatten", &Reader::flatten},  {"Reshape", &Reader::flatten},
                                                               {"Squeeze", &Reader::flatten},  {"Slice", &Reader::slice},
                                                               {"Pad", &Reader::pad},          {"Softmax", &Reader::softmax},
                                                               {"Identity", &Reader::same},    {"Dropout", &Reader::same}};
    const auto handler = kHandlers.find(given.op);
    if (handler == kHandlers.end()) return unsupported("this operator cannot be mapped");
    return (this->*handler->second)(given);
  }

  /// A node with one input from the image.
  Result<Node> node_of(const NodeValue& given, Kind kind) const {
    MOSAIC_TRY(const std::size_t from, source(given.inputs[0]));
    MOSAIC_TRY(const Extent extent, extent_of(given.outputs[0]));
    return Node{.name = name_of(given), .kind = kind, .inputs = {from}, .extent = extent};
  }

  Result<network::Window> window(const NodeValue& given, std::vector<std::int64_t> kernel) const {
    kernel = given.integers("kernel_shape", kernel);
    if (kernel.size() != 2) return unsupported("its window does not have two dimensions");
    if (std::ranges::any_of(given.integers("dilations", {1, 1}), [](std::int64_t each) { return each != 1; }))
      return unsupported("its window is dilated");
    if (given.integer("ceil_mode", 0) != 0) return unsupported("ceil_mode is set");
    const auto strides = given.integers("strides", {1, 1});
    auto pads = given.integers("pads", {0, 0, 0, 0});
    const std::string automatic = given.text("auto_pad", "");
    if (automatic.starts_with("SAME")) {
      MOSAIC_TRY(pads, same_padding(given, kernel, strides, automatic == "SAME_UPPER"));
    }
    return network::Window{.kernel = {kernel[0], kernel[1]}, .stride = {strides[0], strides[1]}, .padding = {pads[0], pads[1], pads[2], pads[3]}};
  }

  Result<std::vector<std::int64_t>> same_padding(const NodeValue& given, const std::vector<std::int64_t>& kernel,
                                                 const std::vector<std::int64_t>& strides, bool more_at_the_end) const {
    MOSAIC_TRY(const Extent in, extent_of(given.inputs[0]));
    MOSAIC_TRY(const Extent out, extent_of(given.outputs[0]));
    const auto total = [](std::int64_t to, std::int64_t stride, std::int64_t window, std::int64_t from) {
      return std::max<std::int64_t>(0, (to - 1) * stride + window - from);
    };
    const std::int64_t y = total(out.height, strides[0], kernel[0], in.height);
    const std::int64_t x = total(out.width, strides[1], kernel[1], in.width);
    if (more_at_the_end) return std::vector{y / 2, x / 2, y - y / 2, x - x / 2};
    return std::vector{y - y / 2, x - x / 2, y / 2, x / 2};
  }

  Done convolution(const NodeValue& given) {
    MOSAIC_TRY(Node node, node_of(given, Kind::kConvolution));
    MOSAIC_TRY(const Tensor weights, constant(given, 1));
    const Shape& shape = weights.shape();
    if (shape.size() != 4) return unsupported("its weights do not have four dimensions");
    MOSAIC_TRY(node.window, window(given, {shape[2], shape[3]}));
    const std::int64_t groups = given.integer("group", 1);
    node.filters = {.in = shape[1] * groups, .out = shape[0], .groups = groups, .weights = as_floats(weights.to_doubles())};
    return take_bias(std::move(node), given);
  }

  Done gemm(const NodeValue& given) {
    if (given.integer("transA", 0) != 0 || given.number("alpha", 1) != 1 || given.number("beta", 1) != 1)
      return unsupported("transA, alpha or beta is set");
    return linear(given, given.integer("transB", 0) != 0);
  }

  Done matmul(const NodeValue& given) { return linear(given, false); }

  Done linear(const NodeValue& given, bool rows_are_outputs) {
    MOSAIC_TRY(Node node, node_of(given, Kind::kConvolution));
    MOSAIC_TRY(const Tensor matrix, constant(given, 1));
    if (matrix.shape().size() != 2) return unsupported("its weights are not a matrix");
    const std::int64_t out = matrix.shape()[rows_are_outputs ? 0 : 1];
    const std::int64_t in = matrix.shape()[rows_are_outputs ? 1 : 0];
    const Extent& from = network_.nodes[node.inputs[0]].extent;
    if (from.channels != in || from.size() != in) return unsupported(fmt::format("it takes {} values of a vector, and gets {}", in, from.size()));
    const std::vector<float> weights = as_floats(matrix.to_doubles());
    node.filters = {.in = in, .out = out, .groups = 1, .weights = weights};
    for (std::int64_t o = 0; o < out && !rows_are_outputs; ++o) {
      for (std::int64_t i = 0; i < in; ++i)
        node.filters.weights[static_cast<std::size_t>(o * in + i)] = weights[static_cast<std::size_t>(i * out + o)];
    }
    return take_bias(std::move(node), given);
  }

  Done take_bias(Node node, const NodeValue& given) {
    node.filters.bias.assign(static_cast<std::size_t>(node.filters.out), 0.0F);
    if (has(given, 2)) {
      MOSAIC_TRY(const std::vector<double> bias, numbers(given, 2));
      if (bias.size() != node.filters.bias.size()) return unsupported(fmt::format("it has {} biases for {} channels", bias.size(), node.filters.out));
      node.filters.bias = as_floats(bias);
    }
    values_[given.outputs[0]] = add(std::move(node));
    return {};
  }

  /// The convolution that makes a value for this reader alone, and has no activation yet.
  Node* open_convolution(const std::string& value) {
    const auto found = values_.find(value);
    if (found == values_.end() || !has_one_reader(value)) return nullptr;
    Node& node = network_.nodes[found->second];
    return node.kind == Kind::kConvolution && node.activation == Activation::kNone ? &node : nullptr;
  }

  Done relu(const NodeValue& given) { return activate(given, Activation::kRelu); }

  Done clip(const NodeValue& given) {
    MOSAIC_TRY(const double low, bound(given, 1, "min"));
    MOSAIC_TRY(const double high, bound(given, 2, "max"));
    if (low != 0 || high != 6) return unsupported(fmt::format("it clips to [{}, {}], not to [0, 6]", low, high));
    return activate(given, Activation::kRelu6);
  }

  /// A limit of Clip: an argument, or in old models an attribute.
  Result<double> bound(const NodeValue& given, std::size_t argument, const std::string& attribute) const {
    if (!has(given, argument)) return static_cast<double>(given.number(attribute, std::numeric_limits<float>::quiet_NaN()));
    MOSAIC_TRY(const std::vector<double> value, numbers(given, argument));
    return value.at(0);
  }

  Done activate(const NodeValue& given, Activation activation) {
    MOSAIC_TRY(std::size_t from, source(given.inputs[0]));
    const Kind kind = network_.nodes[from].kind;
    const bool can_have_one = (kind == Kind::kConvolution || kind == Kind::kAdd) && network_.nodes[from].activation == Activation::kNone;
    if (!can_have_one || !has_one_reader(given.inputs[0])) {
      MOSAIC_TRY(Node alone, node_of(given, Kind::kAdd));  // a sum of one
      from = add(std::move(alone));
    }
    network_.nodes[from].activation = activation;
    values_[given.outputs[0]] = from;
    return {};
  }

  Done sum(const NodeValue& given) {
    for (const std::size_t argument : {std::size_t{0}, std::size_t{1}}) {
      if (wiring_.constants.contains(given.inputs[argument])) return add_to_bias(given, argument);
    }
    MOSAIC_TRY(Node node, node_of(given, Kind::kAdd));
    MOSAIC_TRY(const std::size_t other, source(given.inputs[1]));
    node.inputs.push_back(other);
    for (const std::size_t input : node.inputs) {
      if (network_.nodes[input].extent != node.extent) return unsupported("its summands differ in shape");
    }
    values_[given.outputs[0]] = add(std::move(node));
    return {};
  }

  /// Whether a constant of this shape is one value a channel, or one for all, of what it is added to: shapes are aligned at their ends.
  bool lies_along_channels(const Shape& summand, const std::string& value) const {
    const std::size_t behind = types_.at(value).shape->size() == 4 ? 2 : 0;  // axes that follow the channels
    for (std::size_t axis = 0; axis < summand.size(); ++axis) {
      if (summand[axis] != 1 && axis + behind + 1 != summand.size()) return false;
    }
    return true;
  }

  Done add_to_bias(const NodeValue& given, std::size_t argument) {
    MOSAIC_TRY(const Tensor values, constant(given, argument));
    const std::vector<double> summand = values.to_doubles();
    const std::string& from = given.inputs[1 - argument];
    Node* const node = open_convolution(from);
    if (node == nullptr || (summand.size() != 1 && summand.size() != node->filters.bias.size())) {
      return unsupported("a constant is added to what is not a convolution of as many channels");
    }
    MOSAIC_TRY(const Extent sum, extent_of(given.outputs[0]));
    if (sum != node->extent || !lies_along_channels(values.shape(), from))
      return unsupported(fmt::format("a constant of {} is not one value a channel of '{}'", to_string(values.shape()), from));
    for (std::size_t c = 0; c < node->filters.bias.size(); ++c) {
      node->filters.bias[c] += static_cast<float>(summand[summand.size() == 1 ? 0 : c]);
    }
    values_[given.outputs[0]] = values_.at(from);
    return {};
  }

  Done concat(const NodeValue& given) {
    if (given.integer("axis", 1) != 1 && given.integer("axis", 1) != -3) return unsupported("it does not join channels");
    MOSAIC_TRY(Node node, node_of(given, Kind::kConcat));
    node.inputs.clear();
    for (const std::string& value : given.inputs) {
      MOSAIC_TRY(const std::size_t from, source(value));
      node.inputs.push_back(from);
    }
    values_[given.outputs[0]] = add(std::move(node));
    return {};
  }

  Done pool(const NodeValue& given) {
    const bool average = given.op == "AveragePool";
    MOSAIC_TRY(Node node, node_of(given, average ? Kind::kAveragePool : Kind::kMaxPool));
    MOSAIC_TRY(node.window, window(given, {}));
    const bool padded = std::ranges::any_of(node.window.padding, [](std::int64_t pixels) { return pixels > 0; });
    if (average && padded && given.integer("count_include_pad", 0) != 0) return unsupported("it counts its padding");
    values_[given.outputs[0]] = add(std::move(node));
    return {};
  }

  Done global_pool(const NodeValue& given) {
    MOSAIC_TRY(Node node, node_of(given, Kind::kGlobalPool));
    values_[given.outputs[0]] = add(std::move(node));
    return {};
  }

  Done flatten(const NodeValue& given) {
    MOSAIC_TRY(Node node, node_of(given, Kind::kFlatten));
    const Extent& from = network_.nodes[node.inputs[0]].extent;
    if (node.extent == from) return same(given);
    if (node.extent.channels != from.size()) return unsupported("it gives neither the same image nor one vector");
    values_[given.outputs[0]] = add(std::move(node));
    return {};
  }

  /// Rows and columns left out, as in the shortcut of a ResNet for CIFAR.
  Done slice(const NodeValue& given) {
    MOSAIC_TRY(Node node, node_of(given, Kind::kSubsample));
    MOSAIC_TRY(const std::vector<double> starts, numbers(given, 1));
    const std::size_t axes_given = starts.size();
    std::vector<double> axes{0, 1, 2, 3};
    std::vector<double> steps(axes_given, 1);
    if (has(given, 3)) {
      MOSAIC_TRY(axes, numbers(given, 3));
    }
    if (has(given, 4)) {
      MOSAIC_TRY(steps, numbers(given, 4));
    }
    const Extent& from = network_.nodes[node.inputs[0]].extent;
    for (std::size_t i = 0; i < axes_given; ++i) {
      const auto axis = static_cast<std::int64_t>(axes.at(i) < 0 ? axes.at(i) + 4 : axes.at(i));
      if (axis >= 2) node.window.stride.at(static_cast<std::size_t>(axis - 2)) = static_cast<std::int64_t>(steps.at(i));
      if (starts[i] != 0) return unsupported("it does not begin with the first row, column and channel");
    }
    const auto strided = [](std::int64_t pixels, std::int64_t stride) { return (pixels + stride - 1) / stride; };
    if (std::ranges::any_of(node.window.stride, [](std::int64_t stride) { return stride < 1; }) ||
        node.extent != Extent{.channels = from.channels,
                              .height = strided(from.height, node.window.stride[0]),
                              .width = strided(from.width, node.window.stride[1])}) {
      return unsupported("it does more than to leave out rows and columns");
    }
    values_[given.outputs[0]] = add(std::move(node));
    return {};
  }

  /// Channels of zeros before and after.
  Done pad(const NodeValue& given) {
    MOSAIC_TRY(Node node, node_of(given, Kind::kSubsample));
    MOSAIC_TRY(const std::vector<double> pads, numbers(given, 1));
    const bool zeros = given.text("mode", "constant") == "constant";
    const bool channels_alone = pads.size() == 8 && std::ranges::all_of(std::array{0, 2, 3, 4, 6, 7}, [&](std::size_t i) { return pads[i] == 0; });
    if (!zeros || !channels_alone || pads[1] < 0 || pads[5] < 0) return unsupported("it does more than to add channels of zeros");
    if (has(given, 2)) {
      MOSAIC_TRY(const std::vector<double> value, numbers(given, 2));
      if (value.at(0) != 0) return unsupported("it adds channels that are not zero");
    }
    node.zero_channels = {static_cast<std::int64_t>(pads[1]), static_cast<std::int64_t>(pads[5])};
    values_[given.outputs[0]] = add(std::move(node));
    return {};
  }

  Done softmax(const NodeValue& given) {
    if (given.outputs[0] != output_) return unsupported("it is not the last operator");
    return same(given);
  }

  Done same(const NodeValue& given) {
    MOSAIC_TRY(const std::size_t from, source(given.inputs[0]));
    if (!has_one_reader(given.inputs[0])) shared_.insert(from);
    values_[given.outputs[0]] = from;
    return {};
  }

  const ValueTypes& types_;
  Model model_;
  Wiring wiring_;
  Network network_;
  std::string output_;
  std::map<std::string, std::size_t> values_;  ///< what makes a value
  std::set<std::size_t> shared_;               ///< nodes with a value that is read by several, one of them under another name
};

}  // namespace

Result<Network> read_network(const PreparedModel& prepared, const std::string& name) { return Reader(prepared, name).run(); }

}  // namespace mosaic::onnx

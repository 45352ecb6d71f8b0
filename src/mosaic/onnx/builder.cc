#include "mosaic/onnx/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mosaic/base/check.h"
#include "mosaic/base/random.h"
#include "mosaic/onnx/proto.h"

namespace mosaic::onnx {

struct Builder::State {
  Model model;
  Random random;
  Weights content;
  std::string prefix;                 ///< of nodes' names: the block and '/'
  std::map<std::string, int> counts;  ///< of nodes by operator, for names

  State(std::uint64_t seed, Weights weights) : random(seed), content(weights) {}
  ::onnx::GraphProto& graph() { return *proto_of(model).mutable_graph(); }
};

namespace {

void set_attribute(::onnx::NodeProto& node, const std::string& name, const Attribute& value) {
  auto& attribute = *node.add_attribute();
  attribute.set_name(name);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    attribute.set_type(::onnx::AttributeProto::INT);
    attribute.set_i(*integer);
  } else if (const auto* number = std::get_if<float>(&value)) {
    attribute.set_type(::onnx::AttributeProto::FLOAT);
    attribute.set_f(*number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    attribute.set_type(::onnx::AttributeProto::STRING);
    attribute.set_s(*text);
  } else {
    attribute.set_type(::onnx::AttributeProto::INTS);
    for (const std::int64_t each : std::get<std::vector<std::int64_t>>(value)) attribute.add_ints(each);
  }
}

void describe(::onnx::ValueInfoProto& info, const std::string& name, ElementType element, const Shape& shape) {
  info.set_name(name);
  set_type(info, element, &shape);
  for (int i = 0; i < static_cast<int>(shape.size()); ++i) {
    if (shape[static_cast<std::size_t>(i)] < 0)
      info.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(i)->set_dim_param(fmt::format("N{}", i));
  }
}

}  // namespace

Builder::Builder(std::string name, std::uint64_t seed, Weights content) : state_(std::make_unique<State>(seed, content)) {
  proto_of(state_->model).set_ir_version(8);
  proto_of(state_->model).set_producer_name("mosaic");
  auto& opset = *proto_of(state_->model).add_opset_import();
  opset.set_domain("");
  opset.set_version(17);
  state_->graph().set_name(std::move(name));
}

Builder::~Builder() = default;

std::string Builder::input(const std::string& name, const Shape& shape, ElementType element) {
  describe(*state_->graph().add_input(), name, element, shape);
  return name;
}

void Builder::block(const std::string& name) {
  MOSAIC_CHECK(!name.contains('/'));
  state_->prefix = name + '/';
}

std::string Builder::node(const std::string& op, const std::vector<std::string>& inputs, const Attributes& attributes, int outputs) {
  auto& proto = *state_->graph().add_node();
  const std::string name = fmt::format("{}{}_{}", state_->prefix, op, state_->counts[op]++);
  proto.set_op_type(op);
  proto.set_name(name);
  for (const std::string& input : inputs) proto.add_input(input);
  proto.add_output(name);
  for (int i = 1; i < outputs; ++i) proto.add_output(output_of(name, i));
  for (const auto& [key, value] : attributes) set_attribute(proto, key, value);
  return name;
}

void Builder::output(const std::string& value, const Shape& shape, ElementType element) {
  describe(*state_->graph().add_output(), value, element, shape);
}

std::string Builder::constant(const std::string& name, const Tensor& value) {
  *state_->graph().add_initializer() = to_proto(value, name);
  return name;
}

std::string Builder::constant(const std::string& name, const std::vector<std::int64_t>& values) {
  Tensor tensor(ElementType::kInt64, {static_cast<std::int64_t>(values.size())});
  std::ranges::copy(values, tensor.as<std::int64_t>().begin());
  return constant(name, tensor);
}

std::string Builder::constant(const std::string& name, float value) {
  Tensor tensor(ElementType::kFloat32, {});
  tensor.as<float>()[0] = value;
  return constant(name, tensor);
}

std::string Builder::drawn(const std::string& name, const Shape& shape, const std::function<double()>& draw) {
  if (state_->content == Weights::kLeftOut) {
    auto& proto = *state_->graph().add_initializer();
    proto.set_name(name);
    proto.set_data_type(static_cast<int>(ElementType::kFloat32));
    for (const std::int64_t extent : shape) proto.add_dims(extent);
    return name;
  }
  Tensor tensor(ElementType::kFloat32, shape);
  for (float& value : tensor.as<float>()) value = static_cast<float>(draw());
  return constant(name, tensor);
}

std::string Builder::weights(const std::string& name, const Shape& shape, double deviation) {
  return drawn(name, shape, [&] { return deviation * state_->random.normal(); });
}

std::string Builder::conv(const std::string& x, const Convolution& convolution) {
  const std::string name = fmt::format("conv_{}", state_->counts["Conv"]);
  const std::int64_t area = convolution.kernel[0] * convolution.kernel[1];
  const std::int64_t per_group = convolution.in / convolution.groups;
  const double deviation = convolution.gain * std::sqrt(2.0 / static_cast<double>(area * per_group));
  std::vector<std::string> inputs{x,
                                  weights(name + "_weight", {convolution.out, per_group, convolution.kernel[0], convolution.kernel[1]}, deviation)};
  if (convolution.bias) inputs.push_back(weights(name + "_bias", {convolution.out}, 0.01));
  return node("Conv", inputs,
              {{"kernel_shape", convolution.kernel},
               {"strides", std::vector<std::int64_t>(2, convolution.stride)},
               {"group", convolution.groups},
               {"auto_pad", convolution.auto_pad}});
}

std::string Builder::batch_norm(const std::string& x, std::int64_t channels, double gain) {
  const std::string name = fmt::format("bn_{}", state_->counts["BatchNormalization"]);
  const auto uniform = [&](const std::string& suffix, double low, double high) {
    return drawn(name + suffix, {channels}, [&] { return state_->random.uniform(low, high); });
  };
  const std::string scale = uniform("_scale", 0.9 * gain, 1.1 * gain);
  const std::string bias = weights(name + "_shift", {channels}, 0.05);
  const std::string mean = weights(name + "_mean", {channels}, 0.05);
  const std::string variance = uniform("_variance", 0.8, 1.2);
  return node("BatchNormalization", {x, scale, bias, mean, variance}, {{"epsilon", 1e-5F}});
}

std::string Builder::conv_bn(const std::string& x, Convolution convolution, const std::string& activation, double gain) {
  convolution.bias = false;
  const std::string normal = batch_norm(conv(x, convolution), convolution.out, gain);
  if (activation == "Relu6") return relu6(normal);
  return activation.empty() ? normal : node(activation, {normal});
}

std::string Builder::relu6(const std::string& x) {
  if (state_->counts["Clip"] == 0) {
    constant("zero", 0.0F);
    constant("six", 6.0F);
  }
  return node("Clip", {x, "zero", "six"});
}

std::string Builder::pool(const std::string& op, const std::string& x, std::int64_t kernel, std::int64_t stride, const std::string& auto_pad) {
  return node(op, {x},
              {{"kernel_shape", std::vector<std::int64_t>(2, kernel)}, {"strides", std::vector<std::int64_t>(2, stride)}, {"auto_pad", auto_pad}});
}

std::string Builder::pad(const std::string& x, std::int64_t pixels) {
  const std::string name = fmt::format("pads_{}", state_->counts["Pad"]);
  return node("Pad", {x, constant(name, std::vector<std::int64_t>{0, 0, pixels, pixels, 0, 0, pixels, pixels})});
}

std::string Builder::max_pool(const std::string& x, std::int64_t kernel, std::int64_t stride, const std::string& auto_pad) {
  return pool("MaxPool", x, kernel, stride, auto_pad);
}

std::string Builder::average_pool(const std::string& x, std::int64_t kernel, std::int64_t stride, const std::string& auto_pad) {
  return pool("AveragePool", x, kernel, stride, auto_pad);
}

std::string Builder::fully_connected(const std::string& flat, std::int64_t in, std::int64_t out, double gain) {
  const std::string name = fmt::format("dense_{}", state_->counts["Gemm"]);
  const std::string weight = weights(name + "_weight", {out, in}, gain * std::sqrt(2.0 / static_cast<double>(in)));
  return node("Gemm", {flat, weight, weights(name + "_bias", {out}, 0.01)}, {{"transB", std::int64_t{1}}});
}

Model Builder::build() { return std::move(state_->model); }

}  // namespace mosaic::onnx

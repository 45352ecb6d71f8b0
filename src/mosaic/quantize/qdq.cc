#include "mosaic/quantize/qdq.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "mosaic/onnx/rewrite.h"

namespace mosaic::quantize {
namespace {

using onnx::NodeValue;

Tensor scalar(float value) {
  Tensor out(ElementType::kFloat32, {});
  out.as<float>()[0] = value;
  return out;
}

Tensor scalar(std::uint8_t value) {
  Tensor out(ElementType::kUint8, {});
  out.as<std::uint8_t>()[0] = value;
  return out;
}

Tensor list(const std::vector<float>& values) {
  Tensor out(ElementType::kFloat32, {std::ssize(values)});
  std::ranges::copy(values, out.as<float>().begin());
  return out;
}

/// A constant as uint8.
Tensor to_uint8(const Tensor& real, const Affine& affine) {
  Tensor out(ElementType::kUint8, real.shape());
  const auto quantised = [&](float value) {
    return static_cast<std::uint8_t>(std::clamp(std::nearbyint(value / affine.scale) + static_cast<float>(affine.zero_point), 0.0F, 255.0F));
  };
  std::ranges::transform(real.as<float>(), out.as<std::uint8_t>().begin(), quantised);
  return out;
}

class Writer {
 public:
  Writer(const onnx::Model& model, const Scheme& scheme, const Scales& scales, const Linears& linears)
      : model_(model), scheme_(scheme), scales_(scales), linears_(linears), nodes_(onnx::node_values(model)) {
    for (const Site& site : scheme.sites) made_.insert(site.result);
  }

  onnx::Model run() {
    std::map<std::size_t, const Site*> site_of;
    std::set<std::size_t> replaced;
    for (const Site& site : scheme_.sites) {
      site_of[site.node] = &site;
      if (site.activation) replaced.insert(*site.activation);
    }
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      if (replaced.contains(n)) continue;
      if (const auto found = site_of.find(n); found != site_of.end()) {
        write(*found->second);
      } else {
        written_.push_back(nodes_[n]);
      }
    }
    return onnx::with_nodes(model_, written_, constants_);
  }

 private:
  void write(const Site& site) {
    NodeValue node = nodes_[site.node];
    for (const std::size_t i : site.reads) node.inputs[i] = read(node.inputs[i]);
    if (const auto found = linears_.find(site.node); found != linears_.end()) {
      const Linear& linear = found->second;
      const float input_scale = scales_.at(nodes_[site.node].inputs[0]).scale;
      node.inputs[1] = write_weights(site.result + "/mosaic_weights", linear.weights);
      if (!linear.bias.empty()) {
        node.inputs.resize(std::max<std::size_t>(node.inputs.size(), 3));
        node.inputs[2] = write_bias(site.result + "/mosaic_bias", linear.bias, bias_scales(input_scale, linear.weights.scales));
      }
    }
    node.outputs = {site.result + "/mosaic_real"};
    const std::string real = node.outputs[0];
    written_.push_back(std::move(node));
    quantize(real, site.result);
    dequantize(site.result, site.result);
  }

  /// The name under which sites read a value.
  std::string read(const std::string& value) {
    if (made_.contains(value)) return value;
    const std::string name = value + "/mosaic_read";
    if (!read_.insert(value).second) return name;
    if (const auto held = onnx::constant(model_, value)) {
      constants_.insert_or_assign(value + "/mosaic_uint8", to_uint8(*held, scales_.at(value)));
    } else {
      quantize(value, value);
    }
    dequantize(value, name);
    return name;
  }

  void add_scale(const std::string& value) {
    const Affine& affine = scales_.at(value);
    constants_.insert_or_assign(value + "/mosaic_scale", scalar(affine.scale));
    constants_.insert_or_assign(value + "/mosaic_zero_point", scalar(affine.zero_point));
  }
  void quantize(const std::string& real, const std::string& value) {
    add_scale(value);
    add("QuantizeLinear", {real, value + "/mosaic_scale", value + "/mosaic_zero_point"}, value + "/mosaic_uint8", {});
  }
  void dequantize(const std::string& value, const std::string& real) {
    add_scale(value);
    add("DequantizeLinear", {value + "/mosaic_uint8", value + "/mosaic_scale", value + "/mosaic_zero_point"}, real, {});
  }

  std::string write_weights(const std::string& name, const QuantizedWeights& weights) {
    constants_.insert_or_assign(name + "/mosaic_int8", weights.values);
    constants_.insert_or_assign(name + "/mosaic_scale", list(weights.scales));
    constants_.insert_or_assign(name + "/mosaic_zero_point", Tensor(ElementType::kInt8, {std::ssize(weights.scales)}));
    add("DequantizeLinear", {name + "/mosaic_int8", name + "/mosaic_scale", name + "/mosaic_zero_point"}, name,
        {{"axis", static_cast<std::int64_t>(weights.axis)}});
    return name;
  }

  std::string write_bias(const std::string& name, const std::vector<float>& bias, const std::vector<float>& scales) {
    constants_.insert_or_assign(name + "/mosaic_int32", quantize_bias(bias, scales));
    constants_.insert_or_assign(name + "/mosaic_scale", list(scales));
    add("DequantizeLinear", {name + "/mosaic_int32", name + "/mosaic_scale"}, name, {{"axis", std::int64_t{0}}});
    return name;
  }

  void add(const std::string& op, std::vector<std::string> inputs, const std::string& output, onnx::Attributes attributes) {
    written_.push_back(
        {.op = op, .name = output + "/" + op, .inputs = std::move(inputs), .outputs = {output}, .attributes = std::move(attributes), .source = {}});
  }

  const onnx::Model& model_;
  const Scheme& scheme_;
  const Scales& scales_;
  const Linears& linears_;
  std::vector<NodeValue> nodes_;
  std::set<std::string> made_;  // by sites
  std::set<std::string> read_;  // values from elsewhere that have their pair of nodes
  std::vector<NodeValue> written_;
  std::map<std::string, Tensor> constants_;
};

}  // namespace

Linears quantize_linears(const onnx::Model& model, const Scheme& scheme, const Scales& scales, int bits) {
  const std::vector<NodeValue> nodes = onnx::node_values(model);
  Linears linears;
  for (const Site& site : scheme.sites) {
    if (site.kind != Site::Kind::kLinear) continue;
    const NodeValue& node = nodes[site.node];
    Linear& linear = linears[site.node];
    if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
      const Tensor bias = onnx::constant(model, node.inputs[2]).value();
      linear.bias.assign(bias.as<float>().begin(), bias.as<float>().end());
    }
    linear.weights = quantize_weights(onnx::constant(model, node.inputs[1]).value(), site.axis, bits, linear.bias, scales.at(node.inputs[0]).scale);
  }
  return linears;
}

onnx::Model write_qdq(const onnx::Model& model, const Scheme& scheme, const Scales& scales, const Linears& linears) {
  return Writer(model, scheme, scales, linears).run();
}

}  // namespace mosaic::quantize

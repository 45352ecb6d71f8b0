#include "mosaic/onnx/zoo_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "mosaic/onnx/proto.h"

namespace mosaic::onnx {
namespace {

using ::onnx::NodeProto;
using Shapes = std::vector<Shape>;

std::int64_t integer(const NodeProto& node, std::string_view name, std::int64_t fallback) {
  const auto* attribute = find_attribute(node, name);
  return attribute == nullptr ? fallback : attribute->i();
}

/// What a window of `kernel` that slides over an image of N x C x H x W leaves, with so many channels; nothing for a padding that the zoo does not
/// use.
std::optional<Shape> slide(const NodeProto& node, const Shape& image, std::int64_t channels, const Shape& kernel) {
  const auto* padding = find_attribute(node, "auto_pad");
  const auto* strides = find_attribute(node, "strides");
  if (image.size() != 4 || kernel.size() != 2 || padding == nullptr || strides == nullptr || strides->ints_size() != 2) return std::nullopt;
  const bool same = padding->s() == "SAME_UPPER";
  if (!same && padding->s() != "VALID") return std::nullopt;
  Shape out{image[0], channels, 0, 0};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t stride = strides->ints(static_cast<int>(axis));
    const std::int64_t room = image[axis + 2] - (same ? 1 : kernel[axis]);
    out[axis + 2] = room / stride + 1;
  }
  return out;
}

std::optional<Shape> convolved(const NodeProto& node, const Shapes& in) {
  return in.size() >= 2 && in[1].size() == 4 ? slide(node, in[0], in[1][0], {in[1][2], in[1][3]}) : std::nullopt;
}

std::optional<Shape> pooled(const NodeProto& node, const Shapes& in) {
  const auto* kernel = find_attribute(node, "kernel_shape");
  if (kernel == nullptr || in[0].size() != 4) return std::nullopt;
  return slide(node, in[0], in[0][1], {kernel->ints().begin(), kernel->ints().end()});
}

std::optional<Shape> pooled_wholly(const NodeProto& /*node*/, const Shapes& in) {
  return in[0].size() == 4 ? std::optional(Shape{in[0][0], in[0][1], 1, 1}) : std::nullopt;
}

std::optional<Shape> joined(const NodeProto& node, const Shapes& in) {
  const auto axis = static_cast<std::size_t>(integer(node, "axis", 0));
  Shape out = in[0];
  if (axis >= out.size()) return std::nullopt;
  for (std::size_t i = 1; i < in.size(); ++i) {
    if (in[i].size() != out.size()) return std::nullopt;
    out[axis] += in[i][axis];
  }
  return out;
}

std::optional<Shape> summed(const NodeProto& /*node*/, const Shapes& in) {
  return in.size() == 2 && in[0] == in[1] ? std::optional(in[0]) : std::nullopt;
}

std::optional<Shape> flattened(const NodeProto& node, const Shapes& in) {
  const auto count = element_count(in[0]);
  if (integer(node, "axis", 1) != 1 || in[0].empty() || in[0][0] < 1 || !count) return std::nullopt;
  return Shape{in[0][0], *count / in[0][0]};
}

std::optional<Shape> multiplied(const NodeProto& node, const Shapes& in) {
  if (in.size() < 2 || in[0].size() != 2 || in[1].size() != 2 || integer(node, "transA", 0) != 0 || integer(node, "transB", 0) != 1)
    return std::nullopt;
  return Shape{in[0][0], in[1][0]};
}

std::optional<Shape> kept(const NodeProto& /*node*/, const Shapes& in) { return in[0]; }

/// An image with zeros around it, as many as the constant in second place says.
std::optional<Shape> padded(const ::onnx::GraphProto& graph, const NodeProto& node, const Shapes& in) {
  const auto pads = std::ranges::find(graph.initializer(), node.input(1), [](const auto& each) { return each.name(); });
  if (pads == graph.initializer().end() || in[0].size() != 4 || pads->raw_data().size() != 8 * sizeof(std::int64_t)) return std::nullopt;
  std::array<std::int64_t, 8> amounts{};
  std::memcpy(amounts.data(), pads->raw_data().data(), sizeof amounts);
  Shape out = in[0];
  for (std::size_t axis = 0; axis < 4; ++axis) out[axis] += amounts.at(axis) + amounts.at(axis + 4);
  return out;
}

/// The shape of an operator's only output.
struct Rule {
  std::string_view op;
  std::optional<Shape> (*result)(const NodeProto&, const Shapes&);
};
constexpr std::array kRules{
    Rule{"Add", summed},
    Rule{"AveragePool", pooled},
    Rule{"BatchNormalization", kept},
    Rule{"Clip", kept},
    Rule{"Concat", joined},
    Rule{"Conv", convolved},
    Rule{"Flatten", flattened},
    Rule{"Gemm", multiplied},
    Rule{"GlobalAveragePool", pooled_wholly},
    Rule{"MaxPool", pooled},
    Rule{"ReduceMean", pooled_wholly},
    Rule{"Relu", kept},
    Rule{"Softmax", kept},
};

class ZooEvaluator final : public Evaluator {
 public:
  Result<ValueTypes> infer(const Model& model) override {
    const ::onnx::GraphProto& graph = proto_of(model).graph();
    std::map<std::string, Shape> shapes;
    for (const auto& initializer : graph.initializer()) shapes[initializer.name()] = shape_of(initializer);
    ValueTypes types;
    const auto learn = [&](const std::string& name, Shape shape) {
      types[name] = {.element = ElementType::kFloat32, .shape = shape};
      shapes[name] = std::move(shape);
    };
    for (const auto& input : graph.input()) {
      Shape shape;
      for (const auto& extent : input.type().tensor_type().shape().dim()) shape.push_back(extent.dim_value());
      learn(input.name(), std::move(shape));
    }
    for (const NodeProto& node : graph.node()) {
      const auto* rule = std::ranges::find(kRules, std::string_view(node.op_type()), &Rule::op);
      Shapes inputs;
      for (const std::string& name : node.input()) inputs.push_back(shapes[name]);
      std::optional<Shape> shape = rule == kRules.end() || inputs.empty() ? std::nullopt : rule->result(node, inputs);
      if (node.op_type() == "Pad" && node.input_size() == 2) shape = padded(graph, node, inputs);
      if (!shape || node.output_size() != 1) {
        return fail(ErrorCode::kUnsupported,
                    fmt::format("node '{}': the zoo knows no shape of this {} without an engine", node.name(), node.op_type()));
      }
      learn(node.output(0), *shape);
    }
    return types;
  }

  Result<std::vector<Tensor>> evaluate(const Model& /*model*/) override {
    return fail(ErrorCode::kUnsupported, "only an engine can evaluate operators");
  }
};

}  // namespace

std::unique_ptr<Evaluator> make_zoo_evaluator() { return std::make_unique<ZooEvaluator>(); }

}  // namespace mosaic::onnx

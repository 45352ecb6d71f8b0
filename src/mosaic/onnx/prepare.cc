#include "mosaic/onnx/prepare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "mosaic/onnx/extract.h"
#include "mosaic/onnx/proto.h"

namespace mosaic::onnx {
namespace {

using ::onnx::GraphProto;
using ::onnx::NodeProto;

std::set<std::string> initializer_names(const GraphProto& graph) {
  std::set<std::string> names;
  for (const auto& initializer : graph.initializer()) names.insert(initializer.name());
  for (const auto& initializer : graph.sparse_initializer()) names.insert(initializer.values().name());
  return names;
}

/// Before IR 4 every initialiser had to be an input as well.
void drop_default_inputs(::onnx::ModelProto& proto) {
  const std::set<std::string> initialized = initializer_names(proto.graph());
  auto& inputs = *proto.mutable_graph()->mutable_input();
  inputs.erase(std::remove_if(inputs.begin(), inputs.end(), [&](const auto& input) { return initialized.contains(input.name()); }), inputs.end());
  proto.set_ir_version(std::max<std::int64_t>(proto.ir_version(), 4));
}

/// An initialiser that is an output gets a node that hands it out, so that every output is made by a node.
void hand_out_constants(GraphProto& graph) {
  const std::set<std::string> initialized = initializer_names(graph);
  for (const auto& output : graph.output()) {
    if (!initialized.contains(output.name())) continue;
    const std::string renamed = output.name() + "/mosaic_constant";
    for (auto& initializer : *graph.mutable_initializer()) {
      if (initializer.name() == output.name()) initializer.set_name(renamed);
    }
    for (auto& initializer : *graph.mutable_sparse_initializer()) {
      if (initializer.values().name() == output.name()) initializer.mutable_values()->set_name(renamed);
    }
    NodeProto node;
    node.set_op_type("Identity");
    node.add_input(renamed);
    node.add_output(output.name());
    *graph.add_node() = std::move(node);
  }
}

/// "batchx3x224x224", with 1 in place of symbolic extents if `concrete`.
std::string describe_shape(const ::onnx::TensorShapeProto& shape, bool concrete) {
  std::vector<std::string> extents;
  for (const auto& extent : shape.dim()) {
    const bool fixed = extent.has_dim_value() && extent.dim_value() >= 0;
    if (fixed) {
      extents.push_back(std::to_string(extent.dim_value()));
    } else {
      extents.push_back(concrete ? "1" : extent.dim_param().empty() ? "?" : extent.dim_param());
    }
  }
  return fmt::format("{}", fmt::join(extents, "x"));
}

Result<void> fix_shape(::onnx::ValueInfoProto& input, const Shape* wanted) {
  if (!input.type().has_tensor_type()) {
    return wanted == nullptr ? Result<void>() : invalid(fmt::format("input '{}' is no tensor and takes no shape", input.name()));
  }
  const bool known_rank = input.type().tensor_type().has_shape();
  const ::onnx::TensorShapeProto shape = input.type().tensor_type().shape();
  if (wanted == nullptr) {
    if (!known_rank)
      return invalid(fmt::format("input '{}' says nothing of its shape: give one, for example --shape {}=1x3x224x224", input.name(), input.name()));
    for (const auto& extent : shape.dim()) {
      if (extent.has_dim_value() && extent.dim_value() >= 0) continue;
      return invalid(fmt::format("input '{}' has the symbolic shape {}: give one, for example --shape {}={}", input.name(),
                                 describe_shape(shape, false), input.name(), describe_shape(shape, true)));
    }
    return {};
  }
  if (std::ranges::any_of(*wanted, [](std::int64_t extent) { return extent < 0; })) {
    return invalid(fmt::format("the shape given for input '{}' has a negative extent ({})", input.name(), to_string(*wanted)));
  }
  if (known_rank && shape.dim_size() != static_cast<int>(wanted->size())) {
    return invalid(fmt::format("input '{}' has {} extents ({}), the shape given for it {} ({})", input.name(), shape.dim_size(),
                               describe_shape(shape, false), wanted->size(), to_string(*wanted)));
  }
  for (int i = 0; i < shape.dim_size(); ++i) {
    const auto& extent = shape.dim(i);
    if (extent.has_dim_value() && extent.dim_value() >= 0 && extent.dim_value() != (*wanted)[static_cast<std::size_t>(i)]) {
      return invalid(fmt::format("input '{}' is fixed to {}, it cannot be {}", input.name(), describe_shape(shape, false), to_string(*wanted)));
    }
  }
  set_type(input, static_cast<ElementType>(input.type().tensor_type().elem_type()), wanted);
  return {};
}

/// Fixes the inputs' shapes and forgets what the file says of all others: it was true for the symbolic ones.
Result<void> fix_shapes(::onnx::ModelProto& proto, const InputShapes& shapes) {
  GraphProto& graph = *proto.mutable_graph();
  std::set<std::string> known;
  for (const auto& input : graph.input()) known.insert(input.name());
  for (const auto& [name, shape] : shapes) {
    if (!known.contains(name)) {
      return invalid(fmt::format("a shape is given for '{}', but the model's inputs are {}", name, fmt::join(known, ", ")));
    }
  }
  for (auto& input : *graph.mutable_input()) {
    const auto wanted = shapes.find(input.name());
    MOSAIC_RETURN_IF_ERROR(fix_shape(input, wanted == shapes.end() ? nullptr : &wanted->second));
  }
  graph.clear_value_info();
  for (auto& output : *graph.mutable_output()) {
    if (output.type().has_tensor_type()) output.mutable_type()->mutable_tensor_type()->clear_shape();
  }
  return {};
}

/// Indices of the nodes that some output needs, in topological order; equal ones in the order of the file.
Result<std::vector<int>> needed_in_order(const GraphProto& graph) {
  std::map<std::string, int> maker;
  for (int n = 0; n < graph.node_size(); ++n) {
    for (const std::string& name : graph.node(n).output()) {
      if (name.empty()) continue;
      if (!maker.emplace(name, n).second) return invalid(fmt::format("value '{}' is made by two nodes", name));
    }
  }
  std::vector<std::vector<int>> needs(static_cast<std::size_t>(graph.node_size()));
  std::vector<std::vector<int>> users(needs.size());
  for (int n = 0; n < graph.node_size(); ++n) {
    std::set<int> makers;
    for (const std::string& name : used_names(graph.node(n))) {
      if (const auto found = maker.find(name); found != maker.end()) makers.insert(found->second);
    }
    needs[static_cast<std::size_t>(n)].assign(makers.begin(), makers.end());
    for (const int m : makers) users[static_cast<std::size_t>(m)].push_back(n);
  }
  std::vector<bool> needed(needs.size(), false);
  std::vector<int> pending;
  for (const auto& output : graph.output()) {
    if (const auto found = maker.find(output.name()); found != maker.end()) pending.push_back(found->second);
  }
  while (!pending.empty()) {
    const auto n = static_cast<std::size_t>(pending.back());
    pending.pop_back();
    if (needed[n]) continue;
    needed[n] = true;
    pending.insert(pending.end(), needs[n].begin(), needs[n].end());
  }
  std::vector<std::size_t> waiting(needs.size());
  std::set<int> ready;
  for (std::size_t n = 0; n < needs.size(); ++n) {
    waiting[n] = needs[n].size();
    if (needed[n] && waiting[n] == 0) ready.insert(static_cast<int>(n));
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int n = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(n);
    for (const int user : users[static_cast<std::size_t>(n)]) {
      if (--waiting[static_cast<std::size_t>(user)] == 0 && needed[static_cast<std::size_t>(user)]) ready.insert(user);
    }
  }
  if (static_cast<std::ptrdiff_t>(order.size()) != std::ranges::count(needed, true)) return invalid("the model's nodes form a cycle");
  return order;
}

/// Keeps these nodes, in this order.
void keep_nodes(GraphProto& graph, std::span<const int> order) {
  ::google::protobuf::RepeatedPtrField<NodeProto> kept;
  kept.Reserve(static_cast<int>(order.size()));
  for (const int n : order) *kept.Add() = std::move(*graph.mutable_node(n));
  graph.mutable_node()->Swap(&kept);
}

void drop_unused_initializers(GraphProto& graph) {
  std::set<std::string> used;
  for (const auto& node : graph.node()) used.merge(used_names(node));
  for (const auto& output : graph.output()) used.insert(output.name());
  auto& initializers = *graph.mutable_initializer();
  initializers.erase(std::remove_if(initializers.begin(), initializers.end(), [&](const auto& each) { return !used.contains(each.name()); }),
                     initializers.end());
}

/// What must not be evaluated ahead: results that differ from run to run, and integer weights, which would lose their form.
bool must_stay(const NodeProto& node) {
  constexpr std::array<std::string_view, 9> kOps{"RandomNormal", "RandomUniform",    "RandomNormalLike", "RandomUniformLike",    "Multinomial",
                                                 "Bernoulli",    "DequantizeLinear", "QuantizeLinear",   "DynamicQuantizeLinear"};
  return std::ranges::find(kOps, node.op_type()) != kOps.end();
}

/// The constant that `Shape` or `Size` of a static tensor is.
std::optional<Tensor> shape_constant(const NodeProto& node, const ValueTypes& types) {
  if (!node.domain().empty() && node.domain() != "ai.onnx") return std::nullopt;
  if ((node.op_type() != "Shape" && node.op_type() != "Size") || node.input_size() != 1) return std::nullopt;
  const auto found = types.find(node.input(0));
  if (found == types.end() || !found->second.shape) return std::nullopt;
  const Shape& shape = *found->second.shape;
  if (node.op_type() == "Size") {
    const auto count = element_count(shape);
    if (!count) return std::nullopt;
    Tensor size(ElementType::kInt64, {});
    size.as<std::int64_t>()[0] = *count;
    return size;
  }
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto bound = [&](std::string_view name, std::int64_t fallback) {
    const auto* attribute = find_attribute(node, name);
    const std::int64_t value = attribute == nullptr ? fallback : attribute->i();
    return std::clamp<std::int64_t>(value < 0 ? value + rank : value, 0, rank);
  };
  const std::int64_t begin = bound("start", 0);
  const std::int64_t end = std::max(begin, bound("end", rank));
  Tensor extents(ElementType::kInt64, {end - begin});
  std::copy(shape.begin() + begin, shape.begin() + end, extents.as<std::int64_t>().begin());
  return extents;
}

/// Names and values of what can be known ahead.
struct Constants {
  std::set<int> nodes;  ///< that become superfluous
  std::vector<::onnx::TensorProto> initializers;
};

/// A few bytes of a file can stand for any size of constant (ConstantOfShape, Tile): what is larger is left to the engine.
constexpr Bytes kMostFolded{std::int64_t{1} << 29};
constexpr Bytes kTooMuch{kMostFolded.value + 1};  // what cannot even be counted

Constants find_constants(const Model& model, const ValueTypes& types, Evaluator& evaluator) {
  const GraphProto& graph = proto_of(model).graph();
  Bytes folded;
  Constants constants;
  std::set<std::string> known = initializer_names(graph);
  std::set<std::string> outputs;
  for (const auto& output : graph.output()) outputs.insert(output.name());
  std::vector<std::size_t> evaluated;
  for (int n = 0; n < graph.node_size(); ++n) {
    const NodeProto& node = graph.node(n);
    if (std::ranges::any_of(node.output(), [&](const std::string& name) { return outputs.contains(name); })) continue;
    if (const auto extents = shape_constant(node, types)) {
      constants.initializers.push_back(to_proto(*extents, node.output(0)));
    } else {
      const auto used = used_names(node);
      if (must_stay(node) || !std::ranges::all_of(used, [&](const std::string& name) { return known.contains(name); })) continue;
      Bytes with_node = folded;
      const auto movable = [&](const std::string& name) {
        if (name.empty()) return true;
        const auto found = types.find(name);
        if (found == types.end() || element_size(found->second.element) == 0) return false;
        if (found->second.shape) with_node = saturating_add(with_node, byte_size(found->second.element, *found->second.shape).value_or(kTooMuch));
        return with_node <= kMostFolded;
      };
      if (!std::ranges::all_of(node.output(), movable)) continue;
      folded = with_node;
      evaluated.push_back(static_cast<std::size_t>(n));
    }
    constants.nodes.insert(n);
    for (const std::string& name : node.output()) {
      if (!name.empty()) known.insert(name);
    }
  }
  if (evaluated.empty()) return constants;

  std::set<std::string> wanted;  // made by an evaluated node, used by another one
  for (int n = 0; n < graph.node_size(); ++n) {
    if (!constants.nodes.contains(n)) wanted.merge(used_names(graph.node(n)));
  }
  std::vector<std::string> results;
  for (const std::size_t n : evaluated) {
    for (const std::string& name : graph.node(static_cast<int>(n)).output()) {
      if (wanted.contains(name)) results.push_back(name);
    }
  }
  if (results.empty()) return constants;
  Model part = extract(model, evaluated, {}, results, types);
  for (const auto& initializer : constants.initializers) *proto_of(part).mutable_graph()->add_initializer() = initializer;
  const auto values = evaluator.evaluate(part);
  Bytes made;  // some of it of shapes that nobody knew
  for (std::size_t i = 0; values && i < values->size(); ++i) made += Bytes{std::ssize((*values)[i].bytes())};
  if (!values || made > kMostFolded) {  // the engine can do this only as part of the whole, so there it stays
    for (const std::size_t n : evaluated) constants.nodes.erase(static_cast<int>(n));
    return constants;
  }
  for (std::size_t i = 0; i < results.size(); ++i) constants.initializers.push_back(to_proto((*values)[i], results[i]));
  return constants;
}

void replace_constants(GraphProto& graph, Constants constants) {
  std::vector<int> rest;
  for (int n = 0; n < graph.node_size(); ++n) {
    if (!constants.nodes.contains(n)) rest.push_back(n);
  }
  keep_nodes(graph, rest);
  for (auto& initializer : constants.initializers) *graph.add_initializer() = std::move(initializer);
  drop_unused_initializers(graph);
}

}  // namespace

Result<PreparedModel> prepare(Model model, const InputShapes& shapes, Evaluator& evaluator) {
  ::onnx::ModelProto& proto = proto_of(model);
  GraphProto& graph = *proto.mutable_graph();
  drop_default_inputs(proto);
  hand_out_constants(graph);
  MOSAIC_RETURN_IF_ERROR(fix_shapes(proto, shapes));
  MOSAIC_TRY(const std::vector<int> order, needed_in_order(graph));
  keep_nodes(graph, order);
  drop_unused_initializers(graph);

  constexpr int kMostRounds = 16;  // each round can make more shapes static; real models need two
  for (int round = 0;; ++round) {
    MOSAIC_TRY(ValueTypes types, evaluator.infer(model));
    Constants constants = find_constants(model, types, evaluator);
    if (constants.nodes.empty() || round == kMostRounds) return PreparedModel{.model = std::move(model), .types = std::move(types)};
    replace_constants(graph, std::move(constants));
  }
}

}  // namespace mosaic::onnx

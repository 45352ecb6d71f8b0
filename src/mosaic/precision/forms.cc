#include "mosaic/precision/forms.h"

#include <algorithm>
#include <map>
#include <optional>

#include "mosaic/base/check.h"

namespace mosaic::precision {
namespace {

/// Which layer makes a value.
std::map<std::string, std::size_t> makers(const Graph& graph) {
  std::map<std::string, std::size_t> out;
  for (std::size_t l = 0; l < graph.layers.size(); ++l) {
    for (const NodeId node : graph.layers[l].nodes) {
      for (const TensorId made : graph.node(node).outputs) out[graph.tensor(made).name] = l;
    }
  }
  return out;
}

/// The node of the layer's first sum of two tensors behind a node that multiplies, by its place in the layer.
std::optional<std::size_t> sum_in(const Graph& graph, const Layer& layer) {
  bool multiplied = false;
  for (std::size_t i = 0; i < layer.nodes.size(); ++i) {
    const GraphNode& node = graph.node(layer.nodes[i]);
    if (multiplied && node.op == "Add" && node.inputs.size() == 2) return i;
    multiplied = multiplied || node.macs > 0;
  }
  return std::nullopt;
}

/// A value of the quantised model by the float model's name for it.
std::string float_name(const std::string& value) { return value.substr(0, value.find("/mosaic_")); }

}  // namespace

std::string_view name(Form form) {
  switch (form) {
    case Form::kFloat:
      return "float";
    case Form::kInt8:
      return "int8";
    case Form::kInt8FloatSum:
      return "int8, sum in float";
  }
  return "";
}

std::vector<LayerForms> layer_forms(const Graph& graph, const quantize::Scheme& scheme) {
  const auto maker = makers(graph);
  std::vector<LayerForms> forms(graph.layers.size());
  for (const quantize::Site& site : scheme.sites) {
    const auto found = maker.find(site.result);
    if (found == maker.end()) continue;
    forms[found->second].integer = true;
    if (site.kind == quantize::Site::Kind::kLinear) forms[found->second].linear = true;
  }
  for (std::size_t l = 0; l < forms.size(); ++l) forms[l].sum = forms[l].linear && sum_in(graph, graph.layers[l]).has_value();
  return forms;
}

std::vector<std::string> kept_nodes(const Graph& graph, std::span<const Form> forms) {
  MOSAIC_CHECK(forms.size() == graph.layers.size());
  std::vector<std::string> kept;
  for (std::size_t l = 0; l < forms.size(); ++l) {
    const Layer& layer = graph.layers[l];
    const std::size_t first = forms[l] == Form::kFloat ? 0 : forms[l] == Form::kInt8 ? layer.nodes.size() : *sum_in(graph, layer);
    for (std::size_t i = first; i < layer.nodes.size(); ++i) {
      const GraphNode& node = graph.node(layer.nodes[i]);
      if (!node.outputs.empty()) kept.push_back(graph.tensor(node.outputs[0]).name);
    }
  }
  return kept;
}

std::vector<double> times_by_float_layer(const Graph& graph, const Graph& quantised, std::span<const double> times) {
  MOSAIC_CHECK(times.size() == quantised.layers.size());
  const auto maker = makers(graph);
  std::vector<double> out(graph.layers.size(), 0.0);
  for (std::size_t l = 0; l < quantised.layers.size(); ++l) {
    std::size_t owner = 0;
    for (const NodeId id : quantised.layers[l].nodes) {
      const GraphNode& node = quantised.node(id);
      for (const TensorId made : node.outputs) {
        if (const auto found = maker.find(float_name(quantised.tensor(made).name)); found != maker.end()) owner = found->second;
      }
      if (node.macs > 0) break;
    }
    out[owner] += times[l];
  }
  return out;
}

}  // namespace mosaic::precision

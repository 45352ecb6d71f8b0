#include "mosaic/graph/assemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace mosaic {
namespace {

class Assembler {
 public:
  Assembler(UngroupedGraph graph, const Wiring& wiring, Grouping grouping) : in_(std::move(graph)), wiring_(wiring), grouping_(std::move(grouping)) {}

  Graph run() {
    Graph graph;
    graph.layers.resize(grouping_.groups);
    for (std::size_t n = 0; n < in_.nodes.size(); ++n) graph.layers[grouping_.group[n]].nodes.emplace_back(n);
    add_boundaries(graph);
    for (Layer& layer : graph.layers) summarise(layer);
    add_cuts(graph);

    Hasher hasher;
    for (const GraphNode& node : in_.nodes) {
      hasher.add(node.signature).add(node.inputs.size()).add(node.outputs.size());
      for (const TensorId id : node.inputs) hasher.add(id.value);
      for (const TensorId id : node.outputs) hasher.add(id.value);
    }
    for (const GraphTensor& tensor : in_.tensors) hasher.add(tensor.name).add(tensor.element).add(tensor.shape ? to_string(*tensor.shape) : "?");
    for (const auto* list : {&in_.inputs, &in_.outputs}) {
      hasher.add(list->size());
      for (const TensorId id : *list) hasher.add(id.value);
    }
    graph.fingerprint = hasher.fingerprint();
    graph.name = std::move(in_.name);
    graph.tensors = std::move(in_.tensors);
    graph.nodes = std::move(in_.nodes);
    graph.inputs = std::move(in_.inputs);
    graph.outputs = std::move(in_.outputs);
    graph.joins = std::move(grouping_.joins);
    return graph;
  }

 private:
  /// Tensors in the order of their ids, so that a layer's lists do not depend on how its nodes name them.
  void add_boundaries(Graph& graph) const {
    for (std::size_t t = 0; t < in_.tensors.size(); ++t) {
      const std::size_t made_in = wiring_.producer[t] == Wiring::kNone ? Wiring::kNone : grouping_.group[wiring_.producer[t]];
      bool used_outside = wiring_.is_output[t];
      std::vector<std::size_t> users;
      for (const std::size_t consumer : wiring_.consumers[t]) users.push_back(grouping_.group[consumer]);
      std::ranges::sort(users);
      users.erase(std::ranges::unique(users).begin(), users.end());
      for (const std::size_t user : users) {
        if (user == made_in) continue;
        graph.layers[user].inputs.emplace_back(t);
        used_outside = true;
      }
      if (made_in != Wiring::kNone && used_outside) graph.layers[made_in].outputs.emplace_back(t);
    }
  }

  void summarise(Layer& layer) const {
    Hasher hasher;
    std::unordered_map<std::uint32_t, std::size_t> local;  // tensors numbered as they appear, so that equal layers hash alike
    std::size_t main = layer.nodes.front().index();
    for (const NodeId id : layer.nodes) {
      const GraphNode& node = in_.nodes[id.index()];
      if (!layer.kind.empty()) layer.kind += '+';
      layer.kind += without_domain(node.op);
      layer.macs = saturating_add(layer.macs, node.macs);
      layer.parameters = saturating_add(layer.parameters, node.parameters);
      layer.weights = saturating_add(layer.weights, node.weights);
      if (node.macs > in_.nodes[main].macs) main = id.index();
      hasher.add(node.signature);
      for (const auto* list : {&node.inputs, &node.outputs}) {
        for (const TensorId tensor : *list) hasher.add(local.try_emplace(tensor.value, local.size()).first->second);
      }
    }
    for (const auto* list : {&layer.inputs, &layer.outputs}) {
      for (const TensorId id : *list) {
        layer.activations = saturating_add(layer.activations, in_.tensors[id.index()].bytes().value_or(Bytes{}));
        if (const auto found = local.find(id.value); found != local.end()) hasher.add(found->second);
      }
    }
    layer.name = in_.nodes[main].name;
    layer.signature = hasher.fingerprint();
  }

  void add_cuts(Graph& graph) const {
    if (grouping_.groups < 2) return;
    graph.cuts.resize(grouping_.groups - 1);
    for (std::size_t t = 0; t < in_.tensors.size(); ++t) {
      if (wiring_.producer[t] == Wiring::kNone) continue;
      const std::size_t last = grouping_.last_use(wiring_, t);
      for (std::size_t g = grouping_.group[wiring_.producer[t]]; g < last; ++g) {
        graph.cuts[g].tensors.emplace_back(t);
        graph.cuts[g].bytes = saturating_add(graph.cuts[g].bytes, *in_.tensors[t].bytes());
      }
    }
  }

  UngroupedGraph in_;
  const Wiring& wiring_;
  Grouping grouping_;
};

}  // namespace

std::string_view without_domain(std::string_view op) {
  const std::size_t dot = op.rfind('.');
  return dot == std::string_view::npos ? op : op.substr(dot + 1);
}

Result<Wiring> wire(const UngroupedGraph& graph) {
  Wiring wiring{.producer = std::vector(graph.tensors.size(), Wiring::kNone),
                .consumers = std::vector<std::vector<std::size_t>>(graph.tensors.size()),
                .is_output = std::vector(graph.tensors.size(), false)};
  std::vector<bool> made(graph.tensors.size(), false);
  for (const TensorId id : graph.inputs) made[id.index()] = true;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const TensorId id : graph.nodes[n].inputs) {
      if (!made[id.index()]) {
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("node '{}' uses '{}' before it is made", graph.nodes[n].name, graph.tensors[id.index()].name));
      }
      wiring.consumers[id.index()].push_back(n);
    }
    for (const TensorId id : graph.nodes[n].outputs) {
      if (made[id.index()]) return fail(ErrorCode::kInvalidInput, fmt::format("tensor '{}' is made twice", graph.tensors[id.index()].name));
      made[id.index()] = true;
      wiring.producer[id.index()] = n;
    }
  }
  for (const TensorId id : graph.outputs) {
    if (!made[id.index()]) return fail(ErrorCode::kInvalidInput, fmt::format("output '{}' is never made", graph.tensors[id.index()].name));
    wiring.is_output[id.index()] = true;
  }
  return wiring;
}

std::size_t Grouping::last_use(const Wiring& wiring, std::size_t tensor) const {
  std::size_t last = group[wiring.producer[tensor]];
  for (const std::size_t consumer : wiring.consumers[tensor]) last = std::max(last, group[consumer]);
  return last;
}

Graph assemble(UngroupedGraph graph, const Wiring& wiring, Grouping grouping) {
  return Assembler(std::move(graph), wiring, std::move(grouping)).run();
}

}  // namespace mosaic

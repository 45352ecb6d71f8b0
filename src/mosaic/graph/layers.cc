#include "mosaic/graph/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <unordered_map>

namespace mosaic {
namespace {

constexpr std::array<std::string_view, 2> kLeaders{"DequantizeLinear", "Pad"};

constexpr std::array<std::string_view, 76> kFollowers{"Abs",
                                                      "Add",
                                                      "And",
                                                      "BatchNormalization",
                                                      "BiasGelu",
                                                      "Cast",
                                                      "CastLike",
                                                      "Ceil",
                                                      "Celu",
                                                      "Clip",
                                                      "Cos",
                                                      "Div",
                                                      "Dropout",
                                                      "Elu",
                                                      "Equal",
                                                      "Erf",
                                                      "Exp",
                                                      "FastGelu",
                                                      "Flatten",
                                                      "Floor",
                                                      "Gelu",
                                                      "Greater",
                                                      "GreaterOrEqual",
                                                      "HardSigmoid",
                                                      "HardSwish",
                                                      "Identity",
                                                      "IsNaN",
                                                      "LayerNormalization",
                                                      "LeakyRelu",
                                                      "Less",
                                                      "LessOrEqual",
                                                      "Log",
                                                      "LogSoftmax",
                                                      "Max",
                                                      "Mean",
                                                      "Min",
                                                      "Mish",
                                                      "Mod",
                                                      "Mul",
                                                      "Neg",
                                                      "Not",
                                                      "Or",
                                                      "PRelu",
                                                      "Pow",
                                                      "QuantizeLinear",
                                                      "QuickGelu",
                                                      "Reciprocal",
                                                      "ReduceL1",
                                                      "ReduceL2",
                                                      "ReduceMax",
                                                      "ReduceMean",
                                                      "ReduceMin",
                                                      "ReduceProd",
                                                      "ReduceSum",
                                                      "Relu",
                                                      "Reshape",
                                                      "Round",
                                                      "Selu",
                                                      "Shape",
                                                      "Sigmoid",
                                                      "Sign",
                                                      "SimplifiedLayerNormalization",
                                                      "Sin",
                                                      "Size",
                                                      "Softmax",
                                                      "Softplus",
                                                      "Softsign",
                                                      "Sqrt",
                                                      "Squeeze",
                                                      "Sub",
                                                      "Sum",
                                                      "Tanh",
                                                      "ThresholdedRelu",
                                                      "Transpose",
                                                      "Unsqueeze",
                                                      "Where"};
static_assert(std::ranges::is_sorted(kFollowers));

std::string_view without_domain(std::string_view op) {
  const std::size_t dot = op.rfind('.');
  return dot == std::string_view::npos ? op : op.substr(dot + 1);
}

class Grouper {
 public:
  explicit Grouper(UngroupedGraph ungrouped) : in_(std::move(ungrouped)) {}

  Result<Graph> run() {
    MOSAIC_RETURN_IF_ERROR(index_tensors());
    assign_groups();
    join_uncuttable();
    return build();
  }

 private:
  using Group = std::size_t;
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  Result<void> index_tensors() {
    producer_.assign(in_.tensors.size(), kNone);
    consumers_.resize(in_.tensors.size());
    is_output_.assign(in_.tensors.size(), false);
    std::vector<bool> made(in_.tensors.size(), false);
    for (const TensorId id : in_.inputs) made[id.index()] = true;
    for (std::size_t n = 0; n < in_.nodes.size(); ++n) {
      for (const TensorId id : in_.nodes[n].inputs) {
        if (!made[id.index()]) {
          return fail(ErrorCode::kInvalidInput,
                      fmt::format("node '{}' uses '{}' before it is made", in_.nodes[n].name, in_.tensors[id.index()].name));
        }
        consumers_[id.index()].push_back(n);
      }
      for (const TensorId id : in_.nodes[n].outputs) {
        if (made[id.index()]) return fail(ErrorCode::kInvalidInput, fmt::format("tensor '{}' is made twice", in_.tensors[id.index()].name));
        made[id.index()] = true;
        producer_[id.index()] = n;
      }
    }
    for (const TensorId id : in_.outputs) {
      if (!made[id.index()]) return fail(ErrorCode::kInvalidInput, fmt::format("output '{}' is never made", in_.tensors[id.index()].name));
      is_output_[id.index()] = true;
    }
    return {};
  }

  /// The only node that uses what `n` makes, if there is one.
  std::size_t only_consumer(std::size_t n) const {
    std::size_t only = kNone;
    for (const TensorId id : in_.nodes[n].outputs) {
      if (is_output_[id.index()]) return kNone;
      for (const std::size_t consumer : consumers_[id.index()]) {
        if (only != kNone && only != consumer) return kNone;
        only = consumer;
      }
    }
    return only;
  }

  /// For each node whether its anchor will take it along. Consumers come later in the order, so one pass backwards is enough.
  std::vector<bool> find_leaders() const {
    std::vector<bool> leads(in_.nodes.size(), false);
    for (std::size_t n = in_.nodes.size(); n-- > 0;) {
      if (role(in_.nodes[n].op) != Role::kLeader) continue;
      const std::size_t consumer = only_consumer(n);
      leads[n] = consumer != kNone && (role(in_.nodes[consumer].op) == Role::kAnchor || leads[consumer]);
    }
    return leads;
  }

  void assign_groups() {
    const std::vector<bool> leads = find_leaders();
    group_.assign(in_.nodes.size(), kNone);
    for (std::size_t n = 0; n < in_.nodes.size(); ++n) {
      if (leads[n]) continue;
      const bool joins = role(in_.nodes[n].op) != Role::kAnchor;
      Group latest = kNone;
      for (const TensorId id : in_.nodes[n].inputs) {
        const std::size_t maker = producer_[id.index()];
        if (maker == kNone || group_[maker] == kNone) continue;  // an input of the model, or a leader without an anchor yet
        if (latest == kNone || group_[maker] > latest) latest = group_[maker];
      }
      const bool starts = !joins || latest == kNone;
      group_[n] = starts ? groups_++ : latest;
      if (starts) take_leaders(n, group_[n]);
    }
  }

  void take_leaders(std::size_t anchor, Group group) {
    std::vector<std::size_t> pending{anchor};
    while (!pending.empty()) {
      const std::size_t n = pending.back();
      pending.pop_back();
      for (const TensorId id : in_.nodes[n].inputs) {
        const std::size_t maker = producer_[id.index()];
        if (maker == kNone || group_[maker] != kNone) continue;
        group_[maker] = group;
        pending.push_back(maker);
      }
    }
  }

  /// For each place between two groups the first tensor that would have to cross it and cannot.
  void join_uncuttable() {
    if (groups_ == 0) return;
    std::vector<std::string> reasons(groups_);  // reasons[g]: why groups g and g + 1 must stay together
    for (std::size_t t = 0; t < in_.tensors.size(); ++t) {
      if (producer_[t] == kNone || in_.tensors[t].bytes()) continue;
      Group last = group_[producer_[t]];
      for (const std::size_t consumer : consumers_[t]) last = std::max(last, group_[consumer]);
      const std::string_view why = in_.tensors[t].element == ElementType::kUndefined || element_size(in_.tensors[t].element) == 0
                                       ? "is of a type that cannot be moved between devices"
                                       : "has a shape that depends on the data";
      for (Group g = group_[producer_[t]]; g < last; ++g) {
        if (reasons[g].empty()) reasons[g] = fmt::format("tensor '{}' {}", in_.tensors[t].name, why);
      }
    }
    std::vector<Group> renumbered(groups_);
    Group next = 0;
    for (Group g = 0; g < groups_; ++g) {
      renumbered[g] = next;
      if (reasons[g].empty()) {
        ++next;
      } else if (joins_.empty() || joins_.back().layer != LayerId(next) || joins_.back().reason != reasons[g]) {
        joins_.push_back({.layer = LayerId(next), .reason = reasons[g]});
      }
    }
    for (Group& g : group_) g = renumbered[g];
    groups_ = next;
  }

  Graph build() {
    Graph graph;
    graph.layers.resize(groups_);
    for (std::size_t n = 0; n < in_.nodes.size(); ++n) graph.layers[group_[n]].nodes.emplace_back(n);
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
    graph.joins = std::move(joins_);
    return graph;
  }

  /// Tensors in the order of their ids, so that a layer's lists do not depend on how its nodes name them.
  void add_boundaries(Graph& graph) const {
    for (std::size_t t = 0; t < in_.tensors.size(); ++t) {
      const Group made_in = producer_[t] == kNone ? kNone : group_[producer_[t]];
      bool used_outside = is_output_[t];
      std::vector<Group> users;
      for (const std::size_t consumer : consumers_[t]) users.push_back(group_[consumer]);
      std::ranges::sort(users);
      users.erase(std::ranges::unique(users).begin(), users.end());
      for (const Group user : users) {
        if (user == made_in) continue;
        graph.layers[user].inputs.emplace_back(t);
        used_outside = true;
      }
      if (made_in != kNone && used_outside) graph.layers[made_in].outputs.emplace_back(t);
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
    if (groups_ < 2) return;
    graph.cuts.resize(groups_ - 1);
    for (std::size_t t = 0; t < in_.tensors.size(); ++t) {
      if (producer_[t] == kNone) continue;
      Group last = group_[producer_[t]];
      for (const std::size_t consumer : consumers_[t]) last = std::max(last, group_[consumer]);
      for (Group g = group_[producer_[t]]; g < last; ++g) {
        graph.cuts[g].tensors.emplace_back(t);
        graph.cuts[g].bytes = saturating_add(graph.cuts[g].bytes, *in_.tensors[t].bytes());
      }
    }
  }

  UngroupedGraph in_;
  std::vector<std::size_t> producer_;                // node that makes a tensor, kNone for inputs
  std::vector<std::vector<std::size_t>> consumers_;  // nodes that use a tensor
  std::vector<bool> is_output_;
  std::vector<Group> group_;
  std::size_t groups_ = 0;
  std::vector<Join> joins_;
};

}  // namespace

Role role(std::string_view op) {
  const std::string_view bare = without_domain(op);
  if (std::ranges::find(kLeaders, bare) != kLeaders.end()) return Role::kLeader;
  return std::ranges::binary_search(kFollowers, bare) ? Role::kFollower : Role::kAnchor;
}

Result<Graph> group_layers(UngroupedGraph ungrouped) { return Grouper(std::move(ungrouped)).run(); }

}  // namespace mosaic

#include "mosaic/graph/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mosaic/graph/assemble.h"

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

class Grouper {
 public:
  Grouper(const UngroupedGraph& graph, const Wiring& wiring) : in_(graph), wiring_(wiring) {}

  Grouping run() {
    assign_groups();
    join_uncuttable();
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kNone = Wiring::kNone;

  /// The only node that uses what `n` makes, if there is one.
  std::size_t only_consumer(std::size_t n) const {
    std::size_t only = kNone;
    for (const TensorId id : in_.nodes[n].outputs) {
      if (wiring_.is_output[id.index()]) return kNone;
      for (const std::size_t consumer : wiring_.consumers[id.index()]) {
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
    out_.group.assign(in_.nodes.size(), kNone);
    for (std::size_t n = 0; n < in_.nodes.size(); ++n) {
      if (leads[n]) continue;
      const bool joins = role(in_.nodes[n].op) != Role::kAnchor;
      std::size_t latest = kNone;
      for (const TensorId id : in_.nodes[n].inputs) {
        const std::size_t maker = wiring_.producer[id.index()];
        if (maker == kNone || out_.group[maker] == kNone) continue;  // an input of the model, or a leader without an anchor yet
        if (latest == kNone || out_.group[maker] > latest) latest = out_.group[maker];
      }
      const bool starts = !joins || latest == kNone;
      out_.group[n] = starts ? out_.groups++ : latest;
      if (starts) take_leaders(n, out_.group[n]);
    }
  }

  void take_leaders(std::size_t anchor, std::size_t group) {
    std::vector<std::size_t> pending{anchor};
    while (!pending.empty()) {
      const std::size_t n = pending.back();
      pending.pop_back();
      for (const TensorId id : in_.nodes[n].inputs) {
        const std::size_t maker = wiring_.producer[id.index()];
        if (maker == kNone || out_.group[maker] != kNone) continue;
        out_.group[maker] = group;
        pending.push_back(maker);
      }
    }
  }

  /// For each place between two groups the first tensor that would have to cross it and cannot.
  void join_uncuttable() {
    if (out_.groups == 0) return;
    std::vector<std::string> reasons(out_.groups);  // reasons[g]: why groups g and g + 1 must stay together
    for (std::size_t t = 0; t < in_.tensors.size(); ++t) {
      if (wiring_.producer[t] == kNone || in_.tensors[t].bytes()) continue;
      const std::size_t last = out_.last_use(wiring_, t);
      const std::string_view why = in_.tensors[t].element == ElementType::kUndefined || element_size(in_.tensors[t].element) == 0
                                       ? "is of a type that cannot be moved between devices"
                                       : "has a shape that depends on the data";
      for (std::size_t g = out_.group[wiring_.producer[t]]; g < last; ++g) {
        if (reasons[g].empty()) reasons[g] = fmt::format("tensor '{}' {}", in_.tensors[t].name, why);
      }
    }
    std::vector<std::size_t> renumbered(out_.groups);
    std::size_t next = 0;
    for (std::size_t g = 0; g < out_.groups; ++g) {
      renumbered[g] = next;
      if (reasons[g].empty()) {
        ++next;
      } else if (out_.joins.empty() || out_.joins.back().layer != LayerId(next) || out_.joins.back().reason != reasons[g]) {
        out_.joins.push_back({.layer = LayerId(next), .reason = reasons[g]});
      }
    }
    for (std::size_t& g : out_.group) g = renumbered[g];
    out_.groups = next;
  }

  const UngroupedGraph& in_;
  const Wiring& wiring_;
  Grouping out_;
};

}  // namespace

Role role(std::string_view op) {
  const std::string_view bare = without_domain(op);
  if (std::ranges::find(kLeaders, bare) != kLeaders.end()) return Role::kLeader;
  return std::ranges::binary_search(kFollowers, bare) ? Role::kFollower : Role::kAnchor;
}

Result<Graph> group_layers(UngroupedGraph ungrouped) {
  MOSAIC_TRY(const Wiring wiring, wire(ungrouped));
  Grouping grouping = Grouper(ungrouped, wiring).run();
  return assemble(std::move(ungrouped), wiring, std::move(grouping));
}

}  // namespace mosaic

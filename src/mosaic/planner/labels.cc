#include "mosaic/planner/labels.h"

#include <algorithm>
#include <limits>

namespace mosaic {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// A way to have run the layers before a cut.
struct Label {
  std::int64_t cost = 0;
  std::vector<std::int64_t> used;  // bytes by limited space
  std::uint32_t begin = 0;         // cut where its last slice begins
  std::uint32_t configuration = kNone;
  std::uint32_t parent = kNone;  // index in the label list
};

/// Whether `a` is at least as good as `b` in every component.
bool dominates(const Label& a, const Label& b) {
  if (a.cost > b.cost) return false;
  for (std::size_t i = 0; i < a.used.size(); ++i) {
    if (a.used[i] > b.used[i]) return false;
  }
  return true;
}

class LabelSolver {
 public:
  LabelSolver(const ChainCosts& costs, std::size_t cap) : costs_(costs), cap_(cap), at_(costs.layers + 1) {
    limited_index_.assign(costs.space_limit.size(), kNone);
    for (std::size_t s = 0; s < costs.space_limit.size(); ++s) {
      if (!costs.space_limit[s]) continue;
      limited_index_[s] = static_cast<std::uint32_t>(limits_.size());
      limits_.push_back(*costs.space_limit[s]);
    }
    for (auto& places : at_) places.resize(costs.places);
  }

  std::optional<ChainResult> solve(Picoseconds bound) {
    labels_.push_back({.cost = 0, .used = std::vector<std::int64_t>(limits_.size(), 0)});
    extend(0, 0, true);
    for (std::size_t cut = 1; cut < costs_.layers; ++cut) {
      for (std::size_t place = 0; place < costs_.places; ++place) {
        const std::vector<std::uint32_t> kept = at_[cut][place];  // extending adds labels at later cuts only
        for (const std::uint32_t label : kept) extend(cut, label, false);
      }
    }
    const std::uint32_t best = cheapest_end();
    if (best == kNone) return std::nullopt;
    ChainResult result{.chain = trace_back(best), .cost = Picoseconds(labels_[best].cost), .optimal = !capped_, .bound = {}};
    if (capped_) result.bound = bound;
    return result;
  }

  /// Whether labels were dropped that no other one beats.
  [[nodiscard]] bool capped() const { return capped_; }

 private:
  /// All slices that begin at `cut` after `parent`.
  void extend(std::size_t cut, std::uint32_t parent, bool first) {
    for (std::size_t c = 0; c < costs_.configurations; ++c) {
      std::int64_t cost = labels_[parent].cost + costs_.enter[costs_.border(c, cut)];
      if (!first) cost += costs_.transfer[costs_.hop(cut, costs_.place[labels_[parent].configuration], costs_.place[c])];
      std::int64_t weights = 0;
      std::int64_t largest = 0;
      for (std::size_t k = cut; k < costs_.layers && costs_.runs[costs_.cell(c, k)] != 0; ++k) {
        cost += costs_.execute[costs_.cell(c, k)];
        weights += costs_.weights[k];
        largest = std::max(largest, costs_.activations[k]);
        if (costs_.slice_limit[c] && weights + largest > *costs_.slice_limit[c]) break;
        Label label{.cost = cost + costs_.leave[costs_.border(c, k + 1)],
                    .used = labels_[parent].used,
                    .begin = static_cast<std::uint32_t>(cut),
                    .configuration = static_cast<std::uint32_t>(c),
                    .parent = parent};
        if (const std::uint32_t space = limited_index_[costs_.space[c]]; space != kNone) {
          label.used[space] += weights + largest;
          if (label.used[space] > limits_[space]) break;
        }
        insert(k + 1, std::move(label));
      }
    }
  }

  /// Labels of configurations in one place compete: what follows depends on the place alone.
  void insert(std::size_t cut, Label label) {
    std::vector<std::uint32_t>& rivals = at_[cut][costs_.place[label.configuration]];
    if (std::ranges::any_of(rivals, [&](std::uint32_t rival) { return dominates(labels_[rival], label); })) return;
    std::erase_if(rivals, [&](std::uint32_t rival) { return dominates(label, labels_[rival]); });
    if (rivals.size() >= cap_) {
      capped_ = true;
      const auto worst = std::ranges::max_element(rivals, {}, [&](std::uint32_t rival) { return labels_[rival].cost; });
      if (labels_[*worst].cost <= label.cost) return;
      rivals.erase(worst);
    }
    rivals.push_back(static_cast<std::uint32_t>(labels_.size()));
    labels_.push_back(std::move(label));
  }

  [[nodiscard]] std::uint32_t cheapest_end() const {
    std::uint32_t best = kNone;
    for (const auto& place : at_[costs_.layers]) {
      for (const std::uint32_t label : place) {
        if (best == kNone || labels_[label].cost < labels_[best].cost) best = label;
      }
    }
    return best;
  }

  [[nodiscard]] Chain trace_back(std::uint32_t label) const {
    Chain chain{.borders = {costs_.layers}, .configurations = {}};
    for (; labels_[label].parent != kNone; label = labels_[label].parent) {
      chain.borders.push_back(labels_[label].begin);
      chain.configurations.push_back(labels_[label].configuration);
    }
    std::ranges::reverse(chain.borders);
    std::ranges::reverse(chain.configurations);
    return chain;
  }

  const ChainCosts& costs_;
  const std::size_t cap_;
  std::vector<std::int64_t> limits_;          // of the limited spaces
  std::vector<std::uint32_t> limited_index_;  // by space
  std::vector<Label> labels_;
  std::vector<std::vector<std::vector<std::uint32_t>>> at_;  // [cut][place]: labels worth keeping
  bool capped_ = false;
};

}  // namespace

std::optional<ChainResult> solve_with_labels(const ChainCosts& costs, Picoseconds bound, std::size_t label_cap) {
  for (std::size_t cap = std::max<std::size_t>(label_cap, 1);; cap *= 2) {
    LabelSolver solver(costs, cap);
    const auto result = solver.solve(bound);
    if (result || !solver.capped()) return result;
  }
}

}  // namespace mosaic

#include "mosaic/planner/chain.h"

#include <algorithm>
#include <deque>
#include <limits>

#include "mosaic/cost/cost.h"
#include "mosaic/planner/labels.h"

namespace mosaic {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// For one configuration with a slice limit: the first cut from which a slice may reach up to the layers seen so far.
class Window {
 public:
  Window(const ChainCosts& costs, std::int64_t limit) : costs_(costs), limit_(limit) {}

  /// Takes layer k into account and returns the first cut i with memory(i, k + 1) within the limit; k + 1 if there is none.
  std::size_t advance(std::size_t k) {
    weights_ += costs_.weights[k];
    while (!largest_.empty() && costs_.activations[largest_.back()] <= costs_.activations[k]) largest_.pop_back();
    largest_.push_back(k);
    while (begin_ <= k && weights_ + costs_.activations[largest_.front()] > limit_) {
      weights_ -= costs_.weights[begin_];
      if (largest_.front() == begin_) largest_.pop_front();
      ++begin_;
    }
    return begin_;
  }

 private:
  const ChainCosts& costs_;
  std::int64_t limit_;
  std::size_t begin_ = 0;
  std::int64_t weights_ = 0;
  std::deque<std::size_t> largest_;  // layers of decreasing activations
};

/// Beginnings of a slice that are worth keeping, the best first. Costs are compared at a common origin: less what the layers up to the beginning
/// cost.
class Beginnings {
 public:
  void add(std::uint32_t cut, std::int64_t relative) {
    while (!queue_.empty() && queue_.back().relative > relative) queue_.pop_back();
    queue_.push_back({cut, relative});
  }
  void drop_before(std::size_t cut) {
    while (!queue_.empty() && queue_.front().cut < cut) queue_.pop_front();
  }
  void clear() { queue_.clear(); }

  struct Entry {
    std::uint32_t cut;
    std::int64_t relative;
  };
  [[nodiscard]] const Entry* best() const { return queue_.empty() ? nullptr : &queue_.front(); }

 private:
  std::deque<Entry> queue_;
};

class ChainSolver {
 public:
  explicit ChainSolver(const ChainCosts& costs)
      : costs_(costs),
        configurations_(costs.configurations),
        begin_(costs.layers * configurations_, kNone),
        came_from_(costs.layers * configurations_, kNone),
        open_(configurations_, Cost::infeasible()),
        open_begin_(configurations_, kNone),
        ended_(configurations_, Cost::infeasible()),
        arrival_(costs.places, Cost::infeasible()),
        arrival_from_(costs.places, kNone) {
    for (std::size_t c = 0; c < configurations_; ++c) {
      limited_.push_back(costs.slice_limit[c].has_value());
      windows_.emplace_back(costs, costs.slice_limit[c].value_or(0));
    }
    beginnings_.resize(configurations_);
    prefix_.assign(configurations_, 0);
  }

  std::optional<ChainResult> solve() {
    for (std::size_t k = 0; k < costs_.layers; ++k) {
      if (k > 0) arrive(k);
      for (std::size_t c = 0; c < configurations_; ++c) step(k, c);
    }
    const auto last = static_cast<std::size_t>(std::ranges::min_element(ended_) - ended_.begin());
    const auto cost = ended_[last].picoseconds();
    if (!cost) return std::nullopt;
    return ChainResult{.chain = trace_back(last), .cost = *cost};
  }

 private:
  [[nodiscard]] std::size_t at(std::size_t layer, std::size_t c) const { return layer * configurations_ + c; }

  /// Cheapest way to be in each place at this cut, from any place.
  void arrive(std::size_t cut) {
    place_best_.assign(costs_.places, Cost::infeasible());
    place_from_.assign(costs_.places, kNone);
    for (std::size_t c = 0; c < configurations_; ++c) {
      if (ended_[c] < place_best_[costs_.place[c]]) {
        place_best_[costs_.place[c]] = ended_[c];
        place_from_[costs_.place[c]] = static_cast<std::uint32_t>(c);
      }
    }
    for (std::size_t to = 0; to < costs_.places; ++to) {
      arrival_[to] = Cost::infeasible();
      for (std::size_t from = 0; from < costs_.places; ++from) {
        const Cost cost = place_best_[from] + costs_.transfer[costs_.hop(cut, from, to)];
        if (cost < arrival_[to]) {
          arrival_[to] = cost;
          arrival_from_[to] = place_from_[from];
        }
      }
    }
  }

  /// Lets layer k run on c, in a slice that goes on or in one that begins here.
  void step(std::size_t k, std::size_t c) {
    const std::size_t place = costs_.place[c];
    const Cost begins = (k == 0 ? Cost() : arrival_[place]) + costs_.enter[costs_.border(c, k)];
    came_from_[at(k, c)] = k == 0 ? kNone : arrival_from_[place];
    const bool runs = costs_.runs[costs_.cell(c, k)] != 0;
    if (limited_[c]) {
      step_limited(k, c, begins, runs);
    } else if (!runs) {
      open_[c] = Cost::infeasible();
    } else {
      if (begins < open_[c]) {
        open_[c] = begins;
        open_begin_[c] = static_cast<std::uint32_t>(k);
      }
      open_[c] = open_[c] + costs_.execute[costs_.cell(c, k)];
    }
    begin_[at(k, c)] = open_begin_[c];
    ended_[c] = open_[c] + costs_.leave[costs_.border(c, k + 1)];
  }

  void step_limited(std::size_t k, std::size_t c, Cost begins, bool runs) {
    const std::size_t first = windows_[c].advance(k);
    if (!runs) beginnings_[c].clear();
    if (runs && begins.feasible()) beginnings_[c].add(static_cast<std::uint32_t>(k), begins.picoseconds()->count() - prefix_[c]);
    prefix_[c] += costs_.execute[costs_.cell(c, k)];
    beginnings_[c].drop_before(first);
    const Beginnings::Entry* best = beginnings_[c].best();
    open_[c] = best == nullptr ? Cost::infeasible() : Cost(best->relative + prefix_[c]);
    open_begin_[c] = best == nullptr ? kNone : best->cut;
  }

  [[nodiscard]] Chain trace_back(std::size_t configuration) const {
    Chain chain{.borders = {costs_.layers}, .configurations = {}};
    for (std::size_t end = costs_.layers, c = configuration; end > 0;) {
      const std::size_t begin = begin_[at(end - 1, c)];
      chain.borders.push_back(begin);
      chain.configurations.push_back(c);
      c = came_from_[at(begin, c)];
      end = begin;
    }
    std::ranges::reverse(chain.borders);
    std::ranges::reverse(chain.configurations);
    return chain;
  }

  const ChainCosts& costs_;
  const std::size_t configurations_;
  std::vector<std::uint32_t> begin_;      // [layer][configuration]: where the best slice that ends behind the layer begins
  std::vector<std::uint32_t> came_from_;  // [layer][configuration]: configuration before a slice that begins at the layer
  std::vector<Cost> open_;                // by configuration: cheapest slice up to here, not left yet
  std::vector<std::uint32_t> open_begin_;
  std::vector<Cost> ended_;    // ... and left
  std::vector<Cost> arrival_;  // by place
  std::vector<std::uint32_t> arrival_from_;
  std::vector<Cost> place_best_;
  std::vector<std::uint32_t> place_from_;
  std::vector<bool> limited_;
  std::vector<Window> windows_;
  std::vector<Beginnings> beginnings_;
  std::vector<std::int64_t> prefix_;  // by configuration: cost of all layers before this one
};

bool keeps_space_limits(const ChainCosts& costs, const Chain& chain) { return cost_of(costs, chain).has_value(); }

}  // namespace

std::optional<ChainResult> solve_chain(const ChainCosts& costs, std::size_t label_cap) {
  auto relaxed = ChainSolver(costs).solve();
  if (!relaxed || keeps_space_limits(costs, relaxed->chain)) return relaxed;
  return solve_with_labels(costs, relaxed->cost, label_cap);
}

}  // namespace mosaic

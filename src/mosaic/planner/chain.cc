#include "mosaic/planner/chain.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "mosaic/planner/sums.h"

namespace mosaic {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// Indices or beginnings of which only those at either end are looked at or dropped; in one piece of memory.
template <class Entry>
class FlatQueue {
 public:
  [[nodiscard]] bool empty() const { return head_ == entries_.size(); }
  [[nodiscard]] const Entry& front() const { return entries_[head_]; }
  [[nodiscard]] const Entry& back() const { return entries_.back(); }
  void push_back(Entry entry) { entries_.push_back(entry); }
  void pop_front() {
    if (++head_ == entries_.size()) clear();
  }
  void pop_back() {
    entries_.pop_back();
    if (empty()) clear();
  }
  void clear() {
    entries_.clear();
    head_ = 0;
  }

 private:
  std::vector<Entry> entries_;
  std::size_t head_ = 0;
};

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
  FlatQueue<std::size_t> largest_;  // layers of decreasing activations
};

/// The cheapest slice of one configuration that reaches up to a layer and is not left yet.
struct Open {
  Cost cost = Cost::infeasible();
  std::uint32_t begin = kNone;
};

/// Slices of one configuration with a limit: beginnings that are worth keeping, the best first. Their costs are compared at a common origin: less
/// what the layers up to the beginning cost.
class LimitedSlices {
 public:
  LimitedSlices(const ChainCosts& costs, std::int64_t limit) : window_(costs, limit) {}

  Open extend(std::size_t k, Cost begins, bool runs, std::int64_t execute) {
    const std::size_t first = window_.advance(k);
    if (!runs) beginnings_.clear();
    if (runs && begins.feasible()) add({static_cast<std::uint32_t>(k), begins.count() - before_});
    before_ += execute;
    while (!beginnings_.empty() && beginnings_.front().cut < first) beginnings_.pop_front();
    if (beginnings_.empty()) return {};
    return {Cost(beginnings_.front().relative + before_), beginnings_.front().cut};
  }

 private:
  struct Beginning {
    std::uint32_t cut;
    std::int64_t relative;
  };

  void add(Beginning beginning) {
    while (!beginnings_.empty() && beginnings_.back().relative > beginning.relative) beginnings_.pop_back();
    beginnings_.push_back(beginning);
  }

  Window window_;
  FlatQueue<Beginning> beginnings_;
  std::int64_t before_ = 0;  // cost of all layers before the next one
};

/// A way to be at a cut: what it costs, and the configuration of the last slice.
struct Way {
  Cost cost = Cost::infeasible();
  std::uint32_t from = kNone;
};

class ChainSolver {
 public:
  explicit ChainSolver(const ChainCosts& costs)
      : costs_(costs),
        begin_((costs.layers + 1) * costs.configurations, kNone),
        came_from_(costs.layers * costs.places, kNone),
        open_(costs.configurations, Cost::infeasible()),
        left_(costs.places),
        arrival_(costs.places) {
    for (std::size_t c = 0; c < costs.configurations; ++c) {
      const bool limited = costs.slice_limit[c].has_value();
      if (groups_.empty() || limited || groups_.back().slices || groups_.back().place != costs.place[c]) {
        groups_.push_back({.place = costs.place[c], .first = c, .last = c, .slices = std::nullopt});
        if (limited) groups_.back().slices.emplace(costs, *costs.slice_limit[c]);
      }
      groups_.back().last = c + 1;
    }
  }

  std::optional<ChainResult> solve() {
    std::ranges::fill(arrival_, Way{.cost = Cost(), .from = kNone});
    for (std::size_t k = 0; k < costs_.layers; ++k) {
      if (k > 0) arrive(k);
      std::ranges::fill(left_, Way());
      for (Group& group : groups_) {
        if (group.slices) {
          run_limited(k, group);
        } else {
          run(k, group);
        }
      }
    }
    const Way last = std::ranges::min(left_, [](const Way& a, const Way& b) { return std::tie(a.cost, a.from) < std::tie(b.cost, b.from); });
    if (!last.cost.feasible()) return std::nullopt;
    return ChainResult{.chain = trace_back(last.from), .cost = last.cost};
  }

 private:
  /// Configurations that follow each other and are treated alike: those of one place without limits, or a single one with a limit.
  struct Group {
    std::size_t place = 0;
    std::size_t first = 0;
    std::size_t last = 0;
    std::optional<LimitedSlices> slices;
  };

  /// Cheapest way to be in each place at this cut, from any place.
  void arrive(std::size_t cut) {
    const std::int64_t* hop = &costs_.transfer[costs_.hop(cut, 0, 0)];
    std::ranges::fill(arrival_, Way());
    for (const Way& way : left_) {
      for (Way& arrival : arrival_) {
        if (const Cost cost = way.cost + *hop++; cost < arrival.cost) arrival = {cost, way.from};
      }
    }
    for (std::size_t place = 0; place < costs_.places; ++place) came_from_[cut * costs_.places + place] = arrival_[place].from;
  }

  /// Lets layer k run, in a slice that goes on or in one that begins here, and leaves it. The bulk of the work: addresses are taken once, because the
  /// compiler cannot know that nothing written here moves the tables, and selections stand where branches could not be predicted.
  void run(std::size_t k, const Group& group) {
    const Cost arrival = arrival_[group.place].cost;
    Way left = left_[group.place];
    Cost* const open = open_.data();
    const std::uint32_t* const begin_before = &begin_[k * costs_.configurations];
    std::uint32_t* const begin = &begin_[(k + 1) * costs_.configurations];
    const std::int64_t* enter = &costs_.enter[costs_.border(group.first, k)];
    const std::int64_t* leave = &costs_.leave[costs_.border(group.first, k + 1)];
    const std::int64_t* execute = &costs_.execute[costs_.cell(group.first, k)];
    const std::uint8_t* runs = &costs_.runs[costs_.cell(group.first, k)];
    const std::size_t layers = costs_.layers;
    for (std::size_t c = group.first; c < group.last; ++c) {
      const Cost begins = arrival + *enter;
      const bool begins_here = begins < open[c];
      begin[c] = begins_here ? static_cast<std::uint32_t>(k) : begin_before[c];
      const Cost cost = (begins_here ? begins : open[c]) + *execute;
      open[c] = *runs != 0 ? cost : Cost::infeasible();
      if (const Cost ended = open[c] + *leave; ended < left.cost) left = {ended, static_cast<std::uint32_t>(c)};
      enter += layers + 1;
      leave += layers + 1;
      execute += layers;
      runs += layers;
    }
    left_[group.place] = left;
  }

  void run_limited(std::size_t k, Group& group) {
    const std::size_t c = group.first;
    const std::size_t cell = costs_.cell(c, k);
    const Cost begins = arrival_[group.place].cost + costs_.enter[costs_.border(c, k)];
    const Open open = group.slices->extend(k, begins, costs_.runs[cell] != 0, costs_.execute[cell]);
    begin_[(k + 1) * costs_.configurations + c] = open.begin;
    const Cost ended = open.cost + costs_.leave[costs_.border(c, k + 1)];
    if (ended < left_[group.place].cost) left_[group.place] = {ended, static_cast<std::uint32_t>(c)};
  }

  [[nodiscard]] Chain trace_back(std::size_t configuration) const {
    Chain chain{.borders = {costs_.layers}, .configurations = {}};
    for (std::size_t end = costs_.layers, c = configuration; end > 0;) {
      const std::size_t begin = begin_[end * costs_.configurations + c];
      chain.borders.push_back(begin);
      chain.configurations.push_back(c);
      c = came_from_[begin * costs_.places + costs_.place[c]];
      end = begin;
    }
    std::ranges::reverse(chain.borders);
    std::ranges::reverse(chain.configurations);
    return chain;
  }

  const ChainCosts& costs_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> begin_;      // [cut][configuration]: where the best slice that ends at the cut begins
  std::vector<std::uint32_t> came_from_;  // [cut][place]: configuration before a slice that begins there
  std::vector<Cost> open_;                // [configuration]: cheapest slice up to here, not left yet
  std::vector<Way> left_;                 // [place]: behind the layer
  std::vector<Way> arrival_;              // [place]: before the layer
};

}  // namespace

std::optional<ChainResult> solve_chain(const ChainCosts& costs, std::size_t label_cap) {
  auto relaxed = ChainSolver(costs).solve();
  if (!relaxed || cost_of(costs, relaxed->chain) == relaxed->cost) return relaxed;
  return solve_with_sums(costs, *relaxed, label_cap);
}

std::optional<ChainResult> solve_without_sums(const ChainCosts& costs) { return ChainSolver(costs).solve(); }

}  // namespace mosaic

#include "mosaic/planner/labels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mosaic/planner/frontier.h"

namespace mosaic {
namespace {

constexpr std::uint32_t kNoLabel = std::numeric_limits<std::uint32_t>::max();

/// A way to have run the layers before a cut.
struct Label {
  Costs cost{};
  std::uint32_t begin = 0;   // cut at which its slice begins
  std::uint32_t parent = 0;  // index of the slice before, in the records
  std::uint32_t configuration = 0;
  std::uint32_t clocks = 0;
  std::uint32_t row = 0;  // memory used before its slice, in the rows of the cut at which it begins
};

/// A slice that ended, for tracing back.
struct Record {
  std::uint32_t begin = 0;
  std::uint32_t configuration = 0;
  std::uint32_t parent = kNoLabel;
};

/// Whether labels of a list are still in their slices, or have paid for leaving them.
enum class Stage { kInside, kLeft };

bool is_cheaper(const Label& a, const Label& b) { return a.cost < b.cost; }

class Search {
 public:
  Search(const ChainCosts& first, const ChainCosts* second, const Prospects& prospects, std::size_t cap)
      : costs_(first),
        second_(second),
        prospects_(prospects),
        cap_(std::max<std::size_t>(cap, 2)),
        clocks_(first, second),
        frontier_(clocks_),
        open_(first.configurations),
        left_(first.places),
        arrivals_(first.places),
        rows_(first.layers + 1),
        memory_(first.layers),
        largest_(first.layers) {
    find_resources();
    rows_[0].assign(limits_.size(), 0);
    loads_.resize(limits_.size());
  }

  Harvest run() {
    for (auto& arrivals : arrivals_) arrivals = {Label{.parent = kNoLabel}};
    for (std::size_t k = 0; k < costs_.layers; ++k) {
      if (k > 0) arrive(k);
      weigh_slices(k);
      for (auto& left : left_) left.clear();
      fresh_rows_.clear();
      for (std::size_t c = 0; c < costs_.configurations; ++c) {
        run_layer(k, c);
        leave(k + 1, c);
      }
      for (auto& left : left_) record(k + 1, left);
    }
    finish();
    return std::move(harvest_);
  }

 private:
  using Labels = std::vector<Label>;

  /// Limits on sums over slices: of memory spaces, and of all memory.
  void find_resources() {
    of_configuration_.resize(costs_.configurations);
    const auto add = [&](std::int64_t limit, const auto& concerns) {
      for (std::size_t c = 0; c < costs_.configurations; ++c) {
        if (concerns(c)) of_configuration_[c].push_back(limits_.size());
      }
      limits_.push_back(limit);
    };
    for (std::size_t s = 0; s < costs_.space_limit.size(); ++s) {
      if (costs_.space_limit[s]) add(*costs_.space_limit[s], [&](std::size_t c) { return costs_.space[c] == s; });
    }
    if (costs_.memory_limit) add(*costs_.memory_limit, [](std::size_t) { return true; });
  }

  /// Memory of the slices [begin, k + 1), for all beginnings.
  void weigh_slices(std::size_t k) {
    std::int64_t weights = 0;
    for (std::size_t begin = k + 1; begin-- > 0;) {
      weights += costs_.weights[begin];
      largest_[begin] = std::max(largest_[begin], costs_.activations[k]);
      memory_[begin] = weights + largest_[begin];
    }
  }

  [[nodiscard]] Costs cost(std::vector<std::int64_t> ChainCosts::* table, std::size_t entry) const {
    return {(costs_.*table)[entry], second_ != nullptr ? (second_->*table)[entry] : 0};
  }

  [[nodiscard]] bool limited(std::size_t c) const { return costs_.slice_limit[c].has_value() || !of_configuration_[c].empty(); }

  /// Whether a label's slice may reach up to where `weigh_slices` has weighed.
  [[nodiscard]] bool fits(const Label& label, std::size_t c) const {
    const std::int64_t memory = memory_[label.begin];
    if (costs_.slice_limit[c] && memory > *costs_.slice_limit[c]) return false;
    const std::int64_t* const used = rows_[label.begin].data() + label.row * limits_.size();
    return std::ranges::all_of(of_configuration_[c], [&](std::size_t r) { return used[r] + memory <= limits_[r]; });
  }

  /// Labels of slices on `c` take layer k: those that go on, and those of slices that begin here.
  void run_layer(std::size_t k, std::size_t c) {
    Labels& open = open_[c];
    if (costs_.runs[costs_.cell(c, k)] == 0) {
      open.clear();
      return;
    }
    const Costs execute = cost(&ChainCosts::execute, costs_.cell(c, k));
    const Costs enter = cost(&ChainCosts::enter, costs_.border(c, k)) + execute;
    const auto goes_on = [&](const Label& label) { return fits(label, c) && !prospects_.hopeless(label.cost, k + 1, c); };
    for (Label& label : open) label.cost = label.cost + execute;
    std::erase_if(open, [&](const Label& label) { return !goes_on(label); });
    begun_.clear();
    for (Label label : arrivals_[costs_.place[c]]) {
      const ClockStates::Step step = clocks_.after(label.clocks, c);
      label.cost = label.cost + enter + step.cost;
      label.clocks = step.state;
      label.configuration = static_cast<std::uint32_t>(c);
      if (goes_on(label)) begun_.push_back(label);
    }
    if (costs_.clocks) std::ranges::stable_sort(begun_, is_cheaper);
    merge(open, begun_, [&](const Label& label) {
      // What a slice under way has used of a limit grows by the same for all, but for where it began.
      const std::int64_t* const used = rows_[label.begin].data() + label.row * limits_.size();
      std::copy_n(used, limits_.size(), loads_.begin());
      for (const std::size_t r : of_configuration_[c]) loads_[r] += memory_[label.begin] - largest_[label.begin];
      return Rank{.cost = label.cost, .clocks = label.clocks, .begin = limited(c) ? label.begin : 0, .loads = loads_};
    });
    truncate(open, k + 1, Stage::kInside);
  }

  /// Slices on `c` end at a cut.
  void leave(std::size_t cut, std::size_t c) {
    if (open_[c].empty()) return;
    const Costs leaving = cost(&ChainCosts::leave, costs_.border(c, cut));
    begun_ = open_[c];
    for (Label& label : begun_) {
      label.cost = label.cost + leaving;
      if (limits_.empty()) continue;
      const std::int64_t* const used = rows_[label.begin].data() + label.row * limits_.size();
      label.row = static_cast<std::uint32_t>(fresh_rows_.size() / limits_.size());
      fresh_rows_.insert(fresh_rows_.end(), used, used + limits_.size());
      for (const std::size_t r : of_configuration_[c]) fresh_rows_[label.row * limits_.size() + r] += memory_[label.begin];
    }
    Labels& left = left_[costs_.place[c]];
    merge(left, begun_, [&](const Label& label) {
      return Rank{.cost = label.cost,
                  .clocks = label.clocks,
                  .begin = 0,
                  .loads = std::span(fresh_rows_).subspan(label.row * limits_.size(), limits_.size())};
    });
    truncate(left, cut, Stage::kLeft);
  }

  /// Makes labels that have left their slices the parents of those that begin at the cut.
  void record(std::size_t cut, Labels& left) {
    for (Label& label : left) {
      records_.push_back({.begin = label.begin, .configuration = label.configuration, .parent = label.parent});
      label.parent = static_cast<std::uint32_t>(records_.size() - 1);
      label.begin = static_cast<std::uint32_t>(cut);
      if (limits_.empty()) continue;
      const auto row = fresh_rows_.begin() + static_cast<std::ptrdiff_t>(label.row * limits_.size());
      label.row = static_cast<std::uint32_t>(rows_[cut].size() / limits_.size());
      rows_[cut].insert(rows_[cut].end(), row, row + static_cast<std::ptrdiff_t>(limits_.size()));
    }
  }

  /// Ways to be in each place at a cut.
  void arrive(std::size_t cut) {
    for (std::size_t to = 0; to < costs_.places; ++to) {
      arrivals_[to].clear();
      for (std::size_t from = 0; from < costs_.places; ++from) {
        const Costs hop = cost(&ChainCosts::transfer, costs_.hop(cut, from, to));
        begun_ = left_[from];
        for (Label& label : begun_) label.cost = label.cost + hop;
        merge(arrivals_[to], begun_, [&](const Label& label) {
          return Rank{.cost = label.cost,
                      .clocks = label.clocks,
                      .begin = 0,
                      .loads = std::span(rows_[cut]).subspan(label.row * limits_.size(), limits_.size())};
        });
      }
    }
  }

  /// `list` becomes the labels of both that no other one beats. Requires: both in the order of costs.
  template <class RankOf>
  void merge(Labels& list, const Labels& more, const RankOf& rank_of) {
    merged_.clear();
    frontier_.clear();
    const auto take = [&](const Label& label) {
      if (frontier_.add(rank_of(label))) merged_.push_back(label);
    };
    auto a = list.begin();
    auto b = more.begin();
    while (a != list.end() || b != more.end()) {
      const bool second = a == list.end() || (b != more.end() && is_cheaper(*b, *a));
      take(second ? *b++ : *a++);
    }
    list.swap(merged_);
  }

  /// Keeps to the cap: labels of which most may come, or, where all of a front is wanted, some from end to end.
  void truncate(Labels& list, std::size_t cut, Stage stage) {
    if (list.size() <= cap_) return;
    harvest_.capped = true;
    std::vector<std::pair<double, std::size_t>> ranked;
    for (std::size_t i = 0; i < list.size(); ++i) ranked.emplace_back(promise(list[i], cut, stage), i);
    std::vector<bool> kept(list.size(), false);
    if (second_ != nullptr && prospects_.goal().wants_all()) {
      for (std::size_t i = 0; i < cap_; ++i) kept[i * (list.size() - 1) / (cap_ - 1)] = true;
    } else {
      std::ranges::nth_element(ranked, ranked.begin() + static_cast<std::ptrdiff_t>(cap_));
      for (std::size_t i = 0; i < cap_; ++i) kept[ranked[i].second] = true;
    }
    for (const auto& [bound, i] : ranked) {
      if (!kept[i]) harvest_.missed = std::min(harvest_.missed, bound);
    }
    std::size_t next = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (kept[i]) list[next++] = list[i];
    }
    list.resize(next);
  }

  /// The best that can come of a label, in what the goal is about. Bounds are of labels inside their slices: what it paid for leaving is taken back.
  [[nodiscard]] double promise(const Label& label, std::size_t cut, Stage stage) const {
    const Costs paid = stage == Stage::kLeft ? cost(&ChainCosts::leave, costs_.border(label.configuration, cut)) : Costs{};
    const Costs before{label.cost[0] - paid[0], label.cost[1] - paid[1]};
    if (prospects_.goal().product_below) return prospects_.least_product(before, cut, label.configuration);
    // Rounded down: a double holds 53 bits.
    return std::nextafter(static_cast<double>(prospects_.least_first(before, cut, label.configuration)), 0.0);
  }

  void finish() {
    Labels ends;
    for (const Labels& left : left_) ends.insert(ends.end(), left.begin(), left.end());
    for (Label& label : ends) label.cost = label.cost + clocks_.closing(label.clocks);
    std::erase_if(ends, [&](const Label& label) { return !prospects_.goal().accepts(label.cost); });
    std::ranges::stable_sort(ends, is_cheaper);
    for (const Label& label : ends) {
      const bool beaten = !harvest_.front.empty() && (second_ == nullptr || harvest_.front.back().cost[1] <= label.cost[1]);
      if (!beaten) harvest_.front.push_back({.chain = trace_back(label.parent), .cost = label.cost});
    }
  }

  [[nodiscard]] Chain trace_back(std::uint32_t record) const {
    Chain chain{.borders = {costs_.layers}, .configurations = {}};
    for (; record != kNoLabel; record = records_[record].parent) {
      chain.borders.push_back(records_[record].begin);
      chain.configurations.push_back(records_[record].configuration);
    }
    std::ranges::reverse(chain.borders);
    std::ranges::reverse(chain.configurations);
    return chain;
  }

  const ChainCosts& costs_;
  const ChainCosts* second_;
  const Prospects& prospects_;
  const std::size_t cap_;
  ClockStates clocks_;
  Frontier frontier_;
  std::vector<std::int64_t> limits_;                        // [resource]
  std::vector<std::vector<std::size_t>> of_configuration_;  // [configuration]: resources that its slices use
  std::vector<Labels> open_;                                // [configuration]: in a slice
  std::vector<Labels> left_;                                // [place]: behind a slice
  std::vector<Labels> arrivals_;                            // [place]: before a slice
  std::vector<Record> records_;
  std::vector<std::vector<std::int64_t>> rows_;  // [cut]: memory used by label and resource
  std::vector<std::int64_t> fresh_rows_;         // the same for labels that may yet be dropped
  std::vector<std::int64_t> memory_;             // [begin]: of the slice from there
  std::vector<std::int64_t> largest_;            // [begin]: activations of that slice
  std::vector<std::int64_t> loads_;              // of the label that is being ranked
  Labels begun_;
  Labels merged_;
  Harvest harvest_;
};

}  // namespace

Harvest search(const ChainCosts& first, const ChainCosts* second, const Prospects& prospects, std::size_t cap) {
  return Search(first, second, prospects, cap).run();
}

}  // namespace mosaic

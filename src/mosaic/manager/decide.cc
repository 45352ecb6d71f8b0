#include "mosaic/manager/decide.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "mosaic/base/check.h"

namespace mosaic::manager {
namespace {

constexpr std::size_t kMostApplications = 32;
constexpr std::size_t kMostRanks = 8;
constexpr std::uint64_t kRefusal = 7;  // more than all targets that an answered request can miss
constexpr double kMostExcess = 1e9;

/// Rounded, by what the processor does in one instruction: this is done for every option.
std::uint64_t thousandths(double value) { return static_cast<std::uint64_t>(std::clamp(1000 * value + 0.5, 0.5, kMostExcess)); }

/// Applications of the lowest priority weigh 1, of the next one 256 and so on.
std::vector<std::uint64_t> weights_of(std::span<const Demand> demands) {
  std::vector<int> ranks;
  for (const Demand& each : demands) ranks.push_back(each.priority);
  std::ranges::sort(ranks);
  ranks.erase(std::ranges::unique(ranks).begin(), ranks.end());
  const std::size_t merged = ranks.size() > kMostRanks ? ranks.size() - kMostRanks : 0;
  std::vector<std::uint64_t> weights;
  for (const Demand& each : demands) {
    const auto rank = static_cast<std::size_t>(std::ranges::find(ranks, each.priority) - ranks.begin());
    weights.push_back(std::uint64_t{1} << (8 * (rank > merged ? rank - merged : 0)));
  }
  return weights;
}

/// What judging an option needs of its demand and the rules, made once for all of them.
struct Measure {
  double requests_a_second = 0;  ///< of one whose rate is not known: 1, for its power
  double requests_a_nanosecond = 0;
  std::int64_t target = 0;                                        ///< nanoseconds
  std::int64_t reach = std::numeric_limits<std::int64_t>::max();  ///< the longest response that counts as in time ...
  std::int64_t keep = std::numeric_limits<std::int64_t>::max();   ///< ... of the option that it runs by

  Measure(const Demand& demand, const Rules& rules) {
    const auto period = static_cast<double>(demand.period.count());
    requests_a_second = period > 0 ? 1e9 / period : 1;
    requests_a_nanosecond = period > 0 ? 1 / period : 0;
    if (!demand.targets.latency) return;
    target = demand.targets.latency->count();
    reach = static_cast<std::int64_t>(static_cast<double>(target) * rules.reach);
    keep = static_cast<std::int64_t>(static_cast<double>(target) * rules.keep);
  }

  [[nodiscard]] double power(const Option& option) const { return option.energy.value * requests_a_second; }  ///< watts
  /// Share of time that its requests take.
  [[nodiscard]] double busy(const Option& option) const { return static_cast<double>(option.latency.count()) * requests_a_nanosecond; }
  [[nodiscard]] std::int64_t limit(const Demand& demand, std::size_t option) const { return demand.current == option ? keep : reach; }
  [[nodiscard]] Kept kept(const Demand& demand, std::size_t option, const Rules& rules) const {
    const Option& each = demand.options[option];
    const Targets& targets = demand.targets;
    return {.latency = (each.latency + each.delay).count() <= limit(demand, option),
            .accuracy = each.accuracy_percent >= targets.accuracy_percent,
            .budget = (!targets.energy || each.energy <= *targets.energy) && (!targets.power || power(each) <= targets.power->value) &&
                      busy(each) <= rules.utilisation};
  }
};

/// Units of each placement, of units that all placements have together only one: the search then looks at a cluster once, not at each core.
std::vector<Units> distinct_units(const Machine& machine) {
  std::vector<Units> of;
  of.reserve(machine.placements.size());
  for (const Placement& placement : machine.placements) of.push_back(placement.units);
  if (of.size() > 64) return of;
  std::array<std::uint64_t, kMostUnits> users{};  // of each unit: a bit for each placement
  for (std::size_t p = 0; p < of.size(); ++p) {
    for (Units rest = of[p]; rest != 0; rest &= rest - 1) users[static_cast<std::size_t>(std::countr_zero(rest))] |= std::uint64_t{1} << p;
  }
  Units firsts = 0;
  for (std::size_t unit = 0; unit < machine.units.size(); ++unit) {
    const auto* const first = std::ranges::find(users, users[unit]);
    if (static_cast<std::size_t>(first - users.begin()) == unit) firsts |= Units{1} << unit;
  }
  for (Units& each : of) each &= firsts;
  return of;
}

/// An option as the search sees it.
struct Judged {
  Choice option;
  Cost own;    ///< but for its latency
  Cost alone;  ///< with the latency that it has where nothing shares its units
  Units units = 0;
  std::uint64_t clocks = 0;
  std::int64_t service = 0;  ///< nanoseconds
  std::int64_t delay = 0;    ///< likewise
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  std::int64_t target = 0;
  std::int64_t memory = 0;
  double busy = 0;
};

/// What being late costs. `held`: the time until it is answered, but for the delay before.
Cost lateness(const Judged& judged, std::int64_t held, std::uint64_t weight) {
  const std::int64_t response = held + judged.delay;
  if (response <= judged.limit) return {};
  const double tenths = std::ceil(10 * static_cast<double>(response) / static_cast<double>(std::max<std::int64_t>(judged.target, 1)));
  return {.missed = weight, .excess = thousandths(tenths / 10)};  // predictions are no better than that
}

Judged judged_option(const Machine& machine, std::span<const Units> units, const Demand& demand, const Measure& measure, std::size_t index,
                     const Rules& rules, std::uint64_t weight) {
  const Option& option = demand.options[index];
  const Placement& placement = machine.placements[option.operation.placement];
  const Kept keeps = measure.kept(demand, index, rules);
  Judged judged{.option = index, .own = {}, .alone = {}, .units = units[option.operation.placement], .clocks = placement.clocks};
  judged.service = option.latency.count();
  judged.delay = option.delay.count();
  judged.memory = option.memory.value;
  judged.limit = measure.limit(demand, index);
  judged.target = measure.target;
  judged.busy = std::min(measure.busy(option), rules.utilisation);  // more is refused at the door
  judged.own.missed = weight * ((keeps.accuracy ? 0U : 1U) + (keeps.budget ? 0U : 1U));
  judged.own.excess = keeps.accuracy ? 0 : thousandths(demand.targets.accuracy_percent - option.accuracy_percent);
  judged.own.first = thousandths(100 - option.accuracy_percent);
  judged.own.second = thousandths(1000 * measure.power(option));
  if (rules.prefer == Prefer::kEnergy) std::swap(judged.own.first, judged.own.second);
  judged.own.changed = demand.current && demand.current != index ? 1 : 0;
  judged.alone = judged.own + lateness(judged, judged.service, weight);
  return judged;
}

Judged refusal(const Demand& demand, const Rules& rules, std::uint64_t weight) {
  Judged judged;
  judged.own = {.missed = kRefusal * weight, .changed = demand.current ? 1U : 0U};
  (rules.prefer == Prefer::kAccuracy ? judged.own.first : judged.own.second) = thousandths(100);
  judged.alone = judged.own;
  return judged;
}

/// What is chosen for some applications, and what that means for units, clocks and memory.
class Partial {
 public:
  Partial(const Rules& rules, std::span<const std::uint64_t> weights) : rules_(rules), weights_(weights) {}

  /// Adds an application's option; false, and nothing done, where that breaks a hard rule.
  bool push(std::size_t application, const Judged& judged) {
    if (!fits(judged)) return false;
    Frame& frame = frames_[depth_];
    frame = {.application = application, .judged = &judged, .clocks = clocks_, .taken = taken_, .cost = cost_};
    const bool shares = (taken_ & judged.units) != 0;
    taken_ |= judged.units;
    clocks_ |= judged.clocks;
    memory_ += judged.memory;
    for (Units rest = judged.units; rest != 0; rest &= rest - 1) {
      const auto unit = static_cast<std::size_t>(std::countr_zero(rest));
      service_[unit] += judged.service;
      busy_[unit] += judged.busy;
    }
    ++depth_;
    cost_ += judged.own;
    shares ? recount() : void(cost_ += lateness(judged, judged.service, weights_[application]));
    return true;
  }

  void pop() {
    const Frame& frame = frames_[--depth_];
    for (Units rest = frame.judged->units; rest != 0; rest &= rest - 1) {
      const auto unit = static_cast<std::size_t>(std::countr_zero(rest));
      service_[unit] -= frame.judged->service;
      busy_[unit] -= frame.judged->busy;
    }
    memory_ -= frame.judged->memory;
    taken_ = frame.taken;
    clocks_ = frame.clocks;
    cost_ = frame.cost;
  }

  [[nodiscard]] const Cost& cost() const { return cost_; }
  [[nodiscard]] Units taken() const { return taken_; }

 private:
  struct Frame {
    std::size_t application = 0;
    const Judged* judged = nullptr;
    std::uint64_t clocks = 0;
    Units taken = 0;
    Cost cost;  ///< before
  };

  [[nodiscard]] bool fits(const Judged& judged) const {
    if (!clocks_agree(clocks_, judged.clocks)) return false;
    if (rules_.memory && memory_ + judged.memory > rules_.memory->value && judged.memory > 0) return false;
    for (Units rest = judged.units & taken_; rest != 0; rest &= rest - 1) {
      if (busy_[static_cast<std::size_t>(std::countr_zero(rest))] + judged.busy > rules_.utilisation + 1e-9) return false;
    }
    return true;
  }

  /// How long its units are held by all that share them.
  [[nodiscard]] std::int64_t held(const Judged& judged) const {
    std::int64_t longest = 0;
    for (Units rest = judged.units; rest != 0; rest &= rest - 1)
      longest = std::max(longest, service_[static_cast<std::size_t>(std::countr_zero(rest))]);
    return longest;
  }

  /// All costs anew: whoever shares a unit waits longer.
  void recount() {
    cost_ = {};
    for (std::size_t i = 0; i < depth_; ++i) {
      const Judged& judged = *frames_[i].judged;
      cost_ += judged.own + lateness(judged, held(judged), weights_[frames_[i].application]);
    }
  }

  const Rules& rules_;
  std::span<const std::uint64_t> weights_;
  std::array<Frame, kMostApplications> frames_;
  std::array<std::int64_t, kMostUnits> service_{};
  std::array<double, kMostUnits> busy_{};
  std::size_t depth_ = 0;
  std::int64_t memory_ = 0;
  Units taken_ = 0;
  std::uint64_t clocks_ = 0;
  Cost cost_;
};

/// Whether one is never worse than another of the same placement, whatever shares its units.
bool covers(const Judged& one, const Judged& other) {
  return one.own <= other.own && one.service <= other.service && one.delay <= other.delay && one.limit >= other.limit && one.memory <= other.memory;
}

/// An application's options in the order of their own cost, without those that another one of the same placement covers; the refusal is the last.
/// Sorted only as far as the search looks, which is mostly not far. Thread-compatible.
class Ordered {
  /// Whether a comes after b; of equal ones, the one that stands later.
  [[nodiscard]] auto after() const {
    return [this](std::uint32_t a, std::uint32_t b) { return all_[a].alone != all_[b].alone ? all_[a].alone > all_[b].alone : a > b; };
  }

 public:
  Ordered(const Machine& machine, std::span<const Units> units, const Demand& demand, const Rules& rules, std::uint64_t weight)
      : demand_(&demand), best_(machine.placements.size()) {
    const Measure measure(demand, rules);
    all_.reserve(demand.options.size() + 1);
    for (std::size_t i = 0; i < demand.options.size(); ++i) all_.push_back(judged_option(machine, units, demand, measure, i, rules, weight));
    all_.push_back(refusal(demand, rules, weight));
    heap_.resize(all_.size());
    std::iota(heap_.begin(), heap_.end(), 0U);
    std::ranges::make_heap(heap_, after());
    order_.reserve(all_.size());
  }

  /// The n-th, or null behind the last one. Requires: all before it were asked for.
  [[nodiscard]] const Judged* at(std::size_t n) {
    while (n >= order_.size() && !heap_.empty()) {
      std::ranges::pop_heap(heap_, after());
      const Judged& next = all_[heap_.back()];
      heap_.pop_back();
      if (next.option) {
        const Judged*& seen = best_[demand_->options[*next.option].operation.placement];
        if (seen != nullptr && covers(*seen, next)) continue;
        if (seen == nullptr || covers(next, *seen)) seen = &next;
      }
      order_.push_back(&next);
    }
    return n < order_.size() ? order_[n] : nullptr;
  }

  /// As above, and where that one shares units that are taken, but one that costs the same does not, they change places.
  [[nodiscard]] const Judged* at(std::size_t n, Units taken) {
    const Judged* const first = at(n);
    if (first == nullptr || (first->units & taken) == 0) return first;
    for (std::size_t later = n + 1; const Judged* const other = at(later); ++later) {
      if (other->alone != first->alone) break;
      if ((other->units & taken) != 0) continue;
      std::swap(order_[n], order_[later]);
      break;
    }
    return order_[n];
  }

 private:
  const Demand* demand_;
  std::vector<Judged> all_;
  std::vector<std::uint32_t> heap_;  ///< not ordered yet
  std::vector<const Judged*> order_;
  std::vector<const Judged*> best_;  ///< by placement
};

class Search {
 public:
  Search(const Machine& machine, std::span<const Demand> demands, const Rules& rules)
      : rules_(rules), weights_(weights_of(demands)), partial_(rules, weights_), order_(demands.size()), chosen_(demands.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::stable_sort(order_, [&](std::size_t a, std::size_t b) { return demands[a].priority > demands[b].priority; });
    const std::vector<Units> units = distinct_units(machine);
    options_.reserve(order_.size());
    for (const std::size_t application : order_) options_.emplace_back(machine, units, demands[application], rules, weights_[application]);
    rest_.resize(order_.size() + 1);
    for (std::size_t i = order_.size(); i-- > 0;) rest_[i] = options_[i].at(0)->alone + rest_[i + 1];
  }

  Decision run() {
    decision_.choices.assign(order_.size(), Choice{});
    descend(0);
    return std::move(decision_);
  }

 private:
  void descend(std::size_t depth) {
    if (depth == order_.size()) {
      if (found_ && partial_.cost() >= decision_.cost) return;
      found_ = true;
      decision_.cost = partial_.cost();
      for (std::size_t i = 0; i < order_.size(); ++i) decision_.choices[order_[i]] = chosen_[i];
      return;
    }
    for (std::size_t n = 0; const Judged* const next = options_[depth].at(n, partial_.taken()); ++n) {
      const Judged& each = *next;
      if (found_ && partial_.cost() + each.alone + rest_[depth + 1] >= decision_.cost) return;
      if (found_ && decision_.nodes >= rules_.most_nodes) {
        decision_.proved = false;
        return;
      }
      ++decision_.nodes;
      if (!partial_.push(order_[depth], each)) continue;
      if (!found_ || partial_.cost() + rest_[depth + 1] < decision_.cost) {
        chosen_[depth] = each.option;
        descend(depth + 1);
      }
      partial_.pop();
    }
  }

  const Rules& rules_;
  std::vector<std::uint64_t> weights_;
  Partial partial_;
  std::vector<std::size_t> order_;  ///< applications by priority
  std::vector<Ordered> options_;
  std::vector<Cost> rest_;  ///< at least, of the applications from here on
  std::vector<Choice> chosen_;
  Decision decision_;
  bool found_ = false;
};

}  // namespace

Kept kept(const Demand& demand, std::size_t option, const Rules& rules) { return Measure(demand, rules).kept(demand, option, rules); }

Decision decide(const Machine& machine, std::span<const Demand> demands, const Rules& rules) {
  MOSAIC_CHECK(demands.size() <= kMostApplications && machine.units.size() <= kMostUnits);
  return Search(machine, demands, rules).run();
}

std::optional<Cost> judge(const Machine& machine, std::span<const Demand> demands, const Rules& rules, std::span<const Choice> choices) {
  MOSAIC_CHECK(choices.size() == demands.size() && demands.size() <= kMostApplications);
  const std::vector<std::uint64_t> weights = weights_of(demands);
  const std::vector<Units> units = distinct_units(machine);
  std::vector<Judged> judged;
  for (std::size_t i = 0; i < demands.size(); ++i)
    judged.push_back(choices[i] ? judged_option(machine, units, demands[i], Measure(demands[i], rules), *choices[i], rules, weights[i])
                                : refusal(demands[i], rules, weights[i]));
  Partial partial(rules, weights);
  for (std::size_t i = 0; i < demands.size(); ++i) {
    if (!partial.push(i, judged[i])) return std::nullopt;
  }
  return partial.cost();
}

}  // namespace mosaic::manager

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
constexpr std::size_t kMostUnits = 64;
constexpr std::size_t kMostRanks = 8;
constexpr std::uint64_t kRefusal = 7;  // more than all targets that an answered request can miss
constexpr double kMostExcess = 1e9;

std::uint64_t thousandths(double value) { return static_cast<std::uint64_t>(std::llround(std::clamp(1000 * value, 0.0, kMostExcess))); }

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

/// Power of one that answers each request, in watts; of one whose rate is not known, that of a request a second.
double power(const Demand& demand, const Option& option) {
  const double period = demand.period.count() > 0 ? std::chrono::duration<double>(demand.period).count() : 1;
  return option.energy.value / period;
}

/// Share of time that a request of each period takes.
double utilisation(const Demand& demand, const Option& option) {
  if (demand.period.count() <= 0) return 0;
  return static_cast<double>(option.latency.count()) / static_cast<double>(demand.period.count());
}

/// The longest response that counts as in time; the largest number where there is no target.
std::int64_t limit_of(const Demand& demand, std::size_t option, const Rules& rules) {
  if (!demand.targets.latency) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(static_cast<double>(demand.targets.latency->count()) * (demand.current == option ? rules.keep : rules.reach));
}

/// An option as the search sees it.
struct Judged {
  Choice option;
  Cost own;    ///< but for its latency
  Cost alone;  ///< with the latency that it has where nothing shares its units
  Units units = 0;
  std::uint64_t clocks = 0;
  std::int64_t service = 0;  ///< nanoseconds
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  std::int64_t target = 0;
  std::int64_t memory = 0;
  double busy = 0;
};

/// What being late costs.
Cost lateness(const Judged& judged, std::int64_t response, std::uint64_t weight) {
  if (response <= judged.limit) return {};
  return {.missed = weight, .excess = thousandths(static_cast<double>(response) / static_cast<double>(std::max<std::int64_t>(judged.target, 1)))};
}

Judged judged_option(const Machine& machine, const Demand& demand, std::size_t index, const Rules& rules, std::uint64_t weight) {
  const Option& option = demand.options[index];
  const Placement& placement = machine.placements[option.operation.placement];
  const Kept keeps = kept(demand, index, rules);
  Judged judged{.option = index, .own = {}, .alone = {}, .units = placement.units, .clocks = placement.clocks, .service = option.latency.count(), .memory = option.memory.value};
  judged.limit = limit_of(demand, index, rules);
  judged.target = demand.targets.latency ? demand.targets.latency->count() : 0;
  judged.busy = std::min(utilisation(demand, option), rules.utilisation);  // more is refused at the door
  judged.own.missed = weight * ((keeps.accuracy ? 0U : 1U) + (keeps.budget ? 0U : 1U));
  judged.own.excess = keeps.accuracy ? 0 : thousandths(demand.targets.accuracy_percent - option.accuracy_percent);
  judged.own.first = thousandths(100 - option.accuracy_percent);
  judged.own.second = thousandths(1000 * power(demand, option));
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
    frame = {.application = application, .judged = &judged, .late = {}, .clocks = clocks_, .taken = taken_, .cost = cost_};
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

  [[nodiscard]] std::int64_t response(const Judged& judged) const {
    std::int64_t longest = 0;
    for (Units rest = judged.units; rest != 0; rest &= rest - 1) longest = std::max(longest, service_[static_cast<std::size_t>(std::countr_zero(rest))]);
    return longest;
  }

 private:
  struct Frame {
    std::size_t application = 0;
    const Judged* judged = nullptr;
    Cost late;
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

  /// All costs anew: whoever shares a unit waits longer.
  void recount() {
    cost_ = {};
    for (std::size_t i = 0; i < depth_; ++i) {
      const Judged& judged = *frames_[i].judged;
      cost_ += judged.own + lateness(judged, response(judged), weights_[frames_[i].application]);
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
  return one.own <= other.own && one.service <= other.service && one.limit >= other.limit && one.memory <= other.memory;
}

/// Options in the order of their own cost, without those that another one of the same placement beats in everything; the refusal is the last.
std::vector<Judged> ordered_options(const Machine& machine, const Demand& demand, const Rules& rules, std::uint64_t weight) {
  std::vector<Judged> judged;
  judged.reserve(demand.options.size() + 1);
  for (std::size_t i = 0; i < demand.options.size(); ++i) judged.push_back(judged_option(machine, demand, i, rules, weight));
  judged.push_back(refusal(demand, rules, weight));
  std::vector<std::uint32_t> order(judged.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) { return judged[a].alone != judged[b].alone ? judged[a].alone < judged[b].alone : a < b; });
  std::vector<const Judged*> best(machine.placements.size());
  std::vector<Judged> kept_options;
  kept_options.reserve(judged.size());
  for (const std::uint32_t index : order) {
    const Judged& each = judged[index];
    if (each.option) {
      const Judged*& seen = best[demand.options[*each.option].operation.placement];
      if (seen != nullptr && covers(*seen, each)) continue;
      if (seen == nullptr || covers(each, *seen)) seen = &each;
    }
    kept_options.push_back(each);
  }
  return kept_options;
}

class Search {
 public:
  Search(const Machine& machine, std::span<const Demand> demands, const Rules& rules)
      : rules_(rules), weights_(weights_of(demands)), partial_(rules, weights_), order_(demands.size()), chosen_(demands.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::stable_sort(order_, [&](std::size_t a, std::size_t b) { return demands[a].priority > demands[b].priority; });
    for (const std::size_t application : order_) options_.push_back(ordered_options(machine, demands[application], rules, weights_[application]));
    rest_.resize(order_.size() + 1);
    for (std::size_t i = order_.size(); i-- > 0;) rest_[i] = options_[i].front().alone + rest_[i + 1];
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
    for (const Judged& each : options_[depth]) {
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
  std::vector<std::vector<Judged>> options_;
  std::vector<Cost> rest_;  ///< at least, of the applications from here on
  std::vector<Choice> chosen_;
  Decision decision_;
  bool found_ = false;
};

}  // namespace

Kept kept(const Demand& demand, std::size_t option, const Rules& rules) {
  const Option& each = demand.options[option];
  Kept keeps;
  keeps.latency = each.latency.count() <= limit_of(demand, option, rules);
  keeps.accuracy = each.accuracy_percent >= demand.targets.accuracy_percent;
  keeps.budget = (!demand.targets.energy || each.energy <= *demand.targets.energy) &&
                 (!demand.targets.power || power(demand, each) <= demand.targets.power->value) && utilisation(demand, each) <= rules.utilisation;
  return keeps;
}

Decision decide(const Machine& machine, std::span<const Demand> demands, const Rules& rules) {
  MOSAIC_CHECK(demands.size() <= kMostApplications && machine.units.size() <= kMostUnits);
  return Search(machine, demands, rules).run();
}

std::optional<Cost> judge(const Machine& machine, std::span<const Demand> demands, const Rules& rules, std::span<const Choice> choices) {
  MOSAIC_CHECK(choices.size() == demands.size() && demands.size() <= kMostApplications);
  const std::vector<std::uint64_t> weights = weights_of(demands);
  std::vector<Judged> judged;
  for (std::size_t i = 0; i < demands.size(); ++i)
    judged.push_back(choices[i] ? judged_option(machine, demands[i], *choices[i], rules, weights[i]) : refusal(demands[i], rules, weights[i]));
  Partial partial(rules, weights);
  for (std::size_t i = 0; i < demands.size(); ++i) {
    if (!partial.push(i, judged[i])) return std::nullopt;
  }
  return partial.cost();
}

std::vector<Nanoseconds> responses(const Machine& machine, std::span<const Demand> demands, std::span<const Choice> choices) {
  std::vector<Nanoseconds> longest(demands.size());
  std::array<Nanoseconds, kMostUnits> service{};
  const auto units_of = [&](std::size_t i) { return machine.placements[demands[i].options[*choices[i]].operation.placement].units; };
  for (std::size_t i = 0; i < demands.size(); ++i) {
    if (!choices[i]) continue;
    for (Units rest = units_of(i); rest != 0; rest &= rest - 1) service[static_cast<std::size_t>(std::countr_zero(rest))] += demands[i].options[*choices[i]].latency;
  }
  for (std::size_t i = 0; i < demands.size(); ++i) {
    if (!choices[i]) continue;
    for (Units rest = units_of(i); rest != 0; rest &= rest - 1) longest[i] = std::max(longest[i], service[static_cast<std::size_t>(std::countr_zero(rest))]);
  }
  return longest;
}

}  // namespace mosaic::manager

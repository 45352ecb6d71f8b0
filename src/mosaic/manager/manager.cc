#include "mosaic/manager/manager.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "mosaic/base/quantity.h"
#include "mosaic/base/statistics.h"
#include "mosaic/manager/sharing.h"

namespace mosaic::manager {
namespace {

constexpr double kOtherLoad = 1.1;       ///< the load of others changed, where it explains so many times more or less
constexpr double kApart = 1.25;          ///< the median request takes so many times more or less than on units that are alike
constexpr double kChangeOfLoad = 0.3;    ///< share of a core's time that others take more or less than a period ago
constexpr double kLeastEvidence = 0.05;  ///< counts for each period in which a target would be missed, by however little

double milliseconds(Nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

std::string operation_text(const Situation& situation, const Application& application, const Operation& operation) {
  return fmt::format("{} on {}", application.table->levels[operation.level].name, situation.machine->placements[operation.placement].name);
}

/// As many units of one cluster or device: some placement takes all of both.
bool alike(const Machine& machine, Units a, Units b) {
  return std::popcount(a) == std::popcount(b) &&
         std::ranges::any_of(machine.placements, [&](const Placement& each) { return (each.units & (a | b)) == (a | b); });
}

/// What an application misses, for people; empty for nothing.
std::string misses(const Demand& demand, std::size_t option, Nanoseconds response, const Rules& rules) {
  const Kept keeps = kept(demand, option, rules);
  std::string text;
  const Option& each = demand.options[option];
  if (demand.targets.latency && static_cast<double>(response.count()) > rules.keep * static_cast<double>(demand.targets.latency->count()))
    text += fmt::format(", late: {:.2f} of {:.2f} ms", milliseconds(response), milliseconds(*demand.targets.latency));
  if (!keeps.accuracy) text += fmt::format(", {:.2f} of {:.2f} %", each.accuracy_percent, demand.targets.accuracy_percent);
  if (!keeps.budget) text += ", over its budget of energy, power or time";
  return text;
}

}  // namespace

bool usable(const Situation& situation, const Application& application, const Operation& operation) {
  const Placement& placement = situation.machine->placements[operation.placement];
  if ((placement.units & situation.offline) != 0) return false;
  for (std::size_t domain = 0; domain < situation.caps.size(); ++domain) {
    if (placement.level_of(domain) > situation.caps[domain]) return false;
  }
  return application.table->levels[operation.level].costs[operation.placement].has_value();
}

std::vector<const Manager::Learnt*> Manager::known_of(const Situation& situation, Units units, double contention) const {
  std::vector<const Learnt*> all;
  for (const auto& [where, learnt] : learnt_) {
    if (learnt.slowdown.observed() == 0 || situation.now - learnt.last > options_.trusted) continue;
    const bool as_loaded =
        !situation.others.empty() && is_between(situation.machine->contention(where, situation.others) / contention, 1 / kOtherLoad, kOtherLoad);
    if (where == units || (as_loaded && alike(*situation.machine, where, units))) all.push_back(&learnt);
  }
  return all;
}

void Manager::keep_newest(std::vector<const Learnt*>& all) const {
  if (all.empty()) return;
  const Nanoseconds newest = std::ranges::max(all, {}, &Learnt::last)->last;
  std::erase_if(all, [&](const Learnt* each) { return each->last < newest - options_.together; });
}

void Manager::tell_apart(const Situation& situation) {
  std::set<Units> ran;
  for (const Completed& each : situation.completed) ran.insert(situation.machine->placements[each.operation.placement].units);
  for (const Units units : ran) {
    const auto found = learnt_.find(units);
    if (found == learnt_.end()) continue;
    Learnt& learnt = found->second;
    std::vector<const Learnt*> all = known_of(situation, units, situation.machine->contention(units, situation.others));
    keep_newest(all);
    std::vector<double> others;
    for (const Learnt* const each : all) {
      if (each != &learnt) others.push_back(each->slowdown.typical());
    }
    if (others.empty()) continue;  // which says nothing either way
    learnt.compared = situation.now;
    if (is_between(learnt.slowdown.typical() / median(others), 1 / kApart, kApart))
      learnt.apart.reset();
    else if (!learnt.apart)
      learnt.apart = situation.now;
  }
}

bool Manager::is_apart(const Learnt& learnt) const { return learnt.apart && learnt.compared - *learnt.apart > options_.apart; }

std::optional<Manager::Expected> Manager::learnt_on(const Situation& situation, Units units, double contention) const {
  std::vector<const Learnt*> all = known_of(situation, units, contention);
  const auto here = learnt_.find(units);
  const bool alone = here != learnt_.end() && is_apart(here->second);
  std::erase_if(all, [&](const Learnt* each) { return alone ? each != &here->second : is_apart(*each); });
  keep_newest(all);
  if (all.empty()) return std::nullopt;
  Expected mean{.slowdown = 0};
  double requests = 0;
  double delay = 0;
  for (const Learnt* const each : all) {
    const auto count = static_cast<double>(each->slowdown.observed());
    requests += count;
    mean.slowdown += count * contention * learnt_of(*each, contention);
    delay += count * static_cast<double>(each->slowdown.delay().count());
  }
  mean.slowdown /= requests;
  mean.delay = Nanoseconds(static_cast<std::int64_t>(delay / requests));
  return mean;
}

Manager::Expected Manager::expected(const Situation& situation, Units units) const {
  if (options_.truth) return {.slowdown = options_.truth(units, situation.others)};
  const double contention = situation.machine->contention(units, situation.others);
  if (const auto here = learnt_on(situation, units, contention)) return *here;
  const Learnt* latest = nullptr;
  for (const auto& [elsewhere, learnt] : learnt_) {
    const bool holds = learnt.slowdown.observed() > 0 && situation.now - learnt.last <= options_.trusted;
    if (holds && (latest == nullptr || learnt.last > latest->last)) latest = &learnt;
  }
  if (latest == nullptr) return {.slowdown = contention};
  return {.slowdown = contention * std::max(1.0, latest->slowdown.factor()), .delay = latest->slowdown.delay()};
}

double Manager::caution(Nanoseconds now) const {
  constexpr double kShareOfSpread = 0.6;  // what lies above is already in the slowdown: this is for how well that is known
  std::optional<double> most;
  for (const auto& [units, learnt] : learnt_) {
    if (now - learnt.last > options_.trusted) continue;
    if (const auto spread = learnt.slowdown.spread()) most = std::max(most.value_or(0), *spread);
  }
  return most ? kShareOfSpread * *most : 1;
}

double Manager::learnt_of(const Learnt& learnt, double contention) {
  const double factor = learnt.slowdown.factor();
  const bool other_load = contention > learnt.contention * kOtherLoad || contention * kOtherLoad < learnt.contention;
  return other_load ? std::max(1.0, factor) : factor;  // the load may have explained too much, which says nothing of another one
}

void Manager::learn(const Situation& situation) {
  // An event may have changed the load: what ended before it ran under the one before.
  const std::vector<double>& during = situation.event.empty() ? situation.others : others_;
  for (const Completed& each : situation.completed) {
    const LevelTable* const table = situation.applications[each.application].table;
    if (table == nullptr) continue;
    const auto& cost = table->levels[each.operation.level].costs[each.operation.placement];
    if (!cost || cost->latency.count() <= 0) continue;
    const Units units = situation.machine->placements[each.operation.placement].units;
    if (each.started < load_since(units)) continue;  // a part of it ran under another load
    const double expected = situation.machine->contention(units, during);
    Learnt& learnt = learnt_[units];
    const bool other_load = expected > learnt.contention * kOtherLoad || expected * kOtherLoad < learnt.contention;
    if (other_load || each.finished - learnt.last > options_.trusted) {
      learnt.slowdown.expect(learnt_of(learnt, expected));
      learnt.apart.reset();
    }
    learnt.slowdown.observe(Nanoseconds(static_cast<std::int64_t>(static_cast<double>(cost->latency.count()) * expected)),
                            each.finished - each.started, each.finished, each.delay);
    learnt.contention = expected;
    learnt.last = each.finished;
  }
  tell_apart(situation);
  load_changed_ = situation.others.size() != others_.size();
  load_since_.resize(situation.others.size());
  for (std::size_t unit = 0; unit < std::min(others_.size(), situation.others.size()); ++unit) {
    const double more = situation.others[unit] - others_[unit];
    if (std::abs(more) <= kChangeOfLoad) continue;
    load_changed_ = true;
    load_since_[unit] = situation.now;
    if (more < 0) eased_ = situation.now;
  }
  others_ = situation.others;
}

Nanoseconds Manager::load_since(Units units) const {
  Nanoseconds latest{};
  for (std::size_t unit = 0; unit < load_since_.size(); ++unit) {
    if ((units >> unit & 1U) != 0) latest = std::max(latest, load_since_[unit]);
  }
  return latest;
}

std::vector<Demand> Manager::demands(const Situation& situation) const {
  const Machine& machine = *situation.machine;
  std::vector<Expected> expectations;
  for (const Placement& placement : machine.placements) expectations.push_back(expected(situation, placement.units));
  std::vector<Demand> all(situation.applications.size());
  for (std::size_t a = 0; a < all.size(); ++a) {
    const Application& application = situation.applications[a];
    if (application.table == nullptr) continue;
    Demand& demand = all[a];
    demand = {.priority = application.priority, .targets = application.targets, .period = application.period, .options = {}, .current = {}};
    for (std::size_t level = 0; level < application.table->levels.size(); ++level) {
      const LevelTable::Level& row = application.table->levels[level];
      for (std::size_t placement = 0; placement < machine.placements.size(); ++placement) {
        const Operation operation{.level = level, .placement = placement};
        if (!usable(situation, application, operation) || (options_.allowed && !options_.allowed(situation, application, operation))) continue;
        if (a < operations_.size() && operations_[a] == operation) demand.current = demand.options.size();
        const double latency = static_cast<double>(row.costs[placement]->latency.count()) * expectations[placement].slowdown;
        demand.options.push_back({.operation = operation,
                                  .latency = Nanoseconds(static_cast<std::int64_t>(latency)),
                                  .energy = row.costs[placement]->energy,
                                  .accuracy_percent = row.accuracy_percent,
                                  .memory = row.memory,
                                  .delay = expectations[placement].delay});
      }
    }
  }
  return all;
}

bool Manager::most_are_late(const Situation& situation) {
  std::ptrdiff_t late = 0;
  for (const Completed& each : situation.completed) {
    const auto& target = situation.applications[each.application].targets.latency;
    late += target && each.finished - each.arrived > *target ? 1 : -1;
  }
  return late > 1;  // a single one may be anything
}

Manager::Missed Manager::needlessly_missed(const Situation& situation, std::span<const Demand> demands, std::span<const Choice> stay,
                                           std::span<const Choice> best) const {
  const std::vector<Nanoseconds> before = responses(*situation.machine, demands, stay);
  const std::vector<Nanoseconds> after = responses(*situation.machine, demands, best);
  const std::vector<double> busy = busy_shares(*situation.machine, demands, options_.rules, stay);
  const auto too_busy = [&](std::size_t a) { return std::max(0.0, busy[a] / options_.rules.utilisation - 1); };
  const auto late = [&](std::size_t a, Nanoseconds response) { return demands[a].targets.latency && response > *demands[a].targets.latency; };
  const auto misses = [&](std::size_t a, const Choice& choice, Nanoseconds response) {
    if (!choice) return 4;  // more than an answered request can miss
    const Kept keeps = kept(demands[a], *choice, options_.rules);
    return (keeps.accuracy ? 0 : 1) + (keeps.budget ? 0 : 1) + (late(a, response) ? 1 : 0);
  };
  Missed missed;
  for (std::size_t a = 0; a < demands.size(); ++a) {
    if (situation.applications[a].table == nullptr) continue;
    const bool gains = misses(a, stay[a], before[a]) > misses(a, best[a], after[a]);
    if (!gains && too_busy(a) == 0) continue;
    missed.applications.insert(a);
    missed.by = std::max(missed.by, too_busy(a));
    if (!gains || !late(a, before[a]) || late(a, after[a])) continue;
    const auto target = static_cast<double>(std::max<std::int64_t>(1, demands[a].targets.latency->count()));
    missed.by = std::max(missed.by, static_cast<double>(before[a].count()) / target - 1);
  }
  return missed;
}

bool Manager::is_better(const Cost& stay, const Cost& best) const {
  if (best.missed > stay.missed) return false;  // a search that was cut short may not have found what is
  const auto gain = [](std::uint64_t now, std::uint64_t then, double least) { return static_cast<double>(now) - static_cast<double>(then) > least; };
  const bool accuracy_first = options_.rules.prefer == Prefer::kAccuracy;
  const double points = 1000 * options_.least_gain;
  const double power = options_.least_gain * static_cast<double>(accuracy_first ? stay.second : stay.first);
  return gain(stay.excess, best.excess, 0) || gain(stay.first, best.first, accuracy_first ? points : power) ||
         (best.first <= stay.first && gain(stay.second, best.second, accuracy_first ? power : points));
}

bool Manager::should_change(const Situation& situation, const std::optional<Cost>& stay, const Cost& best, const Missed& missed) {
  if (options_.truth) return !stay || best != *stay;
  const bool event = !situation.event.empty();
  const bool known_or_seen = load_changed_ || most_are_late(situation);
  const bool worse = !std::ranges::includes(missed_.applications, missed.applications) || missed.by > missed_.by + kLeastEvidence;
  missed_ = missed;
  if (!stay || best.missed < stay->missed) {
    promised_ = 0;
    if (!event) evidence_ += std::max(missed.by, kLeastEvidence);
    return (event && worse) || known_or_seen || evidence_ >= (is_recent(situation, forced_) ? reluctance_ : options_.enough);
  }
  evidence_ = 0;
  const bool pending = promised_ > 0;  // what was there before is not what an event brings
  promised_ = is_better(*stay, best) ? promised_ + 1 : 0;
  const bool eased = eased_ && situation.now - *eased_ <= options_.easing;
  return promised_ > 0 &&
         ((event && !pending) || (known_or_seen && best.excess < stay->excess) || promised_ >= (eased ? options_.patience : patience_));
}

bool Manager::is_recent(const Situation& situation, const std::optional<Nanoseconds>& instant) const {
  return instant && situation.now - *instant < options_.regret;
}

void Manager::remember_change(const Situation& situation, bool forced) {
  promised_ = 0;
  missed_ = {};
  evidence_ = 0;
  if (!situation.event.empty()) {
    forced_.reset();
    gained_.reset();
  } else if (!forced) {
    gained_ = situation.now;
  } else {
    reluctance_ = std::min(2 * (is_recent(situation, forced_) ? reluctance_ : options_.enough), options_.most_reluctance);
    forced_ = situation.now;
    if (gained_)
      patience_ = is_recent(situation, gained_) ? std::min(2 * patience_, options_.most_patience) : std::max(patience_ / 2, options_.calm_patience);
    gained_.reset();
  }
}

std::string Manager::explain(const Situation& situation, std::span<const Demand> demands, const Decision& decision, const std::string& cause) const {
  const std::vector<Nanoseconds> longest = responses(*situation.machine, demands, decision.choices);
  std::string text = cause;
  for (std::size_t a = 0; a < demands.size(); ++a) {
    const Application& application = situation.applications[a];
    if (application.table == nullptr) continue;
    const auto before = a < operations_.size() ? operations_[a] : std::nullopt;
    const auto& choice = decision.choices[a];
    const auto after = choice ? std::optional(demands[a].options[*choice].operation) : std::nullopt;
    if (before == after && choice) continue;
    text += fmt::format("; {}: {}", application.name, before ? operation_text(situation, application, *before) + " -> " : "");
    if (!choice) {
      text += demands[a].options.empty() ? "refused, nothing is left that it can run on" : "refused, for what is more important needs the rest";
    } else {
      text += fmt::format("{}, {:.2f} ms{}", operation_text(situation, application, *after), milliseconds(longest[a]),
                          misses(demands[a], *choice, longest[a], options_.rules));
    }
  }
  return text;
}

Assignment Manager::step(const Situation& situation) {
  learn(situation);
  Rules rules = options_.rules;
  if (situation.memory) rules.memory = situation.memory;
  rules.reach = std::max(rules.reach, 1 - caution(situation.now));
  operations_.resize(situation.applications.size());
  const std::vector<Demand> all = demands(situation);
  const Decision best = decide(*situation.machine, all, rules);
  proved_ = best.proved;

  std::vector<manager::Choice> current;
  bool possible = true;
  for (std::size_t a = 0; a < all.size(); ++a) {
    current.push_back(all[a].current);
    possible = possible && (!operations_[a] || all[a].current);  // else it runs where it may not any more
  }
  const auto stay = possible ? judge(*situation.machine, all, rules, current) : std::nullopt;
  Rules but_for_time = rules;  // which is only predicted
  but_for_time.utilisation = std::numeric_limits<double>::infinity();
  possible = stay || (possible && judge(*situation.machine, all, but_for_time, current));
  const bool forced = !stay || best.cost.missed < stay->missed;
  Assignment assignment;
  if (!possible || should_change(situation, stay, best.cost, needlessly_missed(situation, all, current, best.choices))) {
    std::string cause = situation.event;
    if (cause.empty()) cause = forced ? "targets would be missed" : "there is room";
    assignment.reason = explain(situation, all, best, cause);
    remember_change(situation, forced);
    for (std::size_t a = 0; a < all.size(); ++a)
      operations_[a] = best.choices[a] ? std::optional(all[a].options[*best.choices[a]].operation) : std::nullopt;
  } else if (!situation.event.empty()) {
    assignment.reason = situation.event + "; nothing changes";
  }
  assignment.operations = operations_;
  for (std::size_t domain = 0; domain < situation.machine->domains.size(); ++domain) {
    std::size_t level = 0;
    for (const auto& operation : operations_) {
      if (operation) level = std::max(level, situation.machine->placements[operation->placement].level_of(domain));
    }
    assignment.clocks.push_back(level > 0 ? level - 1 : 0);
  }
  return assignment;
}

}  // namespace mosaic::manager

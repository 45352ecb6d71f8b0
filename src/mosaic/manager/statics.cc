#include "mosaic/manager/statics.h"

#include <algorithm>

namespace mosaic::manager {
namespace {

constexpr double kOndemandThreshold = 0.8;
constexpr double kSchedutilMargin = 1.25;

Nanoseconds latency_of(const Application& application, const Operation& operation) {
  return application.table->levels[operation.level].costs[operation.placement]->latency;
}

/// The levels of all clocks that a placement names, added up: to find its lowest and highest among others on the same units.
std::size_t clock_rank(const Machine& machine, const Placement& placement) {
  std::size_t rank = 0;
  for (std::size_t domain = 0; domain < machine.domains.size(); ++domain) rank += placement.level_of(domain);
  return rank;
}

}  // namespace

std::string_view name(Governor governor) {
  switch (governor) {
    case Governor::kPerformance:
      return "performance";
    case Governor::kPowersave:
      return "powersave";
    case Governor::kOndemand:
      return "ondemand";
    case Governor::kSchedutil:
      return "schedutil";
  }
  return "";
}

std::optional<std::size_t> fastest_placement(const Situation& situation, const Application& application, std::size_t level) {
  std::optional<std::size_t> best;
  for (std::size_t p = 0; p < situation.machine->placements.size(); ++p) {
    if (!usable(situation, application, {.level = level, .placement = p})) continue;
    if (!best || latency_of(application, {.level = level, .placement = p}) < latency_of(application, {.level = level, .placement = *best})) best = p;
  }
  return best;
}

std::vector<std::size_t> clocks_of(const Machine& machine, const std::vector<std::optional<Operation>>& operations) {
  std::vector<std::size_t> clocks;
  for (std::size_t domain = 0; domain < machine.domains.size(); ++domain) {
    std::size_t level = 1;
    for (const auto& operation : operations) {
      if (operation) level = std::max(level, machine.placements[operation->placement].level_of(domain));
    }
    clocks.push_back(level - 1);
  }
  return clocks;
}

std::string StaticPolicy::name() const {
  return std::string("static ") + (size_ == Size::kSmallest ? "smallest, " : "largest, ") + std::string(manager::name(governor_));
}

std::size_t StaticPolicy::governed(const Situation& situation, const Application& application, const Operation& fastest) const {
  const Machine& machine = *situation.machine;
  const Units units = machine.placements[fastest.placement].units;
  double busy = 0;
  for (std::size_t unit = 0; unit < busy_.size(); ++unit) busy = (units >> unit & 1U) != 0 ? std::max(busy, busy_[unit]) : busy;
  std::vector<std::size_t> same;
  for (std::size_t p = 0; p < machine.placements.size(); ++p) {
    if (machine.placements[p].units == units && usable(situation, application, {.level = fastest.level, .placement = p})) same.push_back(p);
  }
  std::ranges::sort(same, {}, [&](std::size_t p) { return clock_rank(machine, machine.placements[p]); });
  const double top = static_cast<double>(latency_of(application, fastest).count());
  double wanted = 1;  // speed, as a share of the highest
  if (governor_ == Governor::kPowersave) wanted = 0;
  if (governor_ == Governor::kOndemand) wanted = busy > kOndemandThreshold ? 1 : busy;
  if (governor_ == Governor::kSchedutil) wanted = std::min(1.0, kSchedutilMargin * busy);
  for (const std::size_t p : same) {
    if (top / static_cast<double>(latency_of(application, {.level = fastest.level, .placement = p}).count()) >= wanted) return p;
  }
  return fastest.placement;
}

void StaticPolicy::measure(const Situation& situation) {
  const Machine& machine = *situation.machine;
  busy_.assign(machine.units.size(), 0);
  const double period = std::max(1.0, static_cast<double>((situation.now - last_).count()));
  last_ = situation.now;
  for (const Completed& each : situation.completed) {
    const Application& application = situation.applications[each.application];
    const auto fastest = application.table == nullptr ? std::nullopt : fastest_placement(situation, application, each.operation.level);
    if (!fastest) continue;
    const double top = static_cast<double>(latency_of(application, {.level = each.operation.level, .placement = *fastest}).count());
    const double speed = top / static_cast<double>(latency_of(application, each.operation).count());
    for (std::size_t unit = 0; unit < busy_.size(); ++unit) {
      if ((machine.placements[each.operation.placement].units >> unit & 1U) != 0)
        busy_[unit] += speed * static_cast<double>((each.finished - each.started).count()) / period;
    }
  }
}

Assignment StaticPolicy::step(const Situation& situation) {
  Assignment assignment;
  assignment.operations.resize(situation.applications.size());
  assignment.reason = situation.event;
  if (situation.event.empty()) measure(situation);  // a period is over
  for (std::size_t a = 0; a < situation.applications.size(); ++a) {
    const Application& application = situation.applications[a];
    if (application.table == nullptr) continue;
    const std::size_t level = size_ == Size::kSmallest ? 0 : application.table->levels.size() - 1;
    const auto fastest = fastest_placement(situation, application, level);
    if (!fastest) continue;
    assignment.operations[a] = Operation{.level = level, .placement = governed(situation, application, {.level = level, .placement = *fastest})};
  }
  assignment.clocks = clocks_of(*situation.machine, assignment.operations);
  return assignment;
}

}  // namespace mosaic::manager

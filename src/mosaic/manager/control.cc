#include "mosaic/manager/control.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace mosaic::manager {
namespace {

constexpr std::size_t kMostLogged = 10'000;  // where a scenario has no end

}  // namespace

Control::Control(const Machine& machine, const Scenario& scenario, const std::vector<LevelTable>& tables, Policy& policy)
    : machine_(&machine), scenario_(&scenario), tables_(&tables), policy_(&policy), load_(machine.units.size()) {
  for (std::size_t t = 0; t < scenario.tenants.size(); ++t) {
    const Tenant& tenant = scenario.tenants[t];
    applications_.push_back({.name = tenant.name,
                             .priority = tenant.priority,
                             .targets = tenant.targets,
                             .period = tenant.arrivals.period,
                             .table = tenant.from_start ? &tables[t] : nullptr});
  }
  for (const ClockDomain& domain : machine.domains) caps_.push_back(domain.levels.size());
  last_arrivals_.resize(applications_.size());
  assignment_.operations.resize(applications_.size());
  assignment_.clocks.resize(machine.domains.size());
}

void Control::arrived(std::size_t tenant, Nanoseconds now) {
  constexpr std::int64_t kMemory = 8;  // requests that the mean goes back, about
  if (scenario_->tenants[tenant].arrivals.kind != Arrivals::Kind::kClients) return;
  Nanoseconds& period = applications_[tenant].period;
  if (auto& last = last_arrivals_[tenant]; last) period = period.count() == 0 ? now - *last : period + (now - *last - period) / kMemory;
  last_arrivals_[tenant] = now;
}

Result<Units> Control::units_of(const std::vector<std::string>& names) const {
  Units units = 0;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(machine_->units, name);
    if (found == machine_->units.end())
      return invalid(fmt::format("there is no core or device '{}' on {} (there are {})", name, machine_->name, fmt::join(machine_->units, ", ")));
    units |= Units{1} << static_cast<unsigned>(found - machine_->units.begin());
  }
  return units;
}

Result<std::size_t> Control::tenant_of(const std::string& name) const {
  for (std::size_t t = 0; t < applications_.size(); ++t) {
    if (applications_[t].name == name) return t;
  }
  return invalid(fmt::format("there is no application '{}'", name));
}

Result<void> Control::apply(const Change& change) {
  if (const auto* const retarget = std::get_if<Retarget>(&change)) {
    MOSAIC_TRY(const std::size_t tenant, tenant_of(retarget->application));
    Application& application = applications_[tenant];
    if (retarget->latency) application.targets.latency = retarget->latency;
    if (retarget->accuracy_percent) application.targets.accuracy_percent = *retarget->accuracy_percent;
    if (retarget->energy) application.targets.energy = retarget->energy;
    if (retarget->power) application.targets.power = retarget->power;
    if (retarget->priority) application.priority = *retarget->priority;
  } else if (const auto* const arrive = std::get_if<Arrive>(&change)) {
    MOSAIC_TRY(const std::size_t tenant, tenant_of(arrive->application));
    applications_[tenant].table = &(*tables_)[tenant];
  } else if (const auto* const leave = std::get_if<Leave>(&change)) {
    MOSAIC_TRY(const std::size_t tenant, tenant_of(leave->application));
    applications_[tenant].table = nullptr;
  } else if (const auto* const offline = std::get_if<Offline>(&change)) {
    MOSAIC_TRY(const Units units, units_of(offline->units));
    offline_ = offline->offline ? offline_ | units : offline_ & ~units;
  } else if (const auto* const cap = std::get_if<Cap>(&change)) {
    const auto found = std::ranges::find(machine_->domains, cap->domain, &ClockDomain::name);
    if (found == machine_->domains.end()) return invalid(fmt::format("there is no clock '{}' on {}", cap->domain, machine_->name));
    const auto allowed =
        cap->clock ? std::ranges::count_if(found->levels, [&](Hertz level) { return level <= *cap->clock; }) : std::ssize(found->levels);
    caps_[static_cast<std::size_t>(found - machine_->domains.begin())] = std::max<std::size_t>(1, static_cast<std::size_t>(allowed));
  } else if (const auto* const limit = std::get_if<MemoryLimit>(&change)) {
    memory_ = limit->limit;
  } else if (const auto* const load = std::get_if<Load>(&change)) {
    MOSAIC_TRY(const Units units, units_of(load->units));
    for (std::size_t unit = 0; unit < load_.size(); ++unit) {
      if ((units >> unit & 1U) != 0) load_[unit] = load->share;
    }
  }
  return {};
}

const Assignment& Control::step(Nanoseconds now, const std::string& event, std::vector<double> others) {
  const Situation situation{.now = now,
                            .machine = machine_,
                            .applications = applications_,
                            .offline = offline_ | failed_,
                            .caps = caps_,
                            .memory = memory_,
                            .completed = completed_,
                            .others = std::move(others),
                            .event = event};
  assignment_ = policy_->step(situation);
  completed_.clear();
  if (!assignment_.reason.empty()) {
    log_.push_back(
        {.at = now, .reason = assignment_.reason, .operations = assignment_.operations, .clocks = assignment_.clocks, .event = !event.empty()});
    for (const Application& each : applications_) log_.back().latencies.push_back(each.table != nullptr ? each.targets.latency : std::nullopt);
  }
  if (scenario_->duration.count() == 0 && log_.size() > kMostLogged) log_.pop_front();
  return assignment_;
}

}  // namespace mosaic::manager

#include "mosaic/manager/simulate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <queue>
#include <tuple>

#include "mosaic/manager/arrivals.h"
#include "mosaic/manager/gate.h"

namespace mosaic::manager {
namespace {

enum class What : std::uint8_t { kFinish, kEvent, kHeat, kArrival, kBack, kPeriod };

/// Something that happens at an instant; of what happens at once, in the order of What, then as it was planned.
struct Happening {
  Nanoseconds at{};
  What what = What::kPeriod;
  std::size_t index = 0;  ///< of the tenant or event
  std::uint64_t number = 0;

  friend bool operator>(const Happening& a, const Happening& b) { return std::tuple(a.at, a.what, a.number) > std::tuple(b.at, b.what, b.number); }
};

/// An application while it is served: one of its requests is at the gate or runs, others wait behind it.
struct Served {
  std::deque<Record> waiting;
  std::optional<Record> running;
  bool at_gate = false;
  std::optional<Nanoseconds> away_until;  ///< is being launched again
  std::optional<Requests> requests;
  std::uint64_t stays = 0;  ///< how often it came: arrivals of an earlier stay do not count
};

class Simulation {
 public:
  Simulation(const Machine& machine, const Scenario& scenario, const std::vector<LevelTable>& tables, const World& world, Policy& policy)
      : machine_(machine),
        scenario_(scenario),
        tables_(tables),
        world_(world),
        control_(machine, scenario, tables, policy),
        served_(scenario.tenants.size()),
        random_(scenario.seed),
        temperature_(scenario.thermal ? scenario.thermal->ambient : 0) {}

  Result<Outcome> run(const std::stop_token& stop) {
    for (std::size_t e = 0; e < scenario_.events.size(); ++e) plan(scenario_.events[e].at, What::kEvent, e);
    for (std::size_t t = 0; t < served_.size(); ++t) {
      if (control_.present(t)) start_requests(t);
    }
    if (scenario_.thermal) plan(scenario_.thermal->period, What::kHeat, 0);
    step("start");
    plan(scenario_.period, What::kPeriod, 0);
    while (!plan_.empty() && plan_.top().at <= scenario_.duration) {
      const Happening next = plan_.top();
      plan_.pop();
      if (next.what == What::kPeriod && stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while simulating");
      now_ = next.at;
      MOSAIC_RETURN_IF_ERROR(happen(next));
    }
    return outcome();
  }

 private:
  void plan(Nanoseconds at, What what, std::size_t index) { plan_.push({.at = at, .what = what, .index = index, .number = number_++}); }

  void start_requests(std::size_t tenant) {
    served_[tenant].requests.emplace(scenario_.tenants[tenant].arrivals, now_, scenario_.seed + (tenant + 1) * 1'000'003 + served_[tenant].stays++);
    plan_request(tenant);
  }

  void plan_request(std::size_t tenant) {
    if (const auto next = served_[tenant].requests->next()) plan(*next, What::kArrival, tenant);
  }

  Result<void> happen(const Happening& next) {
    switch (next.what) {
      case What::kFinish:
        finish(next.index);
        break;
      case What::kEvent:
        return event(scenario_.events[next.index].change);
      case What::kHeat:
        heat();
        break;
      case What::kArrival:
        arrive(next.index);
        break;
      case What::kBack:
        next_request(next.index);
        break;
      case What::kPeriod:
        step("");
        plan(now_ + scenario_.period, What::kPeriod, 0);
        break;
    }
    return {};
  }

  Result<void> event(const Change& change) {
    MOSAIC_RETURN_IF_ERROR(control_.apply(change));
    step(describe(change));
    for (std::size_t t = 0; t < served_.size(); ++t) {
      if (control_.present(t) && !served_[t].requests) start_requests(t);
      if (!control_.present(t) && served_[t].requests) {
        served_[t].requests.reset();
        refuse_waiting(t);
      }
    }
    return {};
  }

  void step(const std::string& event) {
    const std::vector<std::optional<Operation>> before = control_.assignment().operations;
    const Assignment& assignment = control_.step(now_, event, control_.load());
    for (std::size_t t = 0; t < served_.size(); ++t) {
      if (!assignment.operations[t]) refuse_waiting(t);
      const bool switched = before[t] && assignment.operations[t] && before[t]->level != assignment.operations[t]->level;
      if (switched && world_.relaunch.count() > 0) {
        served_[t].away_until = now_ + world_.relaunch;
        plan(*served_[t].away_until, What::kBack, t);
      }
      if (served_[t].at_gate && before[t] != assignment.operations[t]) leave_gate(t);
      next_request(t);
    }
  }

  void arrive(std::size_t tenant) {
    Served& served = served_[tenant];
    if (!served.requests) return;
    plan_request(tenant);
    const Application& application = control_.applications()[tenant];
    Record record{.tenant = tenant, .operation = {}, .arrived = now_, .started = {}, .finished = now_, .deadline = {}, .energy = {}};
    if (application.targets.latency) record.deadline = now_ + *application.targets.latency;
    const bool full = served.waiting.size() >= scenario_.tenants[tenant].queue;
    if (full || !control_.assignment().operations[tenant]) {
      records_.push_back(record);
      return;
    }
    served.waiting.push_back(record);
    next_request(tenant);
  }

  void refuse_waiting(std::size_t tenant) {
    if (served_[tenant].at_gate) leave_gate(tenant);
    for (Record& each : served_[tenant].waiting) {
      each.finished = now_;
      records_.push_back(each);
    }
    served_[tenant].waiting.clear();
  }

  void leave_gate(std::size_t tenant) {
    served_[tenant].at_gate = false;
    for (const std::size_t each : gate_.leave(tenant)) begin(each);
  }

  /// Brings an application's next request to the gate, if there is one and none is there.
  void next_request(std::size_t tenant) {
    Served& served = served_[tenant];
    const auto& operation = control_.assignment().operations[tenant];
    if (served.away_until && *served.away_until <= now_) served.away_until.reset();
    if (served.running || served.at_gate || served.away_until || served.waiting.empty() || !operation) return;
    served.at_gate = true;
    const Record& first = served.waiting.front();
    if (gate_.enter(tenant, machine_.placements[operation->placement].units, first.deadline.value_or(Nanoseconds::max()))) begin(tenant);
  }

  void begin(std::size_t tenant) {
    Served& served = served_[tenant];
    served.at_gate = false;
    Record record = served.waiting.front();
    served.waiting.pop_front();
    record.operation = control_.assignment().operations[tenant];
    record.started = now_;
    const LevelTable::Cost& cost = *tables_[tenant].levels[record.operation->level].costs[record.operation->placement];
    const Units units = machine_.placements[record.operation->placement].units;
    const double deviation = std::exp(world_.noise * random_.normal());
    const double time = static_cast<double>(cost.latency.count()) * world_.table_error * deviation * machine_.contention(units, control_.load());
    record.finished = now_ + Nanoseconds(std::max<std::int64_t>(1, std::llround(time)));
    record.energy = cost.energy;
    served.running = record;
    plan(record.finished, What::kFinish, tenant);
  }

  void finish(std::size_t tenant) {
    const Record record = *served_[tenant].running;
    served_[tenant].running.reset();
    records_.push_back(record);
    busy_energy_ += record.energy;
    warmth_ += record.energy;
    control_.completed(
        {.application = tenant, .operation = *record.operation, .arrived = record.arrived, .started = record.started, .finished = now_});
    for (const std::size_t each : gate_.leave(tenant)) begin(each);
    next_request(tenant);
  }

  /// A period of warming and cooling; where a clock may go higher or must go lower, the policy hears of it.
  void heat() {
    const Thermal& thermal = *scenario_.thermal;
    const double seconds = std::chrono::duration<double>(thermal.period).count();
    const double power = world_.idle.value + warmth_.value / seconds;
    warmth_ = {};
    temperature_ += seconds / thermal.joules_per_kelvin * (power - (temperature_ - thermal.ambient) / thermal.kelvin_per_watt);
    plan(now_ + thermal.period, What::kHeat, 0);
    bool changed = false;
    for (std::size_t domain = 0; domain < machine_.domains.size(); ++domain) {
      const std::size_t cap = control_.caps()[domain];
      const std::size_t in_use = control_.assignment().clocks[domain] + 1;
      if (temperature_ > thermal.limit && std::min(cap, in_use) > 1) {
        heat_caps_.try_emplace(domain, cap);
        control_.cap(domain, std::min(cap, in_use) - 1);
        changed = true;
      } else if (const auto found = heat_caps_.find(domain); temperature_ < thermal.limit - thermal.margin && found != heat_caps_.end()) {
        control_.cap(domain, cap + 1);
        if (cap + 1 >= found->second) heat_caps_.erase(found);
        changed = true;
      }
    }
    if (changed) step(fmt::format("{:.0f} degrees: clocks {}", temperature_, temperature_ > thermal.limit ? "go down" : "may go up"));
  }

  Outcome outcome() {
    for (auto& application : served_) {  // what came and is not answered in time for the end says nothing, unless it is late already
      for (Record& each : application.waiting) {
        each.finished = now_;
        if (each.deadline && *each.deadline < scenario_.duration) records_.push_back(each);
      }
    }
    Outcome result{.records = std::move(records_),
                   .decisions = control_.log(),
                   .duration = scenario_.duration,
                   .energy = busy_energy_ + world_.idle * std::chrono::duration<double>(scenario_.duration),
                   .energy_source = "simulated",
                   .simulated = true};
    return result;
  }

  const Machine& machine_;
  const Scenario& scenario_;
  const std::vector<LevelTable>& tables_;
  const World& world_;
  Control control_;
  Gate gate_;
  std::vector<Served> served_;
  Random random_;
  std::priority_queue<Happening, std::vector<Happening>, std::greater<>> plan_;
  std::uint64_t number_ = 0;
  Nanoseconds now_{};
  std::vector<Record> records_;
  Joules busy_energy_;
  Joules warmth_;  ///< since the last look
  double temperature_;
  std::map<std::size_t, std::size_t> heat_caps_;  ///< by domain: levels that were allowed before it got hot
};

}  // namespace

Result<Outcome> simulate(const Machine& machine, const Scenario& scenario, const std::vector<LevelTable>& tables, const World& world, Policy& policy,
                         const std::stop_token& stop) {
  if (scenario.duration.count() <= 0) return invalid(fmt::format("{}: a simulated scenario needs a 'duration'", scenario.name));
  return Simulation(machine, scenario, tables, world, policy).run(stop);
}

}  // namespace mosaic::manager

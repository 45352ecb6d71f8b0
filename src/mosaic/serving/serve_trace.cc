#include "mosaic/serving/serve_trace.h"

#include <fmt/format.h>

#include "mosaic/base/json.h"

namespace mosaic {
namespace {

constexpr std::size_t kApplications = 1;  ///< the process whose tracks are decisions and applications
constexpr std::size_t kUnits = 2;         ///< that whose tracks are cores and devices
constexpr std::size_t kDecisions = 0;     ///< the track of them; applications follow

double in_us(Nanoseconds time) { return Microseconds(time).count(); }

Json event_of(const std::string& name, const char* phase, Nanoseconds at, std::size_t track) {
  return {{"name", name}, {"ph", phase}, {"pid", kApplications}, {"tid", track}, {"ts", in_us(at)}};
}

Json process_name(std::size_t process, const std::string& name) {
  return {{"name", "process_name"}, {"ph", "M"}, {"pid", process}, {"args", {{"name", name}}}};
}

Json track_name(std::size_t process, std::size_t track, const std::string& name) {
  return {{"name", "thread_name"}, {"ph", "M"}, {"pid", process}, {"tid", track}, {"args", {{"name", name}}}};
}

Json counter(const std::string& name, Nanoseconds at, double value) {
  return {{"name", name}, {"ph", "C"}, {"pid", kApplications}, {"ts", in_us(at)}, {"args", {{"value", value}}}};
}

std::string bar_name(const ServeStage& stage, const manager::Record& record) {
  return stage.scenario().tenants[record.tenant].name + ": " + stage.tables()[record.tenant].levels[record.operation->level].name;
}

/// On the tracks of all that the request held.
void add_units(const ServeStage& stage, const manager::Record& record, Json& events) {
  const manager::Units units = stage.machine().placements[record.operation->placement].units;
  for (std::size_t unit = 0; unit < stage.machine().units.size(); ++unit) {
    if ((units >> unit & 1U) == 0) continue;
    Json bar = event_of(bar_name(stage, record), "X", record.started, unit);
    bar["pid"] = kUnits;
    bar["dur"] = in_us(record.finished - record.started);
    events.push_back(std::move(bar));
  }
}

Json request_event(const ServeStage& stage, const manager::Record& record) {
  const std::size_t track = record.tenant + 1;
  Json event;
  if (record.operation) {
    event = event_of(bar_name(stage, record), "X", record.started, track);
    event["dur"] = in_us(record.finished - record.started);
    event["args"] = {{"placement", stage.machine().placements[record.operation->placement].name},
                     {"arrived_us", in_us(record.arrived)},
                     {"waited_us", in_us(record.started - record.arrived)},
                     {"latency_us", in_us(record.latency())},
                     {"on_time", record.on_time()},
                     {"energy_j", record.energy.value}};
  } else {
    event = event_of("no answer", "i", record.finished, track);
    event["s"] = "t";
  }
  if (record.deadline) {
    event["args"]["deadline_us"] = in_us(*record.deadline);
    event["args"]["target_us"] = in_us(*record.deadline - record.arrived);
  }
  return event;
}

void add_decisions(const ServeStage& stage, const Served& served, Json& events) {
  const auto& domains = stage.machine().domains;
  for (const manager::Logged& each : served.outcome.decisions) {
    Json mark = event_of(each.reason, "i", each.at, kDecisions);
    mark["s"] = "p";
    events.push_back(std::move(mark));
    for (std::size_t d = 0; d < each.clocks.size(); ++d)
      events.push_back(counter(domains[d].name + " MHz (decided)", each.at, static_cast<double>(domains[d].levels[each.clocks[d]].value) / 1e6));
  }
}

}  // namespace

std::string format_serve_trace(const ServeStage& stage, const Served& served) {
  Json events = Json::array();
  const std::string kind = served.outcome.simulated ? "simulated" : "measured";
  events.push_back(process_name(kApplications, fmt::format("{} with {} on {} (times {}, energy {})", stage.scenario().name, served.policy,
                                                           stage.machine().name, kind, stage.levels().front()->energy_source())));
  events.push_back(process_name(kUnits, fmt::format("cores and devices of {} ({})", stage.machine().name, kind)));
  events.push_back(track_name(kApplications, kDecisions, "decisions"));
  for (std::size_t t = 0; t < stage.scenario().tenants.size(); ++t)
    events.push_back(track_name(kApplications, t + 1, stage.scenario().tenants[t].name));
  for (std::size_t unit = 0; unit < stage.machine().units.size(); ++unit) events.push_back(track_name(kUnits, unit, stage.machine().units[unit]));
  add_decisions(stage, served, events);
  for (const manager::Record& each : served.outcome.records) {
    events.push_back(request_event(stage, each));
    if (!each.operation) continue;
    add_units(stage, each, events);
    events.push_back(counter(stage.scenario().tenants[each.tenant].name + " latency us", each.finished, in_us(each.latency())));
  }
  return Json{{"displayTimeUnit", "ms"}, {"traceEvents", events}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mosaic

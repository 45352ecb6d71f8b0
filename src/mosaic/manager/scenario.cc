#include "mosaic/manager/scenario.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <set>

#include "mosaic/base/file.h"
#include "mosaic/base/json.h"
#include "mosaic/base/quantity.h"
#include "mosaic/base/text.h"
#include "mosaic/board/board_file.h"

namespace mosaic::manager {
namespace {

constexpr std::int64_t kSchemaVersion = 1;
constexpr std::size_t kMostTenants = 32;
constexpr std::size_t kLongestQueue = 4096;

/// A quantity given as a text with its unit.
template <class T, class Parse>
void read_text(Fields& fields, const char* key, std::optional<T>& value, Parse parse) {
  std::optional<std::string> text;
  fields.optional(key, text);
  if (!text) return;
  if (auto parsed = parse(*text)) {
    value = *parsed;
  } else {
    fields.reject(fmt::format("key '{}': {}", key, parsed.error().message));
  }
}

Result<Nanoseconds> parse_nanoseconds(std::string_view text) {
  MOSAIC_TRY(const Picoseconds time, parse_time(text));
  return std::chrono::duration_cast<Nanoseconds>(time);
}

Result<Joules> parse_joules(std::string_view text) {
  MOSAIC_TRY(const Picojoules energy, parse_energy(text));
  return to_joules(energy);
}

Result<Watts> parse_watts(std::string_view text) {
  constexpr std::array<UnitName, 3> kUnits{{{.name = "uW", .factor = 1}, {.name = "mW", .factor = 1e3}, {.name = "W", .factor = 1e6}}};
  MOSAIC_TRY(const double microwatts, parse_quantity(text, kUnits, "a power such as '500 mW'"));
  return Watts{microwatts / 1e6};
}

struct TargetFields {
  std::optional<Nanoseconds> latency;
  std::optional<double> accuracy_percent;
  std::optional<Joules> energy;
  std::optional<Watts> power;
  std::optional<std::int64_t> priority;
};

void read_targets(Fields& fields, TargetFields& targets) {
  read_text(fields, "latency", targets.latency, parse_nanoseconds);
  read_text(fields, "energy", targets.energy, parse_joules);
  read_text(fields, "power", targets.power, parse_watts);
  fields.optional("accuracy_percent", targets.accuracy_percent).optional("priority", targets.priority);
  if (targets.accuracy_percent && !is_between(*targets.accuracy_percent, 0, 100))
    fields.reject(fmt::format("accuracy_percent is {}, not from 0 to 100", *targets.accuracy_percent));
  if (targets.priority && (*targets.priority < -1000 || *targets.priority > 1000))
    fields.reject(fmt::format("priority is {}, not from -1000 to 1000", *targets.priority));
}

Result<Arrivals> read_trace(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string text, read_file(path));
  Arrivals arrivals{.kind = Arrivals::Kind::kTrace, .period = {}, .instants = {}};
  std::size_t number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    char* end = nullptr;
    const double seconds = std::strtod(line.c_str(), &end);
    if (end == line.c_str() || *end != '\0' || !is_between(seconds, 0, 1e9))
      return invalid(fmt::format("{}, line {}: '{}' is no time in seconds", path.string(), number, line.substr(0, 40)));
    const auto instant = Nanoseconds(std::llround(seconds * 1e9));
    if (!arrivals.instants.empty() && instant < arrivals.instants.back())
      return invalid(fmt::format("{}, line {}: {} s is before the line above", path.string(), number, seconds));
    arrivals.instants.push_back(instant);
  }
  if (arrivals.instants.size() < 2) return invalid(fmt::format("{}: fewer than two requests", path.string()));
  arrivals.period = (arrivals.instants.back() - arrivals.instants.front()) / static_cast<std::int64_t>(arrivals.instants.size() - 1);
  return arrivals;
}

Result<Arrivals> read_arrivals(const Json& json, const std::filesystem::path& folder, const std::string& where) {
  if (json.is_null()) return Arrivals{};
  Fields fields(json, where + ", requests");
  Arrivals arrivals;
  std::optional<Nanoseconds> every;
  std::optional<double> poisson;
  std::optional<std::string> trace;
  read_text(fields, "every", every, parse_nanoseconds);
  fields.optional("poisson_per_second", poisson).optional("trace", trace);
  if (!fields.failed() && (every ? 1 : 0) + (poisson ? 1 : 0) + (trace ? 1 : 0) != 1)
    fields.reject("there must be one of 'every', 'poisson_per_second' and 'trace'");
  if (poisson && !is_between(*poisson, 1e-6, 1e6)) fields.reject(fmt::format("{} requests a second is not from 1e-6 to 1e6", *poisson));
  if (every && *every < Nanoseconds{1000}) fields.reject("a request more often than every microsecond");
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  if (trace) return read_trace(folder / *trace);
  if (every) return Arrivals{.kind = Arrivals::Kind::kPeriodic, .period = *every, .instants = {}};
  return Arrivals{.kind = Arrivals::Kind::kPoisson, .period = Nanoseconds(std::llround(1e9 / *poisson)), .instants = {}};
}

Result<Tenant> read_tenant(const Json& json, const std::filesystem::path& folder, const std::string& where) {
  Fields fields(json, where);
  Tenant tenant;
  std::string family;
  TargetFields targets;
  Json requests;
  auto queue = static_cast<std::int64_t>(tenant.queue);
  fields.required("name", tenant.name).required("family", family).optional("requests", requests).optional("queue", queue);
  fields.optional("from_start", tenant.from_start);
  read_targets(fields, targets);
  if (!fields.failed() && tenant.name.empty()) fields.reject("the name is empty");
  if (queue < 1 || queue > static_cast<std::int64_t>(kLongestQueue))
    fields.reject(fmt::format("queue is {}, not from 1 to {}", queue, kLongestQueue));
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  MOSAIC_TRY(tenant.arrivals, read_arrivals(requests, folder, where));
  tenant.family = (folder / family).lexically_normal();
  tenant.queue = static_cast<std::size_t>(queue);
  tenant.targets = {
      .latency = targets.latency, .accuracy_percent = targets.accuracy_percent.value_or(0), .energy = targets.energy, .power = targets.power};
  tenant.priority = static_cast<int>(targets.priority.value_or(0));
  return tenant;
}

Result<Thermal> read_thermal(const Json& json, const std::string& where) {
  constexpr double kColdest = -273.15;
  constexpr double kMost = 1e6;
  Thermal thermal;
  Fields fields(json, where + ", thermal");
  fields.optional("ambient", thermal.ambient).optional("limit", thermal.limit).optional("margin", thermal.margin);
  fields.optional("kelvin_per_watt", thermal.kelvin_per_watt).optional("joules_per_kelvin", thermal.joules_per_kelvin);
  const auto is_number = [](double value, double least) { return value >= least && value <= kMost; };
  const double seconds = thermal.kelvin_per_watt * thermal.joules_per_kelvin;
  const double period = std::chrono::duration<double>(thermal.period).count();
  if (!is_number(thermal.ambient, kColdest) || !is_number(thermal.limit, thermal.ambient)) {
    fields.reject(
        fmt::format("an ambient of {} and a limit of {} degrees Celsius: it is hotter than the limit before anything runs, or no temperature",
                    thermal.ambient, thermal.limit));
  } else if (!is_number(thermal.margin, 0) || thermal.limit - thermal.margin <= thermal.ambient) {
    fields.reject(fmt::format("a margin of {} K: clocks come back at {} degrees Celsius, which must be above the ambient {}", thermal.margin,
                              thermal.limit - thermal.margin, thermal.ambient));
  } else if (!is_number(thermal.kelvin_per_watt, 0) || !is_number(thermal.joules_per_kelvin, 0) || seconds < 2 * period) {
    fields.reject(
        fmt::format("kelvin_per_watt times joules_per_kelvin, how fast it warms up, is {} s; it must be {} s or more", seconds, 2 * period));
  }
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  return thermal;
}

/// Reads the keys of one change; others are the caller's to read before `finish`.
Result<Change> read_change(Fields& fields) {
  std::optional<std::string> application;
  std::optional<std::string> arrives;
  std::optional<std::string> leaves;
  std::optional<std::string> cap;
  std::optional<std::vector<std::string>> offline;
  std::optional<std::vector<std::string>> online;
  std::optional<std::vector<std::string>> load;
  std::optional<double> share;
  std::optional<Hertz> clock;
  std::optional<std::string> memory;
  TargetFields targets;
  fields.optional("application", application).optional("arrives", arrives).optional("leaves", leaves).optional("clock_cap", cap);
  fields.optional("offline", offline).optional("online", online).optional("load", load).optional("share", share).optional("memory_limit", memory);
  read_text(fields, "clock", clock, parse_clock);
  read_targets(fields, targets);
  const int kinds = (application ? 1 : 0) + (arrives ? 1 : 0) + (leaves ? 1 : 0) + (cap ? 1 : 0) + (offline ? 1 : 0) + (online ? 1 : 0) +
                    (load ? 1 : 0) + (memory ? 1 : 0);
  const bool retargets = targets.latency || targets.accuracy_percent || targets.energy || targets.power || targets.priority;
  std::optional<Bytes> limit;
  if (!fields.failed()) {
    if (kinds != 1) {
      fields.reject("an event has one of 'application', 'arrives', 'leaves', 'offline', 'online', 'clock_cap', 'memory_limit' and 'load'");
    } else if (retargets != application.has_value()) {
      fields.reject("'application' goes with what changes: 'latency', 'accuracy_percent', 'energy', 'power', 'priority'");
    } else if (share.has_value() != load.has_value() || (share && !is_between(*share, 0, 1))) {
      fields.reject("'load' goes with 'share', from 0 to 1");
    } else if (clock && !cap) {
      fields.reject("'clock' goes with 'clock_cap'");
    } else if (memory && *memory != "none") {
      if (auto size = parse_bytes(*memory)) {
        limit = *size;
      } else {
        fields.reject("key 'memory_limit': " + size.error().message);
      }
    }
  }
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  if (arrives) return Arrive{*arrives};
  if (leaves) return Leave{*leaves};
  if (offline) return Offline{.units = *offline, .offline = true};
  if (online) return Offline{.units = *online, .offline = false};
  if (cap) return Cap{.domain = *cap, .clock = clock};
  if (load) return Load{.units = *load, .share = *share};
  if (memory) return MemoryLimit{limit};
  return Retarget{.application = *application,
                  .latency = targets.latency,
                  .accuracy_percent = targets.accuracy_percent,
                  .energy = targets.energy,
                  .power = targets.power,
                  .priority = targets.priority ? std::optional(static_cast<int>(*targets.priority)) : std::nullopt};
}

/// Whether applications that events name are there.
Result<void> check_names(const Scenario& scenario, std::string_view where) {
  std::vector<std::string> names;
  for (const Tenant& each : scenario.tenants) names.push_back(each.name);
  for (std::size_t i = 0; i < scenario.events.size(); ++i) {
    const std::string* named = nullptr;
    if (const auto* const retarget = std::get_if<Retarget>(&scenario.events[i].change)) named = &retarget->application;
    if (const auto* const arrive = std::get_if<Arrive>(&scenario.events[i].change)) named = &arrive->application;
    if (const auto* const leave = std::get_if<Leave>(&scenario.events[i].change)) named = &leave->application;
    if (named != nullptr && std::ranges::find(names, *named) == names.end())
      return invalid(fmt::format("{}, event {}: there is no application '{}' (there are {})", where, i, *named, fmt::join(names, ", ")));
  }
  return {};
}

double in_ms(Nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

}  // namespace

Result<Scenario> parse_scenario(std::string_view yaml, const std::filesystem::path& folder, std::string_view where) {
  auto json = parse_yaml(yaml);
  if (!json) return within(where, json.error());
  MOSAIC_RETURN_IF_ERROR(check_schema(*json, kSchemaVersion, where));
  Scenario scenario;
  Fields fields(*json, std::string(where));
  std::int64_t version = 0;
  std::int64_t seed = 1;
  std::optional<Nanoseconds> duration;
  std::optional<Nanoseconds> period;
  std::string prefer = "accuracy";
  std::vector<Json> tenants;
  std::vector<Json> events;
  Json thermal;
  fields.required("schema_version", version).required("name", scenario.name).optional("board", scenario.board).optional("seed", seed);
  fields.optional("prefer", prefer).required("applications", tenants).optional("events", events).optional("thermal", thermal);
  read_text(fields, "duration", duration, parse_nanoseconds);
  read_text(fields, "control_period", period, parse_nanoseconds);
  if (!fields.failed()) {
    if (prefer != "accuracy" && prefer != "energy") fields.reject(fmt::format("prefer must be accuracy or energy, not '{}'", prefer));
    if (tenants.empty() || tenants.size() > kMostTenants)
      fields.reject(fmt::format("{} applications; there may be from 1 to {}", tenants.size(), kMostTenants));
    if (period && *period < Nanoseconds{1'000'000}) fields.reject("control_period is shorter than 1 ms");
    if (seed < 0) fields.reject("seed is negative");
  }
  MOSAIC_RETURN_IF_ERROR(fields.finish());
  scenario.duration = duration.value_or(Nanoseconds{0});
  scenario.period = period.value_or(scenario.period);
  scenario.prefer = prefer == "energy" ? Prefer::kEnergy : Prefer::kAccuracy;
  scenario.seed = static_cast<std::uint64_t>(seed);
  if (!thermal.is_null()) {
    MOSAIC_TRY(scenario.thermal, read_thermal(thermal, std::string(where)));
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    MOSAIC_TRY(Tenant tenant, read_tenant(tenants[i], folder, fmt::format("{}, application {}", where, i)));
    if (!names.insert(tenant.name).second) return invalid(fmt::format("{}: application '{}' stands twice", where, tenant.name));
    scenario.tenants.push_back(std::move(tenant));
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    Fields event(events[i], fmt::format("{}, event {}", where, i));
    std::optional<Nanoseconds> at;
    read_text(event, "at", at, parse_nanoseconds);
    if (!at && !event.failed()) event.reject("key 'at' is missing");
    MOSAIC_TRY(Change change, read_change(event));
    scenario.events.push_back({.at = *at, .change = std::move(change)});
  }
  std::ranges::stable_sort(scenario.events, {}, &Event::at);
  MOSAIC_RETURN_IF_ERROR(check_names(scenario, where));
  return scenario;
}

Result<Scenario> read_scenario(const std::filesystem::path& path) {
  MOSAIC_TRY(const std::string text, read_file(path));
  return parse_scenario(text, path.parent_path(), path.string());
}

Result<Change> parse_change(std::string_view json) {
  MOSAIC_TRY(const Json parsed, parse_json(json));
  Fields fields(parsed, "event");
  return read_change(fields);
}

std::string describe(const Change& change) {
  struct Words {
    std::string operator()(const Retarget& it) const {
      std::string text = it.application + ":";
      if (it.latency) text += fmt::format(" latency {:g} ms", in_ms(*it.latency));
      if (it.accuracy_percent) text += fmt::format(" accuracy {:g} %", *it.accuracy_percent);
      if (it.energy) text += fmt::format(" energy {:g} mJ", 1000 * it.energy->value);
      if (it.power) text += fmt::format(" power {:g} mW", 1000 * it.power->value);
      if (it.priority) text += fmt::format(" priority {}", *it.priority);
      return text;
    }
    std::string operator()(const Arrive& it) const { return it.application + " arrives"; }
    std::string operator()(const Leave& it) const { return it.application + " leaves"; }
    std::string operator()(const Offline& it) const { return fmt::format("{} {}", fmt::join(it.units, ", "), it.offline ? "offline" : "online"); }
    std::string operator()(const Cap& it) const {
      return it.clock ? fmt::format("{} at most {:g} MHz", it.domain, static_cast<double>(it.clock->value) / 1e6) : it.domain + " uncapped";
    }
    std::string operator()(const MemoryLimit& it) const { return it.limit ? "memory at most " + format_bytes(*it.limit) : "memory unlimited"; }
    std::string operator()(const Load& it) const { return fmt::format("load of {:g} % on {}", 100 * it.share, fmt::join(it.units, ", ")); }
  };
  return std::visit(Words{}, change);
}

}  // namespace mosaic::manager

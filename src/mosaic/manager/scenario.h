#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/manager/application.h"
#include "mosaic/manager/decide.h"

namespace mosaic::manager {

/// How requests come.
struct Arrivals {
  enum class Kind : std::uint8_t { kPeriodic, kPoisson, kTrace, kClients };
  Kind kind = Kind::kClients;         ///< kClients: only over HTTP
  Nanoseconds period{};               ///< of kPeriodic; the mean of the others
  std::vector<Nanoseconds> instants;  ///< of kTrace: after the application's arrival, ascending
};

/// An application of a scenario.
struct Tenant {
  std::string name;
  std::filesystem::path family;
  int priority = 0;
  Targets targets;
  Arrivals arrivals;
  std::size_t queue = 16;  ///< requests that may wait; more are refused
  bool from_start = true;  ///< else it comes with an event
};

/// Targets of an application change; what is absent stays.
struct Retarget {
  std::string application;
  std::optional<Nanoseconds> latency;
  std::optional<double> accuracy_percent;
  std::optional<Joules> energy;
  std::optional<Watts> power;
  std::optional<int> priority;
};
struct Arrive {
  std::string application;
};
struct Leave {
  std::string application;
};
/// Units stop being there, or come back.
struct Offline {
  std::vector<std::string> units;
  bool offline = true;
};
/// A clock, or heat, allows no more than this; none: everything again.
struct Cap {
  std::string domain;
  std::optional<Hertz> clock;
};
struct MemoryLimit {
  std::optional<Bytes> limit;
};
/// Others use units for this share of their time. On a real machine, mosaic then runs such a load itself.
struct Load {
  std::vector<std::string> units;
  double share = 0;
};
using Change = std::variant<Retarget, Arrive, Leave, Offline, Cap, MemoryLimit, Load>;

struct Event {
  Nanoseconds at{};
  Change change;
};

/// Heat of a simulated machine: one body that power warms and the air cools. Above the limit a clock goes down a level each period, below it by a
/// margin it comes back.
struct Thermal {
  double ambient = 25;  ///< degrees Celsius, as all temperatures
  double limit = 70;
  double margin = 5;
  double kelvin_per_watt = 12;
  double joules_per_kelvin = 4;
  Nanoseconds period{100'000'000};
};

/// What happens while applications are served. A value; docs/serving.md describes the file.
struct Scenario {
  std::string name;
  std::string board;  ///< empty: this machine
  Nanoseconds duration{};
  Nanoseconds period{100'000'000};  ///< of control
  Prefer prefer = Prefer::kAccuracy;
  std::uint64_t seed = 1;
  std::optional<Thermal> thermal;  ///< of simulations; no real machine is served with it
  std::vector<Tenant> tenants;
  std::vector<Event> events;  ///< ascending
};

/// From YAML; paths are relative to `folder`. Errors: kInvalidInput, with the key.
[[nodiscard]] Result<Scenario> parse_scenario(std::string_view yaml, const std::filesystem::path& folder, std::string_view where = "scenario");
[[nodiscard]] Result<Scenario> read_scenario(const std::filesystem::path& path);

/// One change as JSON, as events of a scenario have them but without 'at'. Errors: kInvalidInput.
[[nodiscard]] Result<Change> parse_change(std::string_view json);

/// For people: "camera: latency 20 ms", "cpu1 goes offline".
[[nodiscard]] std::string describe(const Change& change);

}  // namespace mosaic::manager

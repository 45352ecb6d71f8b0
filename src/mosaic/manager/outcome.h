#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/manager/policy.h"
#include "mosaic/manager/scenario.h"

namespace mosaic::manager {

/// What became of a request.
struct Record {
  std::size_t tenant = 0;
  std::optional<Operation> operation;  ///< none: it was refused
  Nanoseconds arrived{};
  Nanoseconds started{};
  Nanoseconds finished{};
  std::optional<Nanoseconds> deadline;  ///< by the target that held when it came
  Joules energy;

  [[nodiscard]] bool on_time() const { return operation && (!deadline || finished <= *deadline); }
  [[nodiscard]] Nanoseconds latency() const { return finished - arrived; }
};

/// A call of the policy that changed something or was caused by an event.
struct Logged {
  Nanoseconds at{};
  std::string reason;
  std::vector<std::optional<Operation>> operations;  ///< by tenant
  std::vector<std::size_t> clocks;                   ///< by domain
  bool event = false;
  std::vector<std::optional<Nanoseconds>> latencies = {};  ///< by tenant: the target; none: no target, or the application is not there
};

/// What happened while a scenario was served.
struct Outcome {
  std::vector<Record> records;  ///< in the order in which they ended
  std::size_t forgotten = 0;    ///< earlier ones, where serving has no end
  std::vector<Logged> decisions;
  Nanoseconds duration{};
  std::optional<Joules> energy;  ///< of the whole machine, where it is known
  std::string energy_source;     ///< "simulated", "modelled", or the meter
  bool simulated = false;
};

/// An application's share of an outcome.
struct Summary {
  std::string name;
  std::size_t requests = 0;
  std::size_t refused = 0;
  std::size_t on_time = 0;  ///< answered within the target
  Nanoseconds p50{};        ///< from arrival to answer, of those answered
  Nanoseconds p95{};
  Nanoseconds p99{};
  double accuracy_percent = 0;  ///< mean of the levels that answered
  Joules energy;                ///< of its requests
  std::size_t switches = 0;     ///< changes of level or placement

  [[nodiscard]] double on_time_percent() const { return requests == 0 ? 100 : 100.0 * static_cast<double>(on_time) / static_cast<double>(requests); }
};

/// By tenant. `tables`: their levels.
[[nodiscard]] std::vector<Summary> summaries(const Scenario& scenario, const std::vector<LevelTable>& tables, const Outcome& outcome);

}  // namespace mosaic::manager

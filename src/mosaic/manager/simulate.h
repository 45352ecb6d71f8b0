#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/manager/control.h"
#include "mosaic/manager/machine.h"
#include "mosaic/manager/outcome.h"
#include "mosaic/manager/policy.h"
#include "mosaic/manager/scenario.h"

namespace mosaic::manager {

/// The truth about a simulated machine that policies do not see.
struct World {
  double noise = 0;        ///< deviation of single times, as a share
  double table_error = 1;  ///< times as long as in the tables that everything takes
  Watts idle;              ///< of the whole machine, always
  Nanoseconds relaunch{};  ///< how long an application is away when a policy that relaunches changes its level
};

/// Serves a scenario on a virtual clock: requests come, wait for their units (`Gate`), take what the tables say times the truth, and the policy is
/// asked at the start, at every event and at the end of every control period. The same seed repeats exactly. Errors: kInvalidInput: an event names
/// what the machine does not have; no duration; kCancelled.
[[nodiscard]] Result<Outcome> simulate(const Machine& machine, const Scenario& scenario, const std::vector<LevelTable>& tables, const World& world,
                                       Policy& policy, const std::stop_token& stop = {});

}  // namespace mosaic::manager

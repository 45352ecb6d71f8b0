#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/cost/fit.h"
#include "mosaic/plan/plan.h"
#include "mosaic/planner/planner.h"
#include "mosaic/profile/profile.h"
#include "mosaic/profiler/profiler.h"
#include "mosaic/session/workspace.h"

namespace mosaic {

/// A plan made from a profile, with everything it was made of.
struct Planned {
  Plan plan;
  Decision decision;
  Fit fit;
  ChainCosts costs;
  Microseconds planning_time{};  ///< of the planner alone, not of fitting
};

/// Fits the profile's costs and plans. Errors: those of `check_profile`, `fit_profile` and `decide`; kUnsupported for an objective other than
/// latency.
[[nodiscard]] Result<Planned> make_plan(const Workspace& workspace, const Profile& profile, const PlannerOptions& options = {},
                                        const std::string& objective = "latency");

/// A plan and how long it really took.
struct Contender {
  std::string name;  ///< "mosaic", "single:cpu/2c"
  Plan plan;
  std::vector<double> microseconds;
};

/// Plans measured against each other.
struct Confirmation {
  std::vector<Contender> contenders;  ///< the planned one first
  std::size_t chosen = 0;
};

/// Measures the planned chain against the best single configurations, interleaved, and keeps the planned one only if it is really faster: the 95 %
/// interval of the paired ratio lies below 1. On a simulated board the virtual clock decides. With nothing to compare, the plan is kept unmeasured.
/// Errors: those of executing; kCancelled.
[[nodiscard]] Result<Confirmation> confirm(const Workspace& workspace, const Planned& planned, const std::stop_token& stop = {},
                                           const std::function<void(double)>& progress = {});

/// The plan to use for a workspace: from the cache if it is there, else profiled, planned, confirmed and put there, by one process at a time.
struct Choice {
  Plan plan;
  std::optional<Confirmation> confirmation;  ///< none where the plan came from the cache
  std::vector<std::string> noisy;            ///< what the profile says of the machine's noise
};
[[nodiscard]] Result<Choice> choose_plan(const Workspace& workspace, const ProfilerOptions& options = {}, const std::stop_token& stop = {});

}  // namespace mosaic

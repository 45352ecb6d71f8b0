#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/cost/chain_calibration.h"
#include "mosaic/cost/fit.h"
#include "mosaic/plan/plan.h"
#include "mosaic/planner/front.h"
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
  TimeAndEnergy costs;
  std::optional<double> residual_percent{};  ///< as in PlanningCosts
  Microseconds planning_time{};              ///< of the planner alone, not of fitting
};

/// What a plan is asked to be.
struct PlanRequest : PlannerOptions {
  std::optional<Bytes> most_memory{};             ///< of all slices together
  std::map<std::string, Bytes> most_memory_in{};  ///< of all slices in a memory space, by its name; besides the board's own limits
  std::optional<BoardCalibration> calibration{};  ///< corrects the times; of this model and board
};

/// The costs that plans are made from, with the request's limits of memory, and what says how far they can be trusted. Errors: those of
/// `check_profile` and `fit_profile`; kInvalidInput for a memory space that the board does not have.
struct PlanningCosts {
  Fit fit;
  TimeAndEnergy costs;
  std::optional<Fit> energy_fit{};           ///< where the profile has energies; none: energies are modelled, as time times power
  std::optional<double> residual_percent{};  ///< where times were calibrated: how far they are off the runs it was done on
};

/// How far an objective can be trusted, in per cent: the times' `uncertainty_percent`, that of the energies' own fit, and of their product the sum of
/// both. Energies that are time times power are as uncertain as the times.
[[nodiscard]] double uncertainty_percent(const PlanningCosts& made, Objective objective);
[[nodiscard]] Result<PlanningCosts> planning_costs(const Workspace& workspace, const Profile& profile, const PlanRequest& request = {});

/// Fits the profile's costs and plans; without a margin in the request, with the objective's uncertainty as margin. Errors: those of `planning_costs`
/// and `decide`.
[[nodiscard]] Result<Planned> make_plan(const Workspace& workspace, const Profile& profile, const PlanRequest& request = {});

/// All that latency and energy there are to choose from, and how long finding them took. Errors: those of `planning_costs`; kUnsupported where the
/// profile has no energy or no plan is feasible.
struct PlannedFront {
  Front front;
  Fit fit;
  TimeAndEnergy costs;
  Microseconds planning_time{};
};
[[nodiscard]] Result<PlannedFront> make_front(const Workspace& workspace, const Profile& profile, const PlanRequest& request = {});

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

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/base/json.h"
#include "mosaic/session/choose.h"
#include "mosaic/session/workspace.h"

namespace mosaic::evaluate {

/// What every evaluation is told: a model and a board, how often to measure, and a seed for what is drawn.
struct Setting {
  std::string model;
  std::string board = "host";
  std::size_t rounds = 20;  ///< of the profile
  std::size_t runs = 40;    ///< timed runs of each entry
  std::size_t plans = 20;   ///< random ones
  std::uint64_t seed = 1;
};

/// A workspace with a plan and the costs it was made from, profiled afresh: the cache has no part in an evaluation.
struct Subject {
  std::unique_ptr<Workspace> workspace;
  Profile profile;
  Planned planned;
};
[[nodiscard]] Result<Subject> prepare(const Setting& setting, const PlannerOptions& options = {});

/// What cutting a model costs: plans of 1, 2, 4 and 8 slices balanced by time, all on one configuration, against a session on the user's file with as
/// many threads. The plan of one slice goes the same way as the others and shows what the way costs. Times in microseconds.
[[nodiscard]] Result<Json> slicing(const Setting& setting, const std::string& configuration);

/// Predictions, made before anything is measured against them: sums of layers against wholes, and random plans of up to 8 slices.
[[nodiscard]] Result<Json> estimates(const Setting& setting);

/// The plan against random feasible ones, measured: all in a first race, the five fastest with the plan in a second one.
[[nodiscard]] Result<Json> winning(const Setting& setting);

/// What 'mosaic run' settles on without a plan against every single configuration, measured.
[[nodiscard]] Result<Json> losing(const Setting& setting);

}  // namespace mosaic::evaluate

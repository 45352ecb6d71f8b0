#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/plan/plan.h"
#include "mosaic/session/workspace.h"

namespace mosaic {

struct VerifyOptions {
  std::size_t plans = 20;  ///< random plans, besides each single configuration
  std::uint64_t seed = 1;
  std::optional<double> tolerance;  ///< largest difference allowed, relative to the range of the expected output; else `default_tolerance`
  bool inject_error = false;        ///< spoils one value at a random boundary of each random plan that has a float tensor there: the check must fail
  std::stop_token stop;
  std::function<void(std::string_view what, double share)> progress;
};

/// What became of one plan.
struct VerifiedPlan {
  std::string name;  ///< "random 3", "single:cpu/1c"
  Plan plan;
  std::size_t slices = 0;
  bool equal_bits = true;
  double relative_difference = 0;  ///< the largest over all outputs and inputs
  bool passed = true;
};

struct Verification {
  std::vector<VerifiedPlan> plans;
  double tolerance = 0;  ///< the one that applied
  double worst_relative_difference = 0;
  std::size_t cuts = 0;       ///< of the model
  std::size_t cuts_used = 0;  ///< by at least one plan
  bool equal = true;          ///< all plans passed
};

/// Runs random plans and each single configuration and compares all outputs with those of a session built straight from the user's file, outside our
/// own slicing code, for two seeded inputs whose outputs must be finite and differ. Random plans have 2 to 16 slices (more where so many cuts must be
/// covered), no two neighbours alike, on at least two devices where the board has them; over the plans every cut is used. Errors: kCheckFailed where
/// the two inputs cannot tell right from wrong; those of compiling and running; kCancelled.
[[nodiscard]] Result<Verification> verify(const Workspace& workspace, const VerifyOptions& options = {});

}  // namespace mosaic

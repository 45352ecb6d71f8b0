#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/cost/chain_calibration.h"
#include "mosaic/profile/profile.h"
#include "mosaic/session/workspace.h"

namespace mosaic {

struct CalibrateOptions {
  std::size_t plans = 20;  ///< random plans to run, of 1 to 8 slices
  std::size_t runs = 10;   ///< timed runs of each, of which the median counts
  std::uint64_t seed = 1;  ///< of plans and inputs
  std::stop_token stop;
  std::function<void(std::string_view what, double share)> progress;
};

/// A plan that was really run.
struct CalibrationPlan {
  std::string steps;  ///< "big/4c x 3, gpu x 5"
  Milliseconds predicted{};
  Milliseconds left_out{};  ///< predicted by a calibration on all plans but this one
  Milliseconds measured{};
};

struct Calibrated {
  BoardCalibration calibration;
  std::vector<CalibrationPlan> plans;
  double before_percent = 0;    ///< mean absolute relative error of the costs as they are
  double left_out_percent = 0;  ///< the same of the calibrated ones, each plan judged by a calibration that did not see it
};

/// Runs a handful of random plans and fits a few coefficients to what they took. Errors: those of fitting the profile and of executing; kUnsupported
/// where no random plan is feasible; kCancelled.
[[nodiscard]] Result<Calibrated> calibrate_workspace(const Workspace& workspace, const Profile& profile, const CalibrateOptions& options = {});

}  // namespace mosaic

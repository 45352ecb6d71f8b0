#include "mosaic/session/calibrate.h"

#include <gtest/gtest.h>

#include "mosaic/session/measure.h"
#include "tests/workspaces.h"

namespace mosaic {
namespace {

using test::expect;
using test::Workshop;

TEST(CalibrateWorkspace, RunsDifferentPlansAndJudgesEachByTheOthers) {
  const Workshop workshop(test::specialists_model());
  const Profile profile = expect(cached_profile(workshop.workspace(), {.rounds = 3}));
  const Calibrated calibrated = expect(calibrate_workspace(workshop.workspace(), profile, {.plans = 12, .runs = 5}));
  EXPECT_EQ(calibrated.plans.size(), 12U);
  EXPECT_EQ(calibrated.calibration.calibration.runs, 12U);
  EXPECT_TRUE(calibrated.calibration.simulated);
  EXPECT_GT(calibrated.left_out_percent, 0);
  // The virtual board has no noise and the profile was taken in the context in which plans run: little is left to correct.
  EXPECT_LE(calibrated.left_out_percent, calibrated.before_percent + 1);
}

TEST(CalibrateWorkspace, IsTheSameForTheSameSeed) {
  const Workshop workshop(test::specialists_model());
  const Profile profile = expect(cached_profile(workshop.workspace(), {.rounds = 3}));
  const auto once = [&] {
    return format_calibration(expect(calibrate_workspace(workshop.workspace(), profile, {.plans = 5, .runs = 5})).calibration);
  };
  EXPECT_EQ(once(), once());
}

}  // namespace
}  // namespace mosaic

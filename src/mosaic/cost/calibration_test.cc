#include "mosaic/cost/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "mosaic/base/random.h"
#include "tests/support.h"

namespace mosaic {
namespace {

using test::error_of;
using test::expect;
using testing::HasSubstr;

const std::vector<CalibrationTerm> kFactor{{.name = "layers", .expected = 1, .spread = 1}};

TEST(Calibrate, ExpectsWhatIsExpectedWithoutARun) {
  const Calibration calibration = expect(calibrate(kFactor, {}));
  EXPECT_EQ(calibration.coefficients, std::vector<double>{1});
  EXPECT_EQ(calibration.deviations, std::vector<double>{1});
}

// One run estimated at 10 took 12, noise 0.1, spread 1: the minimum of ((10 c / 12 - 1) / 0.1)^2 + (c - 1)^2. Its derivative is zero where
// (10 / 1.2) (10 c / 1.2 - 10) + (c - 1) = 0: c = (83.333 + 1) / (69.444 + 1) = 1.19716.
TEST(Calibrate, WeighsARunAgainstWhatIsExpected) {
  const std::vector<CalibrationRun> runs{{.amounts = {10}, .measured = 12}};
  const Calibration calibration = expect(calibrate(kFactor, runs, 0.1));
  EXPECT_NEAR(calibration.coefficients[0], 84.33333 / 70.44444, 1e-5);
  EXPECT_NEAR(calibration.deviations[0], 1 / std::sqrt(70.44444), 1e-5);
  EXPECT_NEAR(calibration.residual_percent, 100 * (1 - 11.9716 / 12), 1e-2);
}

TEST(Calibrate, FindsTheCoefficientsThatRunsWereMadeWith) {
  const std::vector<CalibrationTerm> terms{{.name = "input", .expected = 1, .spread = 0.3},
                                           {.name = "layers", .expected = 1, .spread = 0.3},
                                           {.name = "slices", .expected = 0, .spread = 5}};
  Random random(3);
  std::vector<CalibrationRun> runs;
  for (int i = 0; i < 40; ++i) {
    const std::vector<double> amounts{random.uniform(5, 20), random.uniform(50, 300), static_cast<double>(random.below(10))};
    runs.push_back({.amounts = amounts, .measured = (0.9 * amounts[0] + 1.2 * amounts[1] + 3 * amounts[2]) * (1 + 0.001 * random.normal())});
  }
  const Calibration calibration = expect(calibrate(terms, runs, 0.001));
  EXPECT_NEAR(calibration.coefficients[0], 0.9, 0.02);
  EXPECT_NEAR(calibration.coefficients[1], 1.2, 0.005);
  EXPECT_NEAR(calibration.coefficients[2], 3, 0.1);
  EXPECT_LT(calibration.residual_percent, 0.2);
  EXPECT_NEAR(calibration.at(std::vector<double>{10, 100, 2}), 9 + 120 + 6, 1);
}

// Two terms that always come together cannot be told apart: each takes half of the 20 % that is missing.
TEST(Calibrate, SharesWhatCannotBeToldApart) {
  const std::vector<CalibrationTerm> terms{{.name = "a", .expected = 1, .spread = 1}, {.name = "b", .expected = 1, .spread = 1}};
  std::vector<CalibrationRun> runs(20, {.amounts = {50, 50}, .measured = 120});
  const Calibration calibration = expect(calibrate(terms, runs, 0.001));
  EXPECT_NEAR(calibration.coefficients[0], 1.2, 1e-3);
  EXPECT_NEAR(calibration.coefficients[1], 1.2, 1e-3);
}

TEST(Calibrate, RefusesRunsThatSayNothing) {
  const auto with = [](CalibrationRun run) { return error_of(calibrate(kFactor, std::vector{std::move(run)})); };
  EXPECT_THAT(with({.amounts = {1, 2}, .measured = 3}), HasSubstr("run 0 has 2 amounts for 1 terms"));
  EXPECT_THAT(with({.amounts = {1}, .measured = 0}), HasSubstr("measured 0"));
  EXPECT_THAT(with({.amounts = {std::nan("")}, .measured = 1}), HasSubstr("the amount of 'layers' is not finite"));
}

}  // namespace
}  // namespace mosaic

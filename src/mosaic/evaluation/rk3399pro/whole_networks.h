#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/cost/calibration.h"
#include "mosaic/evaluation/rk3399pro/measured_tables.h"
#include "mosaic/evaluation/rk3399pro/parts.h"

namespace mosaic::tables {

/// A measured run beside what estimators say of it.
struct EstimatedRun {
  const MeasuredRun* run = nullptr;
  Parts profiled;    ///< from every row of the profile
  Parts two_clocks;  ///< from the rows at the highest and lowest clocks
};

/// Runs of a network that its profile can say something about.
struct WholeNetwork {
  std::string name;
  const Network* profile = nullptr;
  std::vector<EstimatedRun> runs;
  std::size_t orders = 0;           ///< different device orders among them
  std::size_t unfinished = 0;       ///< rows of the table without a measured total
  std::vector<std::string> untold;  ///< why other runs were left out; a reason each
};

/// The terms of a calibration over a network's parts, in time or energy: input, all layers, the deviation of each device from all of them,
/// hand-overs, a constant for each change of device. `devices` are the letters with terms of their own.
[[nodiscard]] std::vector<CalibrationTerm> calibration_terms(const std::string& devices);

enum class Quantity : std::uint8_t { kTime, kEnergy };

/// A run's amounts for those terms, in milliseconds or millijoules.
[[nodiscard]] std::vector<double> amounts_of(const Parts& parts, const std::string& devices, Quantity quantity);

/// Mean absolute relative errors, in per cent; none where there was nothing to judge by.
struct Errors {
  std::optional<double> time;
  std::optional<double> energy;
};

/// How well one way of predicting does on one network.
struct Predictor {
  std::string name;
  Errors errors;
  std::size_t networks = 1;  ///< how many the errors are a mean of
};

struct CalibrationOptions {
  std::size_t runs = 20;
  std::size_t draws = 20;
  std::uint64_t seed = 1;
};

/// MeasuredRuns to calibrate on and runs to judge by, as indices.
struct Split {
  std::vector<std::size_t> calibration;
  std::vector<std::size_t> test;
};

/// At most `runs` runs drawn at random, from at most two thirds of the device orders, and all runs of the orders that none of them has. So what is
/// fitted never saw the order it is judged by. The calibration is empty where there are fewer than two orders.
[[nodiscard]] Split split_by_order(std::span<const std::string> orders, std::size_t runs, std::uint64_t seed);

/// What is published, ours, ours from two clocks; each as it is, and fitted: means over the draws, each judged by its test runs alone; all predictors
/// of one draw see the same runs. Last those fitted to `others`, each of which counts the same, and judged by all runs of this network. Errors: those
/// of `calibrate`.
[[nodiscard]] Result<std::vector<Predictor>> predict(const WholeNetwork& network, std::span<const WholeNetwork* const> others,
                                                     const CalibrationOptions& options);

/// Fitted to the runs of one split, for showing the coefficients.
[[nodiscard]] Result<Calibration> calibrate_on(const WholeNetwork& network, std::span<const std::size_t> runs, Quantity quantity);

}  // namespace mosaic::tables

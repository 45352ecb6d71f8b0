#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/evaluation/xavier_nx/machine.h"
#include "mosaic/manager/outcome.h"
#include "mosaic/manager/scenario.h"

namespace mosaic::xavier_nx {

struct ManagingOptions {
  std::size_t levels = 6;  ///< of each device's front
  std::uint64_t seed = 1;
  double noise = 0.03;                  ///< deviation of simulated times, as a share
  Nanoseconds relaunch{5'100'000'000};  ///< of the published controller's new process; published as 5.1 s and more
};

/// A published figure beside the model's.
struct Check {
  std::string setting;
  Milliseconds published{};
  Milliseconds model{};
  std::optional<Milliseconds> published_base;  ///< what ratios are taken to
  std::optional<Milliseconds> model_base;
  std::string role;  ///< what of it went into the model, or that nothing did
};

/// How many times the least of requests' times and energies the most is.
struct DynamicRange {
  std::string knobs;
  double time = 0;
  double energy = 0;
  std::optional<double> published_time;  ///< of another network on other boards
  std::optional<double> published_energy;
};

/// What a policy made of a course.
struct Managed {
  std::string policy;
  manager::Outcome outcome;
  std::vector<manager::Summary> applications;
  Joules requests;  ///< energy of all requests

  /// The least of all applications.
  [[nodiscard]] double on_time_percent() const;
  /// The mean over all answered requests.
  [[nodiscard]] double proxy_percent() const;
};

/// A scenario under several policies.
struct Course {
  manager::Scenario scenario;
  std::vector<Managed> results;

  /// Requires: it is there.
  [[nodiscard]] const Managed& of(std::string_view policy) const;
};

/// How much less energy ours takes than static networks under schedutil, where the chosen power of a working board is another one.
struct Sensitivity {
  std::size_t applications = 0;
  Watts working;
  double ours_percent = 0;      ///< negative: less
  double hardware_percent = 0;  ///< with placement and clock alone
};

struct ManagingEvaluation {
  BoardModel model;
  std::vector<Level> levels;  ///< of the GPU's front
  std::vector<Check> checks;
  std::vector<DynamicRange> ranges;
  Course figure_7;
  std::vector<Course> governors;  ///< one application, two
  std::vector<Sensitivity> sensitivity;

  /// Where ours misses what must hold, in words: on time for 95 % of requests wherever the smallest level is, and in the course of Figure 7 with no
  /// lower mean accuracy than a rival that is. None: it holds.
  [[nodiscard]] std::optional<std::string> failure() const;
};

/// The run-time manager and its rivals on a modelled Jetson Xavier NX, simulated: levels' times are from published tables, clocks, contention and
/// power from `BoardModel`, accuracies a proxy made by hand. Equal options give equal results. Errors: those of `read_scores` and of
/// `manager::simulate`. Requires: two levels.
[[nodiscard]] Result<ManagingEvaluation> evaluate_managing(const std::filesystem::path& folder, const ManagingOptions& options);

}  // namespace mosaic::xavier_nx

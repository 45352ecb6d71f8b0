#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/evaluation/paper/board_runner.h"

namespace mosaic::evaluation {

/// A slice of a plan as the paper prints it.
struct SliceName {
  char device = 'B';            ///< B, L, G or N
  std::size_t first_layer = 1;  ///< counted from 1
  std::int64_t mhz = 0;         ///< 0: the clock is the governor's
};

/// One version of section VI on one network.
struct VersionResult {
  std::string version;  ///< "TF-BIG-P", "MOSAIC", ...
  std::vector<SliceName> plan;
  std::optional<TimeEnergy> estimated;  ///< by equations 1 to 8; none under a governor, which they do not describe
  TimeEnergy measured;                  ///< mean of runs on the simulated board
};

/// What a layer takes alone on one device at its highest clock (figures 3 and 4).
struct LayerOnDevice {
  char device = 'B';
  std::size_t layer = 1;
  std::optional<TimeEnergy> measured;  ///< none where the device cannot run it
};

/// Where the published plan differs from ours, by the estimated costs that ours is chosen by: milliseconds for latency, millijoules for energy.
struct PlanDifference {
  /// Layers that run on one device, or at another clock of it, in our plan and on another in the published one.
  struct Part {
    char ours = 'B';
    char published = 'B';
    std::size_t layers = 0;
    double our_cost = 0;  ///< of computing
    double published_cost = 0;
  };
  std::vector<Part> parts;
  double our_handing_over = 0;  ///< of the whole plan: all that is not computing
  double published_handing_over = 0;
};

/// Everything about one network: what figures 3 to 17 and tables III and IV are made of.
struct NetworkResult {
  std::string key;
  bool large = true;
  std::vector<VersionResult> latency;  ///< versions planned for latency, the eight TF versions among them
  std::vector<VersionResult> energy;   ///< versions planned for energy, the eight TF versions among them
  std::vector<LayerOnDevice> layers;
  std::optional<PlanDifference> latency_difference;  ///< none where there is no published plan, or it does not run on the board
  std::optional<PlanDifference> energy_difference;

  [[nodiscard]] const VersionResult* find(const std::vector<VersionResult>& among, std::string_view version) const;
};

/// One way to cut a network into three slices for the NPU (figure 5).
struct ThreeSlices {
  std::size_t second = 2;  ///< first layer of the second slice, counted from 1
  std::size_t third = 3;
  Microseconds measured{};
};

/// A point of figure 7 and the line through all of a device's.
struct CommunicationPoint {
  char device = 'G';
  std::int64_t bytes = 0;
  Microseconds measured{};
  Microseconds fitted{};
};

/// Estimation errors with a truth that is poorer or richer (Must the equations hold?).
struct RichnessResult {
  double richness = 1;
  double latency_error_percent = 0;  ///< mean over the networks of the absolute error of MOSAIC's plan
  double energy_error_percent = 0;
};

/// All that `evaluate paper` finds but wall-clock figures: the same seed and board give the same bytes. Times in microseconds, energies in joules.
struct PaperResults {
  std::uint64_t seed = 1;
  std::string board;    ///< fingerprint of all that the results depend on
  bool fitted = false;  ///< whether the board's truth was fitted to the paper's large networks (docs/hikey970.md): what was fitted is an input then
  std::vector<NetworkResult> networks;
  std::vector<ThreeSlices> sweep;
  std::vector<CommunicationPoint> communication;
  std::vector<RichnessResult> richness;
};

/// "N_1, G_9, B_20", or with clocks in MHz "N_1^960, G_9^667, B_20^682".
[[nodiscard]] std::string format_plan(const std::vector<SliceName>& plan, bool with_clocks);

}  // namespace mosaic::evaluation

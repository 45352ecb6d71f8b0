#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mosaic/evaluation/paper/results.h"

namespace mosaic::evaluation {

/// What became of a sentence of the paper.
enum class Verdict { kReproduced, kNotReproduced, kInput };
[[nodiscard]] std::string_view name(Verdict verdict);

/// A sentence of the paper's evaluation that holds a number or an ordering, and what the simulated board says to it.
struct Claim {
  std::string where;  ///< "VI.B", "Figure 5"
  std::string text;
  std::string paper;  ///< its number or ordering
  std::string ours;
  Verdict verdict = Verdict::kNotReproduced;
};

/// All such sentences, in the paper's order. A number counts as reproduced within the stated distance: 10 percentage points for reductions and
/// spreads, the paper's own figure as an upper limit for gaps and errors. What the truth of the board was fitted to is an input, whatever comes out.
[[nodiscard]] std::vector<Claim> claims(const PaperResults& results);

/// How much less a version needs than another, in per cent of the other, by geometric means over networks. `energy`: of the energy versions' energy,
/// else of the latency versions' time.
[[nodiscard]] double reduction_percent(const PaperResults& results, bool large, bool energy, std::string_view version, std::string_view than);

/// Geometric mean over the networks of a version over TF-GPU-O, as figures 8 to 13 show it.
[[nodiscard]] double normalised_mean(const PaperResults& results, bool large, bool energy, std::string_view version);

/// Mean over the networks of how much more MOSAIC needs than the exhaustive version, in per cent.
[[nodiscard]] double gap_percent(const PaperResults& results, bool large, bool energy);

/// Signed error of the estimate of MOSAIC's plan on one network, in per cent of the measurement.
[[nodiscard]] double estimation_error_percent(const NetworkResult& network, bool energy);

/// Mean absolute estimation error over all networks.
[[nodiscard]] double mean_error_percent(const PaperResults& results, bool energy);

/// Networks where a version other than exhaustive and the published plan measures less than MOSAIC: "MN-1.0: HCA by 0.4 %".
struct Loss {
  std::string network;
  std::string version;
  double percent = 0;        ///< MOSAIC over the version, less 1
  double error_percent = 0;  ///< that network's absolute estimation error: what a loss is allowed to be
};
[[nodiscard]] std::vector<Loss> losses(const PaperResults& results, bool energy);

/// How alike our plan and the published one are.
struct Likeness {
  double same_device_percent = 0;  ///< of the layers
  std::size_t borders = 0;         ///< of the published plan, between its slices
  std::size_t common_borders = 0;  ///< of them, those that ours has too
  std::size_t common_inputs = 0;   ///< of those, the ones beside a layer that the NPU cannot run: what it lacks was inferred from the published plans
};
[[nodiscard]] Likeness compare_plans(const NetworkResult& network, const std::vector<SliceName>& ours, const std::vector<SliceName>& published);

}  // namespace mosaic::evaluation

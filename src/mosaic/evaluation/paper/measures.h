#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/evaluation/paper/results.h"

namespace mosaic::evaluation {

// Figures that the paper's sentences are about. `energy`: of the energy versions' energy, else of the latency versions' time. Not a number where a
// version has no plan on one of the networks.

/// What a version of one network took, in microseconds or joules.
[[nodiscard]] double measured(const NetworkResult& network, bool energy, std::string_view version);

/// How much less a version needs than another, in per cent of the other, by geometric means over networks.
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

/// A network where HCA >= HCCA >= MOSAIC (figures 10 and 11) does not hold by measured cost.
struct OrderException {
  std::string network;
  double hca = 0;  ///< ms or mJ
  double hcca = 0;
  double mosaic = 0;
};
[[nodiscard]] std::vector<OrderException> order_exceptions(const PaperResults& results, bool energy);

/// MOSAIC's estimated cost beside the least that the equations say of any other version: MOSAIC's is the exact minimum, so it is never above.
struct EstimatedOrder {
  std::string network;
  bool energy = false;
  double mosaic = 0;         ///< ms or mJ
  std::string version;       ///< the cheapest other
  double cheapest = 0;       ///< its estimated cost
  std::size_t versions = 0;  ///< compared with; those under a governor have no estimate, exhaustive may take MOSAIC's own plan

  [[nodiscard]] bool holds() const { return mosaic <= cheapest; }
};
[[nodiscard]] std::vector<EstimatedOrder> estimated_orders(const PaperResults& results);

/// A mean reduction that the paper prints.
struct PublishedReduction {
  bool large = true;
  bool energy = false;
  std::string_view against;
  double percent = 0;
};
[[nodiscard]] std::span<const PublishedReduction> published_reductions();

/// What is left of the other version's cost, ours over the paper's: 1 where the reductions agree.
[[nodiscard]] double level(const PaperResults& results, const PublishedReduction& published);

/// How alike our plan and the published one are.
struct Likeness {
  double same_device_percent = 0;  ///< of the layers
  std::size_t borders = 0;         ///< of the published plan, between its slices
  std::size_t common_borders = 0;  ///< of them, those that ours has too
  std::size_t common_inputs = 0;   ///< of those, the ones beside a layer that the NPU cannot run: what it lacks was inferred from the published plans
};
[[nodiscard]] Likeness compare_plans(const NetworkResult& network, const std::vector<SliceName>& ours, const std::vector<SliceName>& published);

}  // namespace mosaic::evaluation

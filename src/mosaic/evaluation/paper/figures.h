#pragma once

#include <vector>

#include "mosaic/evaluation/paper/evaluation.h"
#include "mosaic/evaluation/paper/results.h"
#include "mosaic/report/figure.h"
#include "mosaic/report/table.h"

namespace mosaic::evaluation {

// The paper's tables and figures from results of a simulated board. Every caption says so. Pure.

[[nodiscard]] report::Table networks_table();                                       ///< Table I
[[nodiscard]] report::Table clocks_table(const Board& board);                       ///< Table II
[[nodiscard]] report::Table plans_table(const PaperResults& results, bool energy);  ///< Tables III and IV, ours beside the published
[[nodiscard]] report::Table claims_table(const PaperResults& results);
[[nodiscard]] report::Table planning_claims_table(const std::vector<PlanningTimes>& times);
[[nodiscard]] report::Table reductions_table(const PaperResults& results);  ///< how far the published mean reductions are from ours
[[nodiscard]] report::Table features_table(const PaperResults& results);    ///< what Tables III and IV show, whether it comes out, why not
[[nodiscard]] report::Table differences_table(const PaperResults& results);
[[nodiscard]] report::Table order_table(const PaperResults& results);      ///< networks that break the order of figures 10 and 11
[[nodiscard]] report::Table estimated_table(const PaperResults& results);  ///< that MOSAIC is never above another version by estimated cost
[[nodiscard]] report::Table losses_table(const PaperResults& results, bool energy);
[[nodiscard]] report::Table richness_table(const PaperResults& results);

/// Figures 3 and 4: time resp. energy of each layer on each device.
[[nodiscard]] report::BarChart layers_figure(const PaperResults& results, const std::string& key, bool energy);
[[nodiscard]] report::XyChart sweep_figure(const PaperResults& results);          ///< Figure 5
[[nodiscard]] report::XyChart communication_figure(const PaperResults& results);  ///< Figure 7
/// Figures 8, 9, 12 and 13: ten versions of each network, over TF-GPU-O, and their geometric means.
[[nodiscard]] report::BarChart versions_figure(const PaperResults& results, bool large, bool energy);
[[nodiscard]] report::BarChart components_figure(const PaperResults& results, bool energy);  ///< Figures 10 and 11
/// Figures 14 and 15: signed and absolute.
[[nodiscard]] report::BarChart errors_figure(const PaperResults& results, bool energy);
/// Our plan above the published one.
[[nodiscard]] report::PlanStrip plan_figure(const NetworkResult& network, bool energy);

[[nodiscard]] report::BarChart planning_figure(const std::vector<PlanningTimes>& times, bool energy);  ///< Figures 16 and 17
[[nodiscard]] report::Table planning_table(const std::vector<PlanningTimes>& times);
[[nodiscard]] report::Table fronts_table(const std::vector<FrontTime>& fronts);

}  // namespace mosaic::evaluation

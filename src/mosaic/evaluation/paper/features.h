#pragma once

#include <string>
#include <vector>

#include "mosaic/evaluation/paper/claims.h"
#include "mosaic/evaluation/paper/results.h"

namespace mosaic::evaluation {

/// Something that the published plans of Tables III and IV show, and in which of our plans it comes out.
struct PlanFeature {
  bool energy = false;  ///< of Table IV, else of Table III
  std::string text;
  std::vector<std::string> published;  ///< networks whose published plan shows it
  std::vector<std::string> ours;       ///< those of them whose plan of ours does, too
  Verdict verdict = Verdict::kNotReproduced;
  std::string why;  ///< where it does not come out: what the equations say of the two plans where they differ; empty where it does everywhere
};

/// A feature counts as reproduced if it comes out on more than half of the networks. On a board that was fitted to the paper those are inputs that
/// follow from what was inferred from the tables: the operators that the NPU lacks, and how memory is spread so that their slices fit it.
[[nodiscard]] std::vector<PlanFeature> plan_features(const PaperResults& results);

}  // namespace mosaic::evaluation

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mosaic/evaluation/paper/evaluation.h"
#include "mosaic/evaluation/paper/measures.h"
#include "mosaic/evaluation/paper/results.h"

namespace mosaic::evaluation {

/// What became of a sentence of the paper.
enum class Verdict {
  kReproduced,
  kNotReproduced,
  kInput,           ///< the truth of the board was fitted to it, or chosen by it: it would hold whatever mosaic did
  kByConstruction,  ///< holds on every simulated board by the way it is made
  kNotJudged,       ///< for information: another machine's figure, or nothing to compare with
};
[[nodiscard]] std::string_view name(Verdict verdict);

/// A sentence of the paper's evaluation that holds a number or an ordering, and what the simulated board says to it.
struct Claim {
  std::string where;  ///< "VI.B", "Figure 5"
  std::string text;
  std::string paper;  ///< its number or ordering
  std::string ours;
  Verdict verdict = Verdict::kNotReproduced;
};

/// All such sentences, in the paper's order, but for those about planning times. A number counts as reproduced within the stated distance: 10
/// percentage points for reductions and spreads, the paper's own figure as an upper limit for gaps and errors. What the truth of the board was fitted
/// to is an input, whatever comes out: of a group of four reductions of the large networks the quotients between the devices, so that one number of
/// the group is free. It has a row of its own, reproduced within 10 % of the paper's. On a board that was not fitted to the paper nothing is an
/// input.
[[nodiscard]] std::vector<Claim> claims(const PaperResults& results);

/// The sentences about planning times, by wall-clock figures of this machine.
[[nodiscard]] std::vector<Claim> planning_claims(const std::vector<PlanningTimes>& times);

}  // namespace mosaic::evaluation

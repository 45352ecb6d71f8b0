#include "mosaic/precision/select.h"

#include <algorithm>

namespace mosaic::precision {

std::vector<std::size_t> sequence(std::span<const Trial> trials, double least_speedup, std::size_t most) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (trials[i].speedup_low >= least_speedup) out.push_back(i);
  }
  std::ranges::stable_sort(out, [&](std::size_t a, std::size_t b) { return trials[a].speedup > trials[b].speedup; });
  out.resize(std::min(out.size(), most));
  return out;
}

Result<std::optional<std::size_t>> select(std::span<const std::size_t> sequence,
                                          const std::function<Result<bool>(std::size_t trial, std::size_t tries)>& holds) {
  for (std::size_t k = 0; k < sequence.size(); ++k) {
    MOSAIC_TRY(const bool chosen, holds(sequence[k], k + 1));
    if (chosen) return std::optional(sequence[k]);
  }
  return std::optional<std::size_t>();
}

}  // namespace mosaic::precision

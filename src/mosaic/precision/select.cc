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

std::optional<std::size_t> select(std::span<const std::size_t> sequence, const std::function<Verdict(std::size_t trial, std::size_t tries)>& judged) {
  for (std::size_t k = 0; k < sequence.size(); ++k) {
    if (judged(sequence[k], k + 1) == Verdict::kPasses) return sequence[k];
  }
  return std::nullopt;
}

}  // namespace mosaic::precision

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "mosaic/precision/guard.h"

namespace mosaic::precision {

/// How fast an assignment was.
struct Trial {
  double speedup = 1;      ///< over float, measured
  double speedup_low = 1;  ///< lower end of its 95 % interval
};

/// Whose accuracy is to be tested, by times alone: the fastest first, those that are at least `least_speedup` times as fast as float beyond doubt,
/// and at most `most`. Of equals the first.
[[nodiscard]] std::vector<std::size_t> sequence(std::span<const Trial> trials, double least_speedup, std::size_t most);

/// How long a sequence may be. Each further try needs a higher bound, which answers that are right or wrong soon have too few images for; cosines
/// hardly scatter.
[[nodiscard]] constexpr std::size_t longest_sequence(Measure measure) { return measure == Measure::kCosine ? 9 : 3; }

/// The first of the sequence that passes, and so the fastest; none: stay in float. `judged` says what becomes of a trial that is the n-th to be
/// tested, from 1 on, on the same images; it is not asked about those after the first that passes.
[[nodiscard]] std::optional<std::size_t> select(std::span<const std::size_t> sequence,
                                                const std::function<Verdict(std::size_t trial, std::size_t tries)>& judged);

}  // namespace mosaic::precision

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "mosaic/base/error.h"
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

/// How long a sequence may be. Each further try needs a higher bound, which answers that are right or wrong soon have too few images for; errors
/// hardly scatter.
[[nodiscard]] constexpr std::size_t longest_sequence(Measure measure) { return measure == Measure::kError ? 9 : 3; }

/// The first of the sequence that holds, and so the fastest; none: stay in float. `holds` says so of a trial that is the n-th to be tested, from 1
/// on, on the same images; it is not asked about those after the first that does. Errors: its own.
[[nodiscard]] Result<std::optional<std::size_t>> select(std::span<const std::size_t> sequence,
                                                        const std::function<Result<bool>(std::size_t trial, std::size_t tries)>& holds);

}  // namespace mosaic::precision

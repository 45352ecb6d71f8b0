#pragma once

// Label setting. Not installed.

#include <cstddef>
#include <limits>
#include <vector>

#include "mosaic/planner/prospects.h"

namespace mosaic {

/// A chain with its costs in the criteria of a search.
struct Found {
  Chain chain;
  Costs cost{};
};

/// What a search found.
struct Harvest {
  std::vector<Found> front;  ///< all that no other chain beats, by ascending first criterion; with one criterion one at most
  bool capped = false;       ///< labels were dropped that no other one beats, so chains may be missing
  double missed = std::numeric_limits<double>::infinity();  ///< no chain that is missing has a smaller product, where the goal is about products, or
                                                            ///< a smaller first criterion
};

/// Chains that no other one beats in both criteria (one, where `second` is nullptr), among those that the goal of `prospects` asks for: by label
/// setting over cuts and configurations. A label is a way to have run the layers before a cut, with its costs, the memory used in each limited space,
/// the states of the clocks and the beginning of its slice, as far as these matter. A list of labels is kept in the order of its costs, so that one
/// more layer shifts it, and slices that begin are merged into it.
///
/// Where more than `cap` labels in one list are needed, those stay of which most may come; where all of a front is wanted, some from end to end.
[[nodiscard]] Harvest search(const ChainCosts& first, const ChainCosts* second, const Prospects& prospects, std::size_t cap);

}  // namespace mosaic

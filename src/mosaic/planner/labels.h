#pragma once

// Label setting. Not installed.

#include <cstddef>
#include <cstdint>
#include <optional>
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
  std::vector<Found> front;                  ///< all that no other chain beats, by ascending first criterion; with one criterion one at most
  bool capped = false;                       ///< labels were dropped that no other one beats, so chains may be missing
  std::optional<std::int64_t> first_missed;  ///< no chain that is missing costs less in the first criterion; none where none can be missing
  std::optional<double> product_missed;      ///< or has a smaller product; only where the goal is one
};

/// Chains that no other one beats in both criteria (one, where `second` is nullptr), among those that the goal of `prospects` asks for: by label
/// setting over cuts and configurations. A label is a way to have run the layers before a cut, with its costs, the memory used in each limited space,
/// the states of the clocks and the beginning of its slice, as far as these matter. A list of labels is kept in the order of its costs, so that one
/// more layer shifts it, and slices that begin are merged into it.
///
/// Where more than `cap` labels in one list are needed, the cheapest stay (with two criteria: both ends and some in between).
[[nodiscard]] Harvest search(const ChainCosts& first, const ChainCosts* second, const Prospects& prospects, std::size_t cap);

}  // namespace mosaic

#pragma once

// Lower bounds for label setting. Not installed.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mosaic/cost/chain_costs.h"

namespace mosaic {

/// What the rest of a chain costs at least, from every point on the way, by dynamic programming from the end. Exact but for what sums over slices
/// would add: limits of memory are not seen, changes of clocks only between slices that follow each other, and a slice that is under way keeps its
/// limit as if it began here. Refers to the costs. Complexity: O(layers configurations^2), with slice limits O(layers^2 configurations).
class Remaining {
 public:
  explicit Remaining(const ChainCosts& costs);

  /// From cut `cut` > 0 on, in a slice on `c` that has run the layers before the cut and may go on or end here.
  [[nodiscard]] Cost inside(std::size_t cut, std::size_t c) const { return inside_[cut * costs_->configurations + c]; }

 private:
  /// Configurations behind which the rest costs the same: they hand over in the same place and set the same clocks.
  [[nodiscard]] std::size_t group_of(std::size_t c) const { return group_[c]; }
  [[nodiscard]] Cost next(std::size_t cut, std::size_t c) const { return next_[cut * groups_ + group_of(c)]; }

  void find_groups();
  void find_next(std::size_t cut);
  void begin_slices(std::size_t cut);

  const ChainCosts* costs_;
  std::size_t groups_ = 0;
  std::vector<std::size_t> group_;           // [configuration]
  std::vector<std::size_t> representative_;  // [group]
  std::vector<std::int64_t> changes_;        // [group][configuration]: clocks changed between slices that follow each other
  std::vector<Cost> inside_;                 // [cut][configuration]
  std::vector<Cost> begins_;                 // [cut][configuration]: entering a slice there, and everything behind
  std::vector<Cost> next_;                   // [cut][group]: everything behind a slice that has been left
};

}  // namespace mosaic

#pragma once

// Dominance among labels. Not installed.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mosaic/planner/clock_states.h"

namespace mosaic {

/// What a label is compared by: nothing that a chain goes on with may be better behind the one that is dropped.
struct Rank {
  Costs cost{};
  std::uint32_t clocks = 0;               ///< number of the state of the clocks
  std::uint32_t begin = 0;                ///< a later one leaves more room in the slice; equal where that is of no interest
  std::span<const std::int64_t> loads{};  ///< memory used, by what is limited; always as many
};

/// Sorts out labels that another one beats or equals in everything. They are given in ascending order of costs, the first criterion counting more, so
/// that one that was kept stays. For states of clocks and beginnings that differ, a label is beaten where the other is better by more than the state
/// could ever bring back. Refers to the states. Thread-compatible. Complexity of `add`: the number of different (clocks, begin) met, times a binary
/// search; with loads times the number of labels kept.
class Frontier {
 public:
  explicit Frontier(const ClockStates& clocks) : clocks_(&clocks) {}

  void clear();

  /// Whether no label so far is at least as good; it is remembered then. Requires: not before an earlier one in the order of costs.
  [[nodiscard]] bool add(const Rank& rank);

 private:
  struct Group {
    std::uint32_t clocks = 0;
    std::uint32_t begin = 0;
    std::vector<Costs> kept;          // ascending; without loads the second descends
    std::vector<std::int64_t> loads;  // of kept, one after the other
  };

  [[nodiscard]] bool beats(const Group& group, const Rank& rank) const;

  const ClockStates* clocks_;
  std::vector<Group> groups_;
  std::size_t used_ = 0;  // groups in use; the memory of the others waits for the next round
};

}  // namespace mosaic

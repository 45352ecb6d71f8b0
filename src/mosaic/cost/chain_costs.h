#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "mosaic/board/board.h"
#include "mosaic/cost/clock_changes.h"
#include "mosaic/cost/cost.h"
#include "mosaic/cost/fit.h"
#include "mosaic/graph/graph.h"

namespace mosaic {

/// What a chain of slices costs: all a planner needs to know of graph, board and profile. Plain data; layers, cuts and configurations are indices. A
/// cut i lies before layer i; cut 0 is the model's input, cut `layers` its output. Costs are all picoseconds or all picojoules.
///
/// Slice [i, j) on configuration c costs
///     enter(i, c) + sum of execute(k, c) for k in [i, j) + leave(j, c)
/// and between a slice on c and the next on d at cut i lies transfer(i, place(c), place(d)). Where changing clocks is priced, a slice is charged the
/// changes it asks for. It is infeasible if c cannot run one of its layers or if its memory (sum of weights and largest activations) exceeds c's
/// limit; a plan is infeasible too if the memory of all slices in one space exceeds that space's limit, or that of all slices the limit for all.
/// Source: eq. 8 of MOSAIC (Han et al., PACT 2019), with c_in = enter and c_out = leave; the transfers between places extend it.
struct ChainCosts {
  std::size_t layers = 0;
  std::size_t configurations = 0;
  std::size_t places = 1;

  std::vector<std::int64_t> execute;   ///< [configuration][layer]
  std::vector<std::uint8_t> runs;      ///< whether it can, [configuration][layer]
  std::vector<std::int64_t> enter;     ///< [configuration][cut], layers + 1 cuts
  std::vector<std::int64_t> leave;     ///< [configuration][cut]
  std::vector<std::int64_t> transfer;  ///< [cut][from place][to place]
  std::vector<std::uint32_t> place;    ///< [configuration]
  std::optional<ClockChanges> clocks;  ///< none: changing clocks costs nothing

  std::vector<std::int64_t> weights;                     ///< bytes, [layer]
  std::vector<std::int64_t> activations;                 ///< bytes, [layer]
  std::vector<std::optional<std::int64_t>> slice_limit;  ///< bytes, [configuration]
  std::vector<std::uint32_t> space;                      ///< [configuration]
  std::vector<std::optional<std::int64_t>> space_limit;  ///< bytes, [space]
  std::optional<std::int64_t> memory_limit;              ///< bytes of all slices together, wherever they are

  /// Everything zero and possible, without limits, one place, one memory space.
  ChainCosts(std::size_t layer_count, std::size_t configuration_count, std::size_t place_count = 1);

  [[nodiscard]] std::size_t cell(std::size_t c, std::size_t layer) const { return c * layers + layer; }
  [[nodiscard]] std::size_t border(std::size_t c, std::size_t cut) const { return c * (layers + 1) + cut; }
  [[nodiscard]] std::size_t hop(std::size_t cut, std::size_t from, std::size_t to) const { return (cut * places + from) * places + to; }

  /// Bytes of slice [begin, end).
  [[nodiscard]] std::int64_t memory(std::size_t begin, std::size_t end) const;
};

/// A chain: slice s covers layers [borders[s], borders[s + 1]) on configurations[s].
struct Chain {
  std::vector<std::size_t> borders;
  std::vector<std::size_t> configurations;

  friend auto operator<=>(const Chain&, const Chain&) = default;
};

/// The one judge of chains: what it costs, or infeasible. Requires: borders ascend from 0 to `layers`.
[[nodiscard]] Cost cost_of(const ChainCosts& costs, const Chain& chain);

/// Costs of one slice of a chain, all feasible: getting there, changing clocks, and running.
struct SliceCost {
  Cost transfer;  ///< the hop from the slice before, or from the caller
  Cost clocks;    ///< the changes of clocks that it asks for
  Cost execute;   ///< entering, layers, leaving

  [[nodiscard]] Cost sum() const { return transfer + clocks + execute; }
};
[[nodiscard]] SliceCost slice_cost(const ChainCosts& costs, const Chain& chain, std::size_t slice);

/// The measured times of a model on a board. A place is a device. Entering and leaving a slice cost what the configuration's fit says for the bytes
/// at the cut; the first slice costs the link from the caller instead of entering, the last leaves nothing. A hop costs what the link's fit says,
/// also one within a device that hands over to itself through host memory. A link that was not measured costs nothing within a device, and between
/// two as much as the dearest that was. A clock that was timed is a domain; each configuration of its devices sets it to its operating point's, or
/// leaves it to the system as one more level, and a change takes as long as it was measured to. A layer runs where the profile has a time of it and
/// the board file forbids none of its operators.
[[nodiscard]] ChainCosts measured_costs(const Fit& fit, const Graph& graph, const Board& board);

}  // namespace mosaic

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/board/board.h"
#include "mosaic/cost/chain_costs.h"
#include "mosaic/graph/graph.h"

namespace mosaic::evaluation {

/// What a plan takes: a time and the energy drawn in it.
struct TimeEnergy {
  Microseconds time{};
  Joules energy;
};

/// Runs chains of one network on one board, and says what its backend's clock and meter showed. Borrows everything. Thread-compatible.
class BoardRunner {
 public:
  BoardRunner(const Graph& graph, const Board& board, const Backends& backends) : graph_(graph), board_(board), backends_(backends) {}

  /// Means over `repeats` runs of a chain whose configurations are the board's. Errors: those of `validate` and of running; kDevice where the backend
  /// has no meter.
  [[nodiscard]] Result<TimeEnergy> run(const Chain& chain, std::size_t repeats) const;

 private:
  const Graph& graph_;
  const Board& board_;
  const Backends& backends_;
};

}  // namespace mosaic::evaluation

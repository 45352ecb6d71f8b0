#pragma once

// How a model is cut for measuring. Used by the profiler alone; not installed.

#include <cstddef>
#include <optional>
#include <vector>

#include "mosaic/board/board.h"
#include "mosaic/graph/graph.h"
#include "mosaic/plan/plan.h"
#include "mosaic/profiler/support.h"

namespace mosaic {

/// A way to run the whole model that measures slices of one configuration. Layers that this configuration cannot run visit another one.
struct Grouping {
  ConfigurationId configuration;
  std::vector<Step> steps;
  std::vector<bool> measured;  ///< by step: is on `configuration`
};

/// Slices of `size` layers each, the first of `offset` (0: of `size`), no larger than the device's slice limit. Nothing if a layer has nowhere to
/// run.
[[nodiscard]] std::optional<Grouping> make_grouping(const Graph& graph, const Board& board, const Support& support, ConfigurationId configuration,
                                                    std::size_t size, std::size_t offset);

}  // namespace mosaic

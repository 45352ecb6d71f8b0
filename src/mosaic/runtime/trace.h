#pragma once

#include <string>
#include <vector>

#include "mosaic/board/board.h"
#include "mosaic/graph/graph.h"
#include "mosaic/plan/validate.h"
#include "mosaic/runtime/report.h"

namespace mosaic {

/// Runs as a trace in the JSON form that Perfetto and Chrome's about:tracing read: a track for each device, a bar for each step and each transfer of
/// at least a nanosecond. Runs follow each other.
[[nodiscard]] std::string format_trace(const std::vector<RunReport>& runs, const ValidPlan& plan, const Graph& graph, const Board& board);

}  // namespace mosaic

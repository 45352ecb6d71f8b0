#pragma once

// What can run where. Used by the profiler alone; not installed.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"

namespace mosaic {

/// For each configuration and layer the reason why the one cannot run the other; none where it can.
using Support = std::vector<std::vector<std::optional<std::string>>>;

/// What the board says a device lacks, and what its backend refuses when it is given each layer alone. Clusters of cores of the machine itself are
/// not asked: they run everything. `progress`: the share of the work done. Errors: kUnsupported for a layer that no device can run, with its kind.
[[nodiscard]] Result<Support> find_support(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board, const Backends& backends,
                                           const std::function<void(double share)>& progress);

}  // namespace mosaic

#pragma once

#include <optional>
#include <vector>

#include "mosaic/report/figure.h"
#include "mosaic/serving/serve.h"

namespace mosaic {

/// An application's requests over time: latencies, the target that each had, and the decisions with their reasons as marks below.
[[nodiscard]] report::XyChart latency_chart(const ServeStage& stage, const Served& served, std::size_t tenant);

/// Accuracies of the levels in use over time, one line an application; where the mouse rests: level and placement.
[[nodiscard]] report::XyChart level_chart(const ServeStage& stage, const Served& served);

/// Clocks of all domains over time; none on machines without.
[[nodiscard]] std::optional<report::XyChart> clock_chart(const ServeStage& stage, const Served& served);

/// Power of all applications' requests over time, in a hundred windows.
[[nodiscard]] report::XyChart power_chart(const ServeStage& stage, const Served& served);

}  // namespace mosaic

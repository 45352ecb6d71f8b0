#pragma once

#include <optional>
#include <vector>

#include "mosaic/report/figure.h"
#include "mosaic/serving/serve.h"

namespace mosaic {

/// An application's requests over time: latencies, the target from the moment it held, requests without an answer at their target, and decisions with
/// their reasons as marks below. Of more than 2,000 requests, the slowest of neighbours.
[[nodiscard]] report::XyChart latency_chart(const ServeStage& stage, const Served& served, std::size_t tenant);

/// Which level each application had and where, over time, with marks for events and decisions that tell their reasons.
[[nodiscard]] report::TimeLanes lane_chart(const ServeStage& stage, const Served& served);

/// Accuracies of the levels in use over time, one line an application.
[[nodiscard]] report::XyChart level_chart(const ServeStage& stage, const Served& served);

/// Clocks over time of all domains that have a choice; none on machines without.
[[nodiscard]] std::optional<report::XyChart> clock_chart(const ServeStage& stage, const Served& served);

/// Power of all applications' requests over time, in a hundred windows.
[[nodiscard]] report::XyChart power_chart(const ServeStage& stage, const Served& served);

}  // namespace mosaic

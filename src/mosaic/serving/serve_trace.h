#pragma once

#include <string>

#include "mosaic/serving/serve.h"

namespace mosaic {

/// What a policy made of a scenario, in the JSON form that Perfetto and Chrome's about:tracing read: a track for each application, and one for
/// each core and device, with a bar from start to end of each request that was answered; marks for those without an answer and for decisions with
/// their reasons; counters of latencies and clocks.
[[nodiscard]] std::string format_serve_trace(const ServeStage& stage, const Served& served);

}  // namespace mosaic

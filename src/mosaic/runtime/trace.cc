#include "mosaic/runtime/trace.h"

#include <fmt/format.h>

#include "mosaic/base/json.h"

namespace mosaic {
namespace {

double microseconds(Nanoseconds time) { return Microseconds(time).count(); }

Json bar(const std::string& name, const std::string& category, std::size_t track, Nanoseconds start, Nanoseconds length) {
  return {{"name", name}, {"cat", category}, {"ph", "X"}, {"pid", 1}, {"tid", track}, {"ts", microseconds(start)}, {"dur", microseconds(length)}};
}

}  // namespace

std::string format_trace(const std::vector<RunReport>& runs, const ValidPlan& plan, const Graph& graph, const Board& board) {
  Json events = Json::array();
  const std::string clock = board.simulated() ? " (simulated)" : "";
  events.push_back({{"name", "process_name"}, {"ph", "M"}, {"pid", 1}, {"args", {{"name", graph.name + " on " + board.name + clock}}}});
  for (std::size_t d = 0; d < board.devices.size(); ++d) {
    events.push_back({{"name", "thread_name"}, {"ph", "M"}, {"pid", 1}, {"tid", d + 1}, {"args", {{"name", board.devices[d].name}}}});
  }
  Nanoseconds origin{};
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (const StepTimes& times : runs[r].steps) {
      const std::size_t track = board.configuration(plan.configuration(times.step)).device.index() + 1;
      if (times.transfer().count() > 0) {
        events.push_back(bar(fmt::format("transfer to step {}", times.step.value), "transfer", track, origin + times.ready, times.transfer()));
      }
      Json step = bar(fmt::format("step {}: layers {}", times.step.value, format_layers(plan.step(times.step).layers)), "step", track,
                      origin + times.start, times.execute());
      step["args"] = {{"run", r}, {"configuration", plan.step(times.step).configuration}};
      events.push_back(std::move(step));
    }
    origin += runs[r].total;
  }
  return Json{{"displayTimeUnit", "ms"}, {"traceEvents", events}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mosaic

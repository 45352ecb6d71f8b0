#include "mosaic/serving/serve_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace mosaic {
namespace {

constexpr std::size_t kMostPoints = 2000;  ///< of a series: more make a page slow and show no more
constexpr std::size_t kWindows = 100;

double milliseconds(Nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }
double seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::string kind(const Served& served) { return served.outcome.simulated ? "simulated" : "measured"; }

/// What a line is at from one decision on.
struct LineValue {
  double y = 0;
  std::string label;

  friend bool operator==(const LineValue&, const LineValue&) = default;
};

/// A line of steps, broken where `after` a decision there is nothing.
report::PointSeries steps(const Served& served, std::string name, const std::function<std::optional<LineValue>(const manager::Logged&)>& after) {
  report::PointSeries line{.name = std::move(name), .points = {}, .marks = false, .line = true};
  const auto add = [&](Nanoseconds at, const std::optional<LineValue>& step) {
    line.points.push_back(
        {.x = seconds(at), .y = step ? step->y : std::numeric_limits<double>::quiet_NaN(), .label = step ? step->label : std::string()});
  };
  std::optional<LineValue> last;
  for (const manager::Logged& each : served.outcome.decisions) {
    const std::optional<LineValue> now = after(each);
    if (now == last) continue;
    if (last) add(each.at, last);
    add(each.at, now);
    last = now;
  }
  if (last) add(served.outcome.duration, last);
  return line;
}

std::optional<manager::Operation> operation_of(const manager::Logged& logged, std::size_t tenant) {
  return tenant < logged.operations.size() ? logged.operations[tenant] : std::nullopt;
}

/// Requests of an application as points; of many, the slowest of so many neighbours that the page stays quick.
report::PointSeries request_points(const ServeStage& stage, const Served& served, std::size_t tenant, std::size_t neighbours) {
  report::PointSeries line{.name = neighbours == 1 ? "request" : fmt::format("the slowest of {} requests", neighbours), .points = {}};
  std::size_t number = 0;
  for (const manager::Record& each : served.outcome.records) {
    if (each.tenant != tenant || !each.operation) continue;
    const report::Point point{.x = seconds(each.arrived),
                              .y = milliseconds(each.latency()),
                              .low = {},
                              .high = {},
                              .label = stage.tables()[tenant].levels[each.operation->level].name};
    if (number++ % neighbours == 0) {
      line.points.push_back(point);
    } else if (point.y > line.points.back().y) {
      line.points.back() = point;
    }
  }
  return line;
}

/// Those without an answer, at their target.
report::PointSeries refused_points(const Served& served, std::size_t tenant) {
  report::PointSeries refused{.name = "no answer", .points = {}};
  for (const manager::Record& each : served.outcome.records) {
    if (each.tenant != tenant || each.operation || refused.points.size() == kMostPoints) continue;
    refused.points.push_back({.x = seconds(each.arrived), .y = each.deadline ? milliseconds(*each.deadline - each.arrived) : 0, .label = {}});
  }
  return refused;
}

/// A number for each name, in the order in which they are first asked for.
class Names {
 public:
  std::size_t number(const std::string& name) {
    const auto found = std::ranges::find(names_, name);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    names_.push_back(name);
    return names_.size() - 1;
  }
  [[nodiscard]] const std::vector<std::string>& all() const { return names_; }

 private:
  std::vector<std::string> names_;
};

/// A lane of what `name` calls an application's operation; what follows under the same name is one span.
report::TimeLanes::Lane lane_of(const Served& served, std::size_t tenant, const std::string& label, Names& names,
                                const std::function<std::string(const manager::Operation&)>& name) {
  report::TimeLanes::Lane lane{.label = label, .spans = {}};
  bool open = false;
  for (const manager::Logged& each : served.outcome.decisions) {
    const auto operation = operation_of(each, tenant);
    const std::optional<std::size_t> colour = operation ? std::optional(names.number(name(*operation))) : std::nullopt;
    if (open && lane.spans.back().colour == colour) continue;
    if (open) lane.spans.back().to = seconds(each.at);
    open = colour.has_value();
    if (colour) lane.spans.push_back({.from = seconds(each.at), .to = seconds(served.outcome.duration), .colour = *colour, .detail = {}});
  }
  return lane;
}

}  // namespace

report::XyChart latency_chart(const ServeStage& stage, const Served& served, std::size_t tenant) {
  report::XyChart chart{.name = "latency",
                        .caption = fmt::format("{}, {}: latency of requests, {}", served.policy, stage.scenario().tenants[tenant].name, kind(served)),
                        .x = {.title = "time (s)", .low = 0},
                        .y = {.title = "latency (ms)", .low = 0},
                        .series = {}};
  const auto count = static_cast<std::size_t>(std::ranges::count(served.outcome.records, tenant, &manager::Record::tenant));
  chart.series.push_back(request_points(stage, served, tenant, count / kMostPoints + 1));
  report::PointSeries decisions{.name = "decision", .points = {}};
  for (const manager::Logged& each : served.outcome.decisions) decisions.points.push_back({.x = seconds(each.at), .y = 0, .label = each.reason});
  chart.series.push_back(std::move(decisions));
  auto target = steps(served, "target", [tenant](const manager::Logged& each) -> std::optional<LineValue> {
    if (tenant >= each.latencies.size() || !each.latencies[tenant]) return std::nullopt;
    return LineValue{.y = milliseconds(*each.latencies[tenant]), .label = "target"};
  });
  target.dashed = true;
  if (!target.points.empty()) chart.series.push_back(std::move(target));
  auto refused = refused_points(served, tenant);
  if (!refused.points.empty()) chart.series.push_back(std::move(refused));
  return chart;
}

report::TimeLanes lane_chart(const ServeStage& stage, const Served& served) {
  report::TimeLanes chart{
      .name = "lanes",
      .caption = fmt::format("{}: level and placement of each application as decided; above, events (large) and decisions (small) "
                             "with their reasons",
                             served.policy),
      .x = {.title = "time (s)", .low = 0},
      .lanes = {},
      .marks = {},
      .names = {}};
  Names names;
  for (std::size_t t = 0; t < stage.scenario().tenants.size(); ++t) {
    const std::string& application = stage.scenario().tenants[t].name;
    chart.lanes.push_back(lane_of(served, t, application + ": level", names,
                                  [&](const manager::Operation& operation) { return stage.tables()[t].levels[operation.level].name; }));
    chart.lanes.push_back(
        lane_of(served, t, "on", names, [&](const manager::Operation& operation) { return stage.machine().placements[operation.placement].name; }));
  }
  chart.names = names.all();
  for (const manager::Logged& each : served.outcome.decisions)
    chart.marks.push_back({.at = seconds(each.at), .label = each.reason, .strong = each.event});
  return chart;
}

report::XyChart level_chart(const ServeStage& stage, const Served& served) {
  report::XyChart chart{.name = "levels",
                        .caption = fmt::format("{}: accuracy of the level in use, by its family's file", served.policy),
                        .x = {.title = "time (s)", .low = 0},
                        .y = {.title = "accuracy (%)"},
                        .series = {}};
  for (std::size_t t = 0; t < stage.scenario().tenants.size(); ++t) {
    chart.series.push_back(steps(served, stage.scenario().tenants[t].name, [&, t](const manager::Logged& each) -> std::optional<LineValue> {
      const auto operation = operation_of(each, t);
      if (!operation) return std::nullopt;
      const auto& level = stage.tables()[t].levels[operation->level];
      return LineValue{.y = level.accuracy_percent, .label = level.name};
    }));
  }
  return chart;
}

std::optional<report::XyChart> clock_chart(const ServeStage& stage, const Served& served) {
  report::XyChart chart{.name = "clocks",
                        .caption = fmt::format("{}: clocks as decided", served.policy),
                        .x = {.title = "time (s)", .low = 0},
                        .y = {.title = "clock (MHz)", .low = 0},
                        .series = {}};
  const auto& domains = stage.machine().domains;
  for (std::size_t d = 0; d < domains.size(); ++d) {
    if (domains[d].levels.size() < 2) continue;
    chart.series.push_back(steps(served, domains[d].name, [&, d](const manager::Logged& each) -> std::optional<LineValue> {
      if (d >= each.clocks.size()) return std::nullopt;
      return LineValue{.y = static_cast<double>(domains[d].levels[each.clocks[d]].value) / 1e6, .label = domains[d].name};
    }));
  }
  if (chart.series.empty()) return std::nullopt;
  return chart;
}

report::XyChart power_chart(const ServeStage& stage, const Served& served) {
  const double window = std::max(seconds(served.outcome.duration), 1e-9) / kWindows;
  std::vector<std::vector<double>> joules(stage.scenario().tenants.size(), std::vector<double>(kWindows));
  for (const manager::Record& each : served.outcome.records) {
    const auto index = std::min(static_cast<std::size_t>(std::max(0.0, seconds(each.finished)) / window), kWindows - 1);
    joules[each.tenant][index] += each.energy.value;
  }
  report::XyChart chart{.name = "power",
                        .caption = fmt::format("{}: power of requests, {}", served.policy, stage.levels().front()->energy_source()),
                        .x = {.title = "time (s)", .low = 0},
                        .y = {.title = "power (W)", .low = 0},
                        .series = {}};
  for (std::size_t t = 0; t < joules.size(); ++t) {
    report::PointSeries line{.name = stage.scenario().tenants[t].name, .points = {}, .marks = false, .line = true};
    for (std::size_t w = 0; w < kWindows; ++w)
      line.points.push_back({.x = (static_cast<double>(w) + 0.5) * window, .y = joules[t][w] / window, .label = line.name});
    chart.series.push_back(std::move(line));
  }
  return chart;
}

}  // namespace mosaic

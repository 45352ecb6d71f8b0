#include "mosaic/serving/serve_timeline.h"

#include <fmt/format.h>

#include <algorithm>

namespace mosaic {
namespace {

constexpr std::size_t kMostPoints = 2000;  ///< of a series: more make a page slow and show no more
constexpr std::size_t kWindows = 100;

double milliseconds(Nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }
double seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::string kind(const Served& served) { return served.outcome.simulated ? "simulated" : "measured"; }

}  // namespace

report::XyChart latency_chart(const ServeStage& stage, const Served& served, std::size_t tenant) {
  report::XyChart chart{.name = "latency",
                        .caption = fmt::format("{}, {}: latency of requests, {}", served.policy, stage.scenario().tenants[tenant].name, kind(served)),
                        .x = {.title = "time (s)"},
                        .y = {.title = "latency (ms)", .low = 0},
                        .series = {}};
  report::PointSeries latency{.name = "request", .points = {}};
  report::PointSeries target{.name = "target", .points = {}, .marks = false, .line = true, .dashed = true};
  const auto count = static_cast<std::size_t>(std::ranges::count(served.outcome.records, tenant, &manager::Record::tenant));
  const std::size_t every = std::max<std::size_t>(1, count / kMostPoints);
  std::size_t number = 0;
  for (const manager::Record& each : served.outcome.records) {
    if (each.tenant != tenant || number++ % every != 0) continue;
    if (each.operation)
      latency.points.push_back(
          {.x = seconds(each.arrived), .y = milliseconds(each.latency()), .label = stage.tables()[tenant].levels[each.operation->level].name});
    if (each.deadline) target.points.push_back({.x = seconds(each.arrived), .y = milliseconds(*each.deadline - each.arrived), .label = {}});
  }
  report::PointSeries decisions{.name = "decision", .points = {}};
  for (const manager::Logged& each : served.outcome.decisions) decisions.points.push_back({.x = seconds(each.at), .y = 0, .label = each.reason});
  chart.series = {std::move(latency), std::move(decisions)};
  if (!target.points.empty()) chart.series.push_back(std::move(target));
  return chart;
}

report::XyChart level_chart(const ServeStage& stage, const Served& served) {
  report::XyChart chart{.name = "levels",
                        .caption = fmt::format("{}: accuracy of the level in use, {}", served.policy, kind(served)),
                        .x = {.title = "time (s)", .low = 0},
                        .y = {.title = "accuracy (%)"},
                        .series = {}};
  for (std::size_t t = 0; t < stage.scenario().tenants.size(); ++t) {
    report::PointSeries line{.name = stage.scenario().tenants[t].name, .points = {}, .marks = false, .line = true};
    const auto add = [&](Nanoseconds at, const manager::Operation& operation) {
      const auto& level = stage.tables()[t].levels[operation.level];
      line.points.push_back(
          {.x = seconds(at), .y = level.accuracy_percent, .label = level.name + " on " + stage.machine().placements[operation.placement].name});
    };
    std::optional<manager::Operation> last;
    for (const manager::Logged& each : served.outcome.decisions) {
      const auto now = t < each.operations.size() ? each.operations[t] : std::nullopt;
      if (now == last) continue;
      if (last) add(each.at, *last);
      if (now) add(each.at, *now);
      last = now;
    }
    if (last) add(served.outcome.duration, *last);
    chart.series.push_back(std::move(line));
  }
  return chart;
}

std::optional<report::XyChart> clock_chart(const ServeStage& stage, const Served& served) {
  const auto& domains = stage.machine().domains;
  if (domains.empty()) return std::nullopt;
  report::XyChart chart{.name = "clocks",
                        .caption = fmt::format("{}: clocks that were chosen, {}", served.policy, kind(served)),
                        .x = {.title = "time (s)", .low = 0},
                        .y = {.title = "clock (MHz)", .low = 0},
                        .series = {}};
  for (std::size_t d = 0; d < domains.size(); ++d) {
    report::PointSeries line{.name = domains[d].name, .points = {}, .marks = false, .line = true};
    const auto add = [&](Nanoseconds at, std::size_t level) {
      line.points.push_back({.x = seconds(at), .y = static_cast<double>(domains[d].levels[level].value) / 1e6, .label = domains[d].name});
    };
    std::optional<std::size_t> last;
    for (const manager::Logged& each : served.outcome.decisions) {
      if (d >= each.clocks.size() || last == each.clocks[d]) continue;
      if (last) add(each.at, *last);
      add(each.at, each.clocks[d]);
      last = each.clocks[d];
    }
    if (last) add(served.outcome.duration, *last);
    chart.series.push_back(std::move(line));
  }
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

#include "mosaic/evaluation/xavier_nx/managing_report.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "mosaic/report/figure.h"
#include "mosaic/report/page.h"

namespace mosaic::xavier_nx {
namespace {

using report::Cell;
using report::Table;

double in_ms(Nanoseconds time) { return Milliseconds(time).count(); }
double more_percent(double a, double b) { return 100 * (a / b - 1); }

Cell cell(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }
std::optional<double> quotient(Milliseconds a, const std::optional<Milliseconds>& b) { return b ? std::optional(a / *b) : std::nullopt; }

/// The longest p95 of a course's applications.
double p95_ms(const Managed& managed) {
  Nanoseconds longest{};
  for (const manager::Summary& each : managed.applications) longest = std::max(longest, each.p95);
  return in_ms(longest);
}

std::size_t requests_of(const Managed& managed) {
  std::size_t sum = 0;
  for (const manager::Summary& each : managed.applications) sum += each.requests;
  return sum;
}

Table level_rows(const ManagingEvaluation& evaluation) {
  Table table{
      .name = "levels",
      .caption =
          "Levels: sub-networks of the GPU's exact front. Blocks' sums are measured by others, times on the board modelled, accuracies a proxy.",
      .columns = {{"level", ""},
                  {"proxy_pct", "proxy (%)", 2},
                  {"gpu_blocks_ms", "blocks, GPU (ms)", 2},
                  {"cpu_blocks_ms", "blocks, CPU (ms)", 1},
                  {"gpu_ms", "GPU at 1.1 GHz (ms)", 2},
                  {"cpu_ms", "4 cores at 1.4 GHz (ms)", 1}},
      .rows = {}};
  for (const Level& each : evaluation.levels) {
    table.add({each.name, each.proxy_percent, in_ms(each.gpu), in_ms(each.cpu), gpu_time(evaluation.model, each, {1'100'000'000}).count(),
               cpu_time(evaluation.model, each, {1'400'000'000}, 4).count()});
  }
  return table;
}

Table check_rows(const ManagingEvaluation& evaluation) {
  Table table{.name = "checks",
              .caption = "The modelled board beside what was published of it. Ratios: to the same device alone at its higher clock.",
              .columns = {{"setting", ""},
                          {"published_ms", "published (ms)", 1},
                          {"model_ms", "model (ms)", 1},
                          {"error_pct", "error (%)", 1},
                          {"published_ratio", "published ratio", 2},
                          {"model_ratio", "model's ratio", 2},
                          {"role", "what went in"}},
              .rows = {}};
  for (const Check& each : evaluation.checks) {
    table.add({each.setting, each.published.count(), each.model.count(), more_percent(each.model.count(), each.published.count()),
               cell(quotient(each.published, each.published_base)), cell(quotient(each.model, each.model_base)), each.role});
  }
  return table;
}

Table range_rows(const ManagingEvaluation& evaluation) {
  Table table{.name = "ranges",
              .caption =
                  "How many times the least the most is, of a request's time and energy, over levels of both devices' fronts: modelled. The "
                  "published ones are "
                  "of another network on other boards.",
              .columns = {{"knobs", ""},
                          {"time_x", "time (x)", 2},
                          {"published_time_x", "published (x)", 2},
                          {"energy_x", "energy (x)", 2},
                          {"published_energy_x", "published (x)", 2}},
              .rows = {}};
  for (const DynamicRange& each : evaluation.ranges)
    table.add({each.knobs, each.time, cell(each.published_time), each.energy, cell(each.published_energy)});
  return table;
}

Table figure_7_rows(const ManagingEvaluation& evaluation) {
  Table table{.name = "figure_7",
              .caption =
                  "A latency constraint of 60 ms, a request every 75 ms, a floor of 76 %, and a training job on the GPU from 20 to 50 s and from 70 "
                  "to 100 s: "
                  "simulated.",
              .columns = {{"policy", ""},
                          {"requests", ""},
                          {"on_time_pct", "on time (%)", 2},
                          {"p95_ms", "p95 (ms)", 1},
                          {"proxy_pct", "mean proxy (%)", 2},
                          {"requests_j", "energy of requests (J)", 1},
                          {"switches", ""}},
              .rows = {}};
  for (const Managed& each : evaluation.figure_7.results) {
    table.add({each.policy, static_cast<std::int64_t>(requests_of(each)), each.on_time_percent(), p95_ms(each), each.proxy_percent(),
               each.requests.value, static_cast<std::int64_t>(each.applications.front().switches)});
  }
  return table;
}

Table governor_rows(const ManagingEvaluation& evaluation) {
  Table table{.name = "governors",
              .caption =
                  "One and two applications, ours and each knob alone against governors with static networks: simulated on modelled powers. On time: "
                  "the least "
                  "of the applications; the smallest level is below their floors of accuracy.",
              .columns = {{"applications", ""},
                          {"policy", ""},
                          {"on_time_pct", "on time (%)", 2},
                          {"p95_ms", "longest p95 (ms)", 1},
                          {"proxy_pct", "mean proxy (%)", 2},
                          {"requests_j", "energy of requests (J)", 1},
                          {"board_j", "of the board (J)", 1}},
              .rows = {}};
  for (const Course& course : evaluation.governors) {
    for (const Managed& each : course.results) {
      table.add({static_cast<std::int64_t>(course.scenario.tenants.size()), each.policy, each.on_time_percent(), p95_ms(each), each.proxy_percent(),
                 each.requests.value, each.outcome.energy.value_or(Joules{}).value});
    }
  }
  return table;
}

Table claim_rows(const ManagingEvaluation& evaluation) {
  Table table{
      .name = "savings",
      .caption = "Energy and latency of ours against governors with the largest network, beside what was published: simulated on modelled powers.",
      .columns = {{"applications", ""},
                  {"ours", ""},
                  {"rival", ""},
                  {"on_time_pct", "on time (%)", 1},
                  {"rival_on_time_pct", "rival on time (%)", 1},
                  {"requests_energy_pct", "energy of requests (%)", 1},
                  {"board_energy_pct", "of the board (%)", 1},
                  {"p95_pct", "longest p95 (%)", 1},
                  {"published", "published, on a board"}},
      .rows = {}};
  for (const Course& course : evaluation.governors) {
    const bool one = course.scenario.tenants.size() == 1;
    for (const char* const name : {"largest:performance", "largest:schedutil"}) {
      const Managed& rival = course.of(name);
      std::string published = one ? "-16.5 % at similar latency" : "nothing";
      if (rival.policy == "largest:schedutil")
        published = one ? "-16.5 % at similar latency; up to -19 %, latency -9 %" : "up to -89 %, latency -23 %";
      for (const char* const policy : {"mosaic", "mosaic:hardware"}) {
        const Managed& ours = course.of(policy);
        table.add({static_cast<std::int64_t>(course.scenario.tenants.size()), ours.policy, rival.policy, ours.on_time_percent(),
                   rival.on_time_percent(), more_percent(ours.requests.value, rival.requests.value),
                   more_percent(ours.outcome.energy.value_or(Joules{}).value, rival.outcome.energy.value_or(Joules{}).value),
                   more_percent(p95_ms(ours), p95_ms(rival)), published});
      }
    }
  }
  return table;
}

Table sensitivity_rows(const ManagingEvaluation& evaluation) {
  Table table{
      .name = "sensitivity",
      .caption = "Energy of requests against largest:schedutil, were the chosen power of a board that works half or twice as much: simulated.",
      .columns = {{"applications", ""},
                  {"working_w", "power while working (W)", 1},
                  {"mosaic_pct", "mosaic (%)", 1},
                  {"hardware_pct", "mosaic:hardware (%)", 1}},
      .rows = {}};
  for (const Sensitivity& each : evaluation.sensitivity)
    table.add({static_cast<std::int64_t>(each.applications), each.working.value, each.ours_percent, each.hardware_percent});
  return table;
}

report::XyChart course_chart(const Course& course) {
  report::XyChart chart{.name = "figure_7_latency",
                        .caption = "Latency of single requests, simulated: the constraint is 60 ms.",
                        .x = {.title = "time (s)"},
                        .y = {.title = "latency (ms)", .low = 0.0, .high = 150.0},
                        .series = {}};
  for (const char* const policy : {"mosaic", "published", "largest:performance"}) {
    report::PointSeries series{.name = policy, .points = {}};
    for (const manager::Record& each : course.of(policy).outcome.records) {
      if (each.operation) series.points.push_back({.x = std::chrono::duration<double>(each.arrived).count(), .y = in_ms(each.latency())});
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

}  // namespace

std::vector<Table> managing_tables(const ManagingEvaluation& evaluation) {
  return {level_rows(evaluation), check_rows(evaluation),    range_rows(evaluation),      figure_7_rows(evaluation),
          claim_rows(evaluation), governor_rows(evaluation), sensitivity_rows(evaluation)};
}

std::vector<std::string> managing_notes(const ManagingEvaluation& evaluation) {
  const BoardModel& model = evaluation.model;
  return {
      "Simulated on a virtual clock, on a modelled Jetson Xavier NX: nothing here was measured by us, and no such board is here.",
      fmt::format(
          "Times: sums of blocks' means, measured by others, times {:.3f} on the GPU and {:.3f} on four cores, so that levels lie about where the "
          "published ones do; {:.0f} % of a request's time on the GPU goes with its clock, all of it on cores.",
          model.gpu_scale, model.cpu_scale, 100 * model.gpu_clocked),
      fmt::format("Others: a training job on the GPU makes requests {:.2f} times as long, whatever the clock. Policies are told of such loads at "
                  "once, those that "
                  "look at loads.",
                  model.gpu_training),
      fmt::format("Powers are chosen, nothing is published of them: {:g} W always, {:g} W more while a request runs, {:g} W of the GPU and {:g} W of "
                  "a core at "
                  "their highest clocks.",
                  model.idle.value, model.working.value, model.gpu.value, model.core.value),
      "Accuracy is a proxy made by hand, which nobody measured."};
}

std::string managing_page(const ManagingEvaluation& evaluation, const std::string& folder) {
  report::Page page("A run-time manager on a modelled Jetson Xavier NX", fmt::format("Simulated, from the latency tables in {}", folder));
  for (const std::string& each : managing_notes(evaluation)) page.note(each);
  page.section("A training job comes and goes");
  page.add(course_chart(evaluation.figure_7));
  page.section("Tables");
  for (const Table& table : managing_tables(evaluation)) page.add(table);
  return page.html();
}

}  // namespace mosaic::xavier_nx

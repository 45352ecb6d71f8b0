#include <fmt/format.h>

#include <algorithm>

#include "mosaic/report/page.h"
#include "mosaic/serving/serve.h"
#include "mosaic/serving/serve_timeline.h"

namespace mosaic {
namespace {

double in_ms(Nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }
double in_s(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

std::string kind_of(const manager::Outcome& outcome) { return outcome.simulated ? "simulated" : "measured"; }

}  // namespace

report::Table level_table(const ServeStage& stage) {
  report::Table table{.name = "levels",
                      .caption = stage.simulated_board() ? "Levels on each placement, simulated" : "Levels on each placement, times measured",
                      .columns = {{.key = "family", .title = "family"},
                                  {.key = "level", .title = "level"},
                                  {.key = "accuracy_percent", .title = "accuracy (%)", .digits = 2},
                                  {.key = "placement", .title = "placement"},
                                  {.key = "latency_ms", .title = "latency (ms)"},
                                  {.key = "energy_mj", .title = "energy (mJ), " + stage.levels().front()->energy_source()}},
                      .rows = {}};
  std::vector<const FamilyLevels*> shown;
  for (std::size_t t = 0; t < stage.levels().size(); ++t) {
    if (std::ranges::find(shown, stage.levels()[t]) != shown.end()) continue;
    shown.push_back(stage.levels()[t]);
    for (const auto& level : stage.tables()[t].levels) {
      for (std::size_t p = 0; p < level.costs.size(); ++p) {
        if (!level.costs[p]) continue;
        table.add({stage.levels()[t]->family().name, level.name, level.accuracy_percent, stage.machine().placements[p].name,
                   in_ms(level.costs[p]->latency), 1000 * level.costs[p]->energy.value});
      }
    }
  }
  return table;
}

report::Table summary_table(const ServeStage& stage, const std::vector<Served>& served) {
  report::Table table{.name = "applications",
                      .caption = served.empty() ? "" : "What each policy made of the scenario, " + kind_of(served.front().outcome),
                      .columns = {{.key = "policy", .title = "policy"},
                                  {.key = "application", .title = "application"},
                                  {.key = "requests", .title = "requests"},
                                  {.key = "on_time_percent", .title = "on time (%)", .digits = 2},
                                  {.key = "refused", .title = "refused"},
                                  {.key = "p50_ms", .title = "p50 (ms)"},
                                  {.key = "p95_ms", .title = "p95 (ms)"},
                                  {.key = "p99_ms", .title = "p99 (ms)"},
                                  {.key = "accuracy_percent", .title = "mean accuracy (%)", .digits = 2},
                                  {.key = "energy_j", .title = "energy (J)"},
                                  {.key = "switches", .title = "switches"}},
                      .rows = {}};
  for (const Served& each : served) {
    for (const manager::Summary& of : manager::summaries(stage.scenario(), stage.tables(), each.outcome))
      table.add({each.policy, of.name, static_cast<std::int64_t>(of.requests), of.on_time_percent(), static_cast<std::int64_t>(of.refused),
                 in_ms(of.p50), in_ms(of.p95), in_ms(of.p99), of.accuracy_percent, of.energy.value, static_cast<std::int64_t>(of.switches)});
  }
  return table;
}

report::Table decision_table(const ServeStage& stage, const Served& served) {
  report::Table table{.name = "decisions",
                      .caption = fmt::format("Decisions of {}", served.policy),
                      .columns = {{.key = "time_s", .title = "time (s)"}, {.key = "clocks", .title = "clocks"}, {.key = "reason", .title = "reason"}},
                      .rows = {}};
  for (const manager::Logged& each : served.outcome.decisions) {
    std::string clocks;
    for (std::size_t d = 0; d < each.clocks.size(); ++d) {
      const manager::ClockDomain& domain = stage.machine().domains[d];
      clocks += fmt::format("{}{} {:g} MHz", clocks.empty() ? "" : ", ", domain.name, static_cast<double>(domain.levels[each.clocks[d]].value) / 1e6);
    }
    table.add({in_s(each.at), clocks.empty() ? "none to set" : clocks, each.reason});
  }
  return table;
}

std::string serve_page(const ServeStage& stage, const std::vector<Served>& served) {
  report::Page page("Served: " + stage.scenario().name,
                    fmt::format("On {}; times {}, energy {}", stage.machine().name, served.empty() ? "" : kind_of(served.front().outcome),
                                stage.levels().front()->energy_source()));
  page.section("Applications");
  page.add(summary_table(stage, served));
  for (const Served& each : served) {
    page.section(each.policy);
    page.add(lane_chart(stage, each));
    for (std::size_t t = 0; t < stage.scenario().tenants.size(); ++t) page.add(latency_chart(stage, each, t));
    page.add(level_chart(stage, each));
    if (const auto clocks = clock_chart(stage, each)) page.add(*clocks);
    page.add(power_chart(stage, each));
    page.add(decision_table(stage, each));
  }
  page.section("Levels");
  page.add(level_table(stage));
  return page.html();
}

}  // namespace mosaic

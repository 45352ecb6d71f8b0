#include "mosaic/evaluation/xavier_nx/report.h"

#include <fmt/format.h>

#include "mosaic/report/figure.h"
#include "mosaic/report/page.h"

namespace mosaic::xavier_nx {
namespace {

using elastic::Candidate;
using elastic::Score;
using report::Table;

double milliseconds(const Score& score) { return Milliseconds(score.latency).count(); }
double percent(const Score& score) { return static_cast<double>(score.accuracy.value) / 1000; }

Table search_table(const std::vector<DeviceEvaluation>& devices) {
  Table table{.name = "searches",
              .caption =
                  "How much of what the exact front covers (hypervolume) evolution and random search cover with as many evaluations. Latencies "
                  "measured by others, accuracy a proxy.",
              .columns = {{"device", ""},
                          {"seed", ""},
                          {"exact_points", "points of the exact front"},
                          {"evolved_points", "evolved"},
                          {"evolved_pct", "evolved covers (%)", 2},
                          {"random_pct", "random covers (%)", 2},
                          {"exact_s", "exact (s)", 3},
                          {"evolved_s", "evolution (s)", 3}},
              .rows = {}};
  for (const DeviceEvaluation& device : devices) {
    for (const SeedFronts& each : device.seeds) {
      table.add({device.device, static_cast<std::int64_t>(each.seed), static_cast<std::int64_t>(device.front.size()),
                 static_cast<std::int64_t>(each.evolved_points), 100 * each.evolved_share, 100 * each.random_share, device.exact_seconds,
                 each.seconds});
    }
  }
  return table;
}

Table level_table(const std::vector<DeviceEvaluation>& devices) {
  Table table{.name = "levels",
              .caption =
                  "Levels of the exact front, evenly spread by the ratio of latencies, and what the published search finds within each one's "
                  "latency.",
              .columns = {{"device", ""},
                          {"latency_ms", "latency (ms)", 2},
                          {"proxy_pct", "proxy (%)", 3},
                          {"found_proxy_pct", "found (%)", 3},
                          {"sub_network", "sub-network: pixels, then each stage's blocks"}},
              .rows = {}};
  for (const DeviceEvaluation& device : devices) {
    for (const LevelSearch& each : device.levels) {
      report::Cell found = std::string("none that fast");
      if (each.found) found = percent(each.found->score);
      table.add({device.device, milliseconds(each.exact.score), percent(each.exact.score), std::move(found),
                 elastic::describe(device.space, each.exact.network)});
    }
  }
  return table;
}

report::XyChart front_chart(const DeviceEvaluation& device) {
  report::XyChart chart{.name = "front_" + device.device,
                        .caption = fmt::format("{}: the exact front of {:.2g} sub-networks, and its levels. Accuracy is a proxy made by hand.",
                                               device.device, device.space.sub_networks()),
                        .x = {.title = "latency (ms), measured by others"},
                        .y = {.title = "proxy of accuracy (%)"},
                        .series = {}};
  report::PointSeries front{.name = "exact front", .points = {}, .marks = false, .line = true};
  for (const Candidate& each : device.front) front.points.push_back({.x = milliseconds(each.score), .y = percent(each.score)});
  report::PointSeries levels{.name = "levels", .points = {}};
  for (const LevelSearch& each : device.levels) {
    levels.points.push_back(
        {.x = milliseconds(each.exact.score), .y = percent(each.exact.score), .label = elastic::describe(device.space, each.exact.network)});
  }
  chart.series = {std::move(front), std::move(levels)};
  return chart;
}

}  // namespace

std::vector<Table> result_tables(const std::vector<DeviceEvaluation>& devices) { return {search_table(devices), level_table(devices)}; }

std::vector<std::string> result_notes() {
  return {
      "Latencies are sums of blocks' means, measured by the authors of Dynamic-OFA on a Jetson Xavier NX; their tables have no medians, and on the "
      "CPU a "
      "block's deviation is a third of its mean.",
      "Accuracy is a proxy made by hand, which nobody measured: it adds up over blocks, so that the exact front can be computed, and serves to "
      "compare searches with each other."};
}

std::string result_page(const std::vector<DeviceEvaluation>& devices, const std::string& folder) {
  report::Page page("Sub-networks of an elastic MobileNetV3", fmt::format("From the latency tables in {}", folder));
  for (const std::string& each : result_notes()) page.note(each);
  page.section("Fronts");
  for (const DeviceEvaluation& device : devices) page.add(front_chart(device));
  page.section("Tables");
  for (const Table& table : result_tables(devices)) page.add(table);
  return page.html();
}

}  // namespace mosaic::xavier_nx

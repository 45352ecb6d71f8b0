#include "mosaic/evaluation/paper/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "mosaic/evaluation/paper/measures.h"

namespace mosaic::evaluation {
namespace {

using report::Bar;
using report::BarChart;
using report::BarSeries;
using report::XyChart;

constexpr std::string_view kLetters = "BLGN";
constexpr std::array<const char*, 4> kDeviceNames{"big cores", "little cores", "GPU", "NPU"};
constexpr std::array<const char*, 10> kVersions{"TF-BIG-P",    "TF-LITTLE-P", "TF-GPU-P", "TF-NPU-P",   "TF-BIG-O",
                                                "TF-LITTLE-O", "TF-GPU-O",    "TF-NPU-O", "exhaustive", "MOSAIC"};

double cost(const VersionResult& version, bool energy) { return energy ? version.measured.energy.value : version.measured.time.count(); }

const NetworkResult* find(const PaperResults& results, const std::string& key) {
  const auto found = std::ranges::find(results.networks, key, &NetworkResult::key);
  return found == results.networks.end() ? nullptr : &*found;
}

/// Nothing for a figure that is not there.
std::optional<Bar> bar(double value) { return std::isfinite(value) ? std::optional(Bar{.value = value}) : std::nullopt; }

/// Bars of some versions over TF-GPU-O, network by network, and their geometric means.
BarChart normalised(const PaperResults& results, bool large, bool energy, std::span<const char* const> versions) {
  BarChart chart{.name = {}, .caption = {}, .categories = {}, .series = {}, .axis = {.title = "over TF-GPU-O", .low = 0}, .reference = 1};
  for (const NetworkResult& network : results.networks) {
    if (network.large == large) chart.categories.push_back(network.key);
  }
  chart.categories.emplace_back("mean");
  for (const char* const version : versions) {
    BarSeries series{.name = version, .bars = {}, .colour = {}};
    for (const NetworkResult& network : results.networks) {
      if (network.large != large) continue;
      const auto& among = energy ? network.energy : network.latency;
      const VersionResult* const one = network.find(among, version);
      const VersionResult* const base = network.find(among, "TF-GPU-O");
      series.bars.push_back(one != nullptr && base != nullptr ? std::optional(Bar{.value = cost(*one, energy) / cost(*base, energy)}) : std::nullopt);
    }
    series.bars.push_back(bar(normalised_mean(results, large, energy, version)));
    chart.series.push_back(std::move(series));
  }
  return chart;
}

}  // namespace

BarChart layers_figure(const PaperResults& results, const std::string& key, bool energy) {
  BarChart chart{
      .name = fmt::format("figure_{}_{}", energy ? 4 : 3, key),
      .caption = fmt::format(
          "Figure {}: {} of each layer of {} alone on each device at its highest clock (simulated). Missing bars: the device cannot run the layer.",
          energy ? 4 : 3, energy ? "energy" : "time", key),
      .categories = {},
      .series = {},
      .axis = {.title = energy ? "energy (mJ)" : "time (ms)", .logarithmic = true},
      .reference = {}};
  const NetworkResult* const network = find(results, key);
  if (network == nullptr) return chart;
  for (std::size_t d = 0; d < kLetters.size(); ++d) {
    BarSeries series{.name = kDeviceNames.at(d), .bars = {}, .colour = d};
    for (const LayerOnDevice& layer : network->layers) {
      if (layer.device != kLetters[d]) continue;
      if (d == 0) chart.categories.push_back(std::to_string(layer.layer));
      series.bars.push_back(
          layer.measured ? std::optional(Bar{.value = energy ? 1000 * layer.measured->energy.value : Milliseconds(layer.measured->time).count()})
                         : std::nullopt);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

XyChart sweep_figure(const PaperResults& results) {
  XyChart chart{.name = "figure_5",
                .caption = "Figure 5: MO-1.4 in three slices, all on the NPU, for every two cuts that its limit allows (simulated).",
                .x = {.title = "first layer of the second slice"},
                .y = {.title = "latency (ms)"},
                .series = {}};
  report::PointSeries series{.name = "three slices", .points = {}, .colour = 3};
  for (const ThreeSlices& each : results.sweep) {
    series.points.push_back({.x = static_cast<double>(each.second),
                             .y = Milliseconds(each.measured).count(),
                             .label = fmt::format("N_1, N_{}, N_{}", each.second, each.third)});
  }
  chart.series.push_back(std::move(series));
  return chart;
}

XyChart communication_figure(const PaperResults& results) {
  XyChart chart{.name = "figure_7",
                .caption = "Figure 7: communication time by tensor size, micro-benchmark and fitted line (equations 1 and 2; simulated).",
                .x = {.title = "tensor (MiB)"},
                .y = {.title = "time (ms)"},
                .series = {}};
  for (const char device : {'G', 'N'}) {
    const std::size_t colour = device == 'G' ? 2 : 3;
    const std::string name = device == 'G' ? "GPU" : "NPU";
    report::PointSeries points{.name = name, .points = {}, .colour = colour};
    report::PointSeries line{.name = name + ", fitted", .points = {}, .marks = false, .line = true, .dashed = true, .colour = colour};
    for (const CommunicationPoint& each : results.communication) {
      if (each.device != device) continue;
      const double size = static_cast<double>(each.bytes) / 0x1p20;
      points.points.push_back({.x = size, .y = Milliseconds(each.measured).count()});
      line.points.push_back({.x = size, .y = Milliseconds(each.fitted).count()});
    }
    chart.series.push_back(std::move(points));
    chart.series.push_back(std::move(line));
  }
  return chart;
}

BarChart versions_figure(const PaperResults& results, bool large, bool energy) {
  BarChart chart = normalised(results, large, energy, kVersions);
  const int number = large ? (energy ? 9 : 8) : (energy ? 13 : 12);
  chart.name = fmt::format("figure_{}", number);
  chart.caption = fmt::format("Figure {}: {} of the {} networks over TF-GPU-O, and geometric means (simulated).", number,
                              energy ? "energy" : "latency", large ? "large" : "small");
  chart.axis.logarithmic = true;
  chart.axis.low.reset();
  return chart;
}

BarChart components_figure(const PaperResults& results, bool energy) {
  constexpr std::array<const char*, 3> kLatency{"TF-GPU-O", "HCA", "MOSAIC"};
  constexpr std::array<const char*, 4> kEnergy{"TF-GPU-O", "HCA", "HCCA", "MOSAIC"};
  BarChart chart = energy ? normalised(results, true, true, kEnergy) : normalised(results, true, false, kLatency);
  chart.name = energy ? "figure_11" : "figure_10";
  chart.caption =
      fmt::format("Figure {}: what the components are worth, {} over TF-GPU-O (simulated).", energy ? 11 : 10, energy ? "energy" : "latency");
  return chart;
}

BarChart errors_figure(const PaperResults& results, bool energy) {
  BarChart chart{.name = energy ? "figure_15" : "figure_14",
                 .caption = fmt::format("Figure {}: error of the estimated {} of MOSAIC's plan; last the mean (simulated).", energy ? 15 : 14,
                                        energy ? "energy" : "latency"),
                 .categories = {},
                 .series = {{.name = "signed", .bars = {}, .colour = 0}, {.name = "absolute", .bars = {}, .colour = 1}},
                 .axis = {.title = "error (%)"},
                 .reference = energy ? 4.3 : 3.0};
  double sum = 0;
  for (const NetworkResult& network : results.networks) {
    const double error = estimation_error_percent(network, energy);
    chart.categories.push_back(network.key);
    chart.series[0].bars.push_back(bar(error));
    chart.series[1].bars.push_back(bar(std::abs(error)));
    sum += error;
  }
  chart.categories.emplace_back("mean");
  chart.series[0].bars.push_back(bar(sum / static_cast<double>(results.networks.size())));
  chart.series[1].bars.push_back(bar(mean_error_percent(results, energy)));
  return chart;
}

report::PlanStrip plan_figure(const NetworkResult& network, bool energy) {
  report::PlanStrip strip{.name = fmt::format("plan_{}_{}", energy ? "energy" : "latency", network.key),
                          .caption = fmt::format("{}: plans for {}", network.key, energy ? "energy" : "latency"),
                          .layers = network.layers.size() / kLetters.size(),
                          .rows = {},
                          .devices = {kDeviceNames.begin(), kDeviceNames.end()}};
  for (const char* const version : {"MOSAIC", "published"}) {
    const VersionResult* const found = network.find(energy ? network.energy : network.latency, version);
    if (found == nullptr) continue;
    report::PlanStrip::Row row{.label = version == std::string("MOSAIC") ? "ours" : version, .boxes = {}};
    for (std::size_t s = 0; s < found->plan.size(); ++s) {
      const SliceName& slice = found->plan[s];
      const std::size_t end = s + 1 < found->plan.size() ? found->plan[s + 1].first_layer - 1 : strip.layers;
      row.boxes.push_back({.first = slice.first_layer - 1,
                           .end = end,
                           .colour = kLetters.find(slice.device),
                           .label = std::string(1, slice.device),
                           .detail = fmt::format("layers {} to {}, {} MHz", slice.first_layer, end, slice.mhz)});
    }
    strip.rows.push_back(std::move(row));
  }
  return strip;
}

BarChart planning_figure(const std::vector<PlanningTimes>& times, bool energy) {
  BarChart chart{
      .name = energy ? "figure_17" : "figure_16",
      .caption = fmt::format("Figure {}: planning for {}, best of 50 on this machine (wall clock). The paper's mean on its own board: {} ms.",
                             energy ? 17 : 16, energy ? "energy" : "latency", energy ? "0.82" : "0.15"),
      .categories = {},
      .series = {{.name = "Algorithm 1", .bars = {}, .colour = 0}, {.name = "ours, exact", .bars = {}, .colour = 1}},
      .axis = {.title = "time (us)", .logarithmic = true},
      .reference = {}};
  for (const PlanningTimes& each : times) {
    if (each.energy != energy) continue;
    chart.categories.push_back(each.key);
    chart.series[0].bars.emplace_back(Bar{.value = each.algorithm1.count()});
    chart.series[1].bars.emplace_back(Bar{.value = each.chain.count()});
  }
  return chart;
}

}  // namespace mosaic::evaluation

#include <fmt/format.h>

#include "mosaic/evaluation/paper/figures.h"
#include "mosaic/evaluation/paper/measures.h"
#include "mosaic/evaluation/paper/plan_difference.h"
#include "mosaic/onnx/paper_networks.h"

namespace mosaic::evaluation {
namespace {

using report::Cell;
using report::Table;

Cell cost_cell(const VersionResult* version, bool energy) {
  if (version == nullptr) return {};
  return energy ? 1000 * version->measured.energy.value : Milliseconds(version->measured.time).count();
}

Cell plan_cell(const VersionResult* version, bool energy) {
  if (version == nullptr) return {};
  return format_plan(version->plan, energy);
}

}  // namespace

Table networks_table() {
  Table table{
      .name = "table_1",
      .caption =
          "Table I: the networks. Accuracy, memory and GPU latency are the paper's. Layers, multiply-accumulates and parameters are counted in "
          "the graphs evaluated here, parameters as the publication does that stands beside them (docs/paper-networks.md: of a normalisation it "
          "counts none to four values for each channel).",
      .columns = {{"network", "network"},
                  {"zoo_name", "in the zoo"},
                  {"accuracy_percent", "top-1 (%)", 1},
                  {"memory_mb", "memory (MB)", 1},
                  {"layers", "layers"},
                  {"macs_millions", "MMAC", 0},
                  {"published_macs_millions", "published", 0},
                  {"parameters_millions", "M parameters", 3},
                  {"published_parameters_millions", "published", 3},
                  {"gpu_latency_ms", "GPU latency (ms)", 1}},
      .rows = {}};
  for (const onnx::PaperNetwork& network : onnx::paper_networks()) {
    const auto graph = onnx::paper_graph(network);
    double macs = 0;
    double parameters = 0;
    std::int64_t layers = 0;
    if (graph) {
      layers = std::ssize(graph->layers);
      for (const Layer& layer : graph->layers) macs += static_cast<double>(layer.macs) / 1e6;
      parameters = static_cast<double>(onnx::counted_parameters(network, *graph)) / 1e6;
    }
    table.add({network.key, network.zoo_name, network.accuracy_percent, static_cast<double>(network.memory.value) / 1e6, layers, macs,
               network.published_macs / 1e6, parameters, network.published_parameters / 1e6, network.gpu_latency.count()});
  }
  return table;
}

Table clocks_table(const Board& board) {
  Table table{.name = "table_2",
              .caption = "Table II: voltages and clocks, from the board file.",
              .columns = {{"device", "device"}, {"clock_mhz", "clock (MHz)", 0}, {"volts", "voltage (V)", 1}},
              .rows = {}};
  for (const Device& device : board.devices) {
    for (const OperatingPoint& point : device.points) {
      if (!point.clock) continue;
      table.add({device.name, static_cast<double>(point.clock->value) / 1e6, point.voltage ? Cell(point.voltage->value) : Cell()});
    }
  }
  return table;
}

Table plans_table(const PaperResults& results, bool energy) {
  const std::string unit = energy ? "mJ" : "ms";
  Table table{.name = energy ? "table_4" : "table_3",
              .caption = energy ? "Table IV: plans for energy, superscript the clock in MHz. Costs are simulated."
                                : "Table III: plans for latency. Costs are simulated.",
              .columns = {{"network", "network"},
                          {"plan", "our plan"},
                          {"cost_" + unit, "costs (" + unit + ")"},
                          {"published_plan", "published plan"},
                          {"published_cost_" + unit, "costs here (" + unit + ")"},
                          {"above_ours_percent", "above ours (%)", 1},
                          {"same_device_percent", "layers on the same device (%)", 0},
                          {"borders", "published borders that are ours, too"},
                          {"largest_difference", "largest difference by estimate, ours against the published plan"}},
              .rows = {}};
  for (const NetworkResult& network : results.networks) {
    const auto& versions = energy ? network.energy : network.latency;
    const VersionResult* const ours = network.find(versions, "MOSAIC");
    const VersionResult* const published = network.find(versions, "published");
    Cell above;
    if (ours != nullptr && published != nullptr) {
      above =
          100 * (energy ? published->measured.energy.value / ours->measured.energy.value - 1 : published->measured.time / ours->measured.time - 1);
    }
    Cell same_device;
    Cell borders;
    if (ours != nullptr && published != nullptr) {
      const Likeness likeness = compare_plans(network, ours->plan, published->plan);
      same_device = likeness.same_device_percent;
      borders = fmt::format("{} of {}, {} of them inputs", likeness.common_borders, likeness.borders, likeness.common_inputs);
    }
    const auto& difference = energy ? network.energy_difference : network.latency_difference;
    table.add({network.key, plan_cell(ours, energy), cost_cell(ours, energy), plan_cell(published, energy), cost_cell(published, energy), above,
               same_device, borders, difference ? Cell(reason(*difference, energy)) : Cell()});
  }
  return table;
}

Table planning_table(const std::vector<PlanningTimes>& times) {
  Table table{.name = "planning_times",
              .caption = "Planning times, best of 50 on this machine: wall-clock figures.",
              .columns = {{"network", "network"},
                          {"layers", "layers"},
                          {"configurations", "configurations"},
                          {"algorithm1_us", "Algorithm 1 (us)", 2},
                          {"chain_us", "ours (us)", 2},
                          {"ratio", "ratio", 1},
                          {"same_cost", "same cost"}},
              .rows = {}};
  for (const PlanningTimes& each : times) {
    table.add({each.key, static_cast<std::int64_t>(each.layers), static_cast<std::int64_t>(each.configurations), each.algorithm1.count(),
               each.chain.count(), each.algorithm1 / each.chain, std::string(each.same_cost ? "yes" : "no")});
  }
  return table;
}

Table fronts_table(const std::vector<FrontTime>& fronts) {
  Table table{.name = "fronts",
              .caption = "The whole exact front of time and energy of each network (estimated costs); times are wall-clock figures of this machine.",
              .columns = {{"network", "network"},
                          {"layers", "layers"},
                          {"configurations", "configurations"},
                          {"points", "points"},
                          {"complete", "proved whole"},
                          {"ms", "time (ms)", 1}},
              .rows = {}};
  for (const FrontTime& each : fronts) {
    table.add({each.key, static_cast<std::int64_t>(each.layers), static_cast<std::int64_t>(each.configurations),
               static_cast<std::int64_t>(each.points), std::string(each.complete ? "yes" : "no"), each.time.count()});
  }
  return table;
}

}  // namespace mosaic::evaluation

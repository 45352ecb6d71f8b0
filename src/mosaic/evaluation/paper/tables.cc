#include <fmt/format.h>

#include "mosaic/evaluation/paper/claims.h"
#include "mosaic/evaluation/paper/figures.h"
#include "mosaic/onnx/paper_networks.h"

namespace mosaic::evaluation {
namespace {

using report::Cell;
using report::Mark;
using report::Table;
using report::Tone;

Cell cost_cell(const VersionResult* version, bool energy) {
  if (version == nullptr) return {};
  return energy ? 1000 * version->measured.energy.value : Milliseconds(version->measured.time).count();
}

Cell plan_cell(const VersionResult* version, bool energy) {
  if (version == nullptr) return {};
  return format_plan(version->plan, energy);
}

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kReproduced:
      return Tone::kGood;
    case Verdict::kNotReproduced:
      return Tone::kBad;
    case Verdict::kInput:
      break;
  }
  return Tone::kMuted;
}

}  // namespace

Table networks_table() {
  Table table{.name = "table_1",
              .caption =
                  "Table I: the networks. Accuracy, memory and GPU latency are the paper's; layers and multiply-accumulates are counted in the "
                  "graphs evaluated here.",
              .columns = {{"network", "network"},
                          {"zoo_name", "in the zoo"},
                          {"accuracy_percent", "top-1 (%)", 1},
                          {"memory_mb", "memory (MB)", 1},
                          {"layers", "layers"},
                          {"macs_millions", "MMAC", 0},
                          {"parameters_millions", "M parameters", 2},
                          {"gpu_latency_ms", "GPU latency (ms)", 1}},
              .rows = {}};
  for (const onnx::PaperNetwork& network : onnx::paper_networks()) {
    const auto graph = onnx::paper_graph(network);
    double macs = 0;
    double parameters = 0;
    std::int64_t layers = 0;
    if (graph) {
      layers = std::ssize(graph->layers);
      for (const Layer& layer : graph->layers) {
        macs += static_cast<double>(layer.macs) / 1e6;
        parameters += static_cast<double>(layer.parameters) / 1e6;
      }
    }
    table.add({network.key, network.zoo_name, network.accuracy_percent, static_cast<double>(network.memory.value) / 1e6, layers, macs, parameters,
               network.gpu_latency.count()});
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
                          {"borders", "published borders that are ours, too"}},
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
    table.add({network.key, plan_cell(ours, energy), cost_cell(ours, energy), plan_cell(published, energy), cost_cell(published, energy), above,
               same_device, borders});
  }
  return table;
}

Table claims_table(const PaperResults& results) {
  Table table{.name = "claims",
              .caption = "The paper's sentences that hold a number or an ordering. Figures of ours are simulated.",
              .columns = {{"where", "where"}, {"claim", "claim"}, {"paper", "paper"}, {"ours", "ours"}, {"verdict", "verdict"}},
              .rows = {}};
  for (const Claim& claim : claims(results)) {
    table.add({claim.where, claim.text, claim.paper, claim.ours, Mark{.text = std::string(name(claim.verdict)), .tone = tone_of(claim.verdict)}});
  }
  return table;
}

Table losses_table(const PaperResults& results, bool energy) {
  Table table{.name = energy ? "losses_energy" : "losses_latency",
              .caption = fmt::format("Where another version measures less {} than MOSAIC's plan (simulated), beside the network's estimation error.",
                                     energy ? "energy" : "time"),
              .columns = {{"network", "network"},
                          {"version", "version"},
                          {"mosaic_above_percent", "MOSAIC above it (%)", 2},
                          {"estimation_error_percent", "estimation error (%)", 2},
                          {"within", "within the error"}},
              .rows = {}};
  for (const Loss& loss : losses(results, energy)) {
    const bool within = loss.percent <= loss.error_percent;
    table.add({loss.network, loss.version, loss.percent, loss.error_percent,
               Mark{.text = within ? "yes" : "no", .tone = within ? Tone::kGood : Tone::kBad}});
  }
  return table;
}

Table richness_table(const PaperResults& results) {
  Table table{.name = "richness",
              .caption =
                  "Mean absolute estimation error from two clocks, with the truth's deviations from the equations left out, as drawn, and doubled "
                  "(simulated).",
              .columns = {{"richness", "deviations", 0}, {"latency_error_percent", "latency (%)", 2}, {"energy_error_percent", "energy (%)", 2}},
              .rows = {}};
  for (const RichnessResult& each : results.richness) table.add({each.richness, each.latency_error_percent, each.energy_error_percent});
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

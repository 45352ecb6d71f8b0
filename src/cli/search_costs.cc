#include "search_costs.h"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "mapped.h"
#include "mosaic/base/file.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/report/page.h"
#include "mosaic/session/candidates.h"
#include "output.h"
#include "output_folder.h"

namespace mosaic::cli {
namespace {

constexpr const char* kCaveat =
    "Cycles and energies are modelled by published cost functions. The error is what ternary weights add, as a share of each layer's squared "
    "weights, "
    "summed over layers: it says nothing of accuracy.";

double microjoules(const diana::NetworkCost& cost) { return cost.energy.value * 1e6; }

report::Table chosen_table(const Candidates& candidates) {
  report::Table table{.name = "costs",
                      .caption = kCaveat,
                      .columns = {{"mapping", ""},
                                  {"digital_percent", "digital channels (%)", 1},
                                  {"split_layers", "split layers"},
                                  {"cycles", "", 0},
                                  {"latency_ms", "latency (ms)", 4},
                                  {"energy_uj", "energy (uJ)", 3},
                                  {"weight_error", "error of weights", 4}},
                      .rows = {}};
  for (const Candidate& each : candidates.all) {
    const SplitFigures figures = split_figures(each.mapping);
    table.add({each.name, figures.digital_percent, static_cast<std::int64_t>(figures.split_layers), each.cost.cycles, each.cost.latency().count(),
               microjoules(each.cost), each.proxy});
  }
  return table;
}

report::XyChart chart(const Candidates& candidates, bool energy) {
  report::XyChart chart{.name = energy ? "costs_energy" : "costs_latency",
                        .caption = "Error of ternary weights against modelled cost; no accuracy follows from it.",
                        .x = {.title = energy ? "energy (uJ, modelled)" : "cycles (modelled)"},
                        .y = {.title = "error of weights"},
                        .series = {{.name = "manual heuristics"}, {.name = "Min-Cost"}, {.name = "front", .line = true}}};
  for (const Candidate& each : candidates.all) {
    chart.series[each.manual               ? 0
                 : each.name == "Min-Cost" ? 1
                                           : 2]
        .points.push_back({.x = energy ? microjoules(each.cost) : each.cost.cycles, .y = each.proxy, .label = each.name});
  }
  return chart;
}

/// Every point of the front, and how many digital channels each layer has in it.
std::string front_csv(const Candidates& candidates) {
  std::string csv = "cycles,energy_uj,weight_error,digital_channels\n";
  for (const mapping::MappedPoint& point : candidates.front.points) {
    csv += fmt::format("{:.10g},{:.10g},{:.10g},", point.cost.cycles, microjoules(point.cost), point.proxy);
    for (std::size_t l = 0; l < point.digital.size(); ++l) csv += fmt::format("{}{}", l == 0 ? "" : " ", point.digital[l]);
    csv += '\n';
  }
  return csv;
}

Result<void> write(const Candidates& candidates, const std::string& title, const std::filesystem::path& folder) {
  MOSAIC_RETURN_IF_ERROR(remove_mappings(folder / "costs.json"));
  const report::Table table = chosen_table(candidates);
  report::Page page(title, kCaveat);
  page.section("Costs");
  page.add(chart(candidates, false));
  page.add(chart(candidates, true));
  page.add(table);
  MOSAIC_RETURN_IF_ERROR(write_file(folder / "costs.html", page.html()));
  MOSAIC_RETURN_IF_ERROR(report::save_table(table, folder));
  MOSAIC_RETURN_IF_ERROR(write_file(folder / "front.csv", front_csv(candidates)));
  for (const Candidate& each : candidates.all)
    MOSAIC_RETURN_IF_ERROR(mapping::write_mapping(each.mapping, folder / (file_name(each.name) + ".mapping.json")));
  return {};
}

Json to_json(const Candidates& candidates) {
  Json json{{"costs", "modelled"},
            {"proxy", "error of ternary weights; no accuracy"},
            {"front_points", candidates.front.points.size()},
            {"front_excess", candidates.front.excess},
            {"mappings", Json::array()}};
  for (const Candidate& each : candidates.all) {
    Json one{{"name", each.name},
             {"manual", each.manual},
             {"digital_channels", mapping::digital_counts(each.mapping)},
             {"split_layers", split_figures(each.mapping).split_layers},
             {"proxy", each.proxy}};
    one.update(cost_json(each.cost));
    json["mappings"].push_back(std::move(one));
  }
  return json;
}

std::string describe(const Candidates& candidates) {
  const diana::NetworkCost& base = candidates.all.front().cost;
  Table table({"mapping", ">digital %", ">split layers", ">cycles", ">ms", ">uJ", ">cycles of All-8bit's", ">uJ of All-8bit's", ">error of weights"});
  for (const Candidate& each : candidates.all) {
    const SplitFigures figures = split_figures(each.mapping);
    table.add({each.name, fmt::format("{:.1f}", figures.digital_percent), std::to_string(figures.split_layers),
               fmt::format("{:.1f}", each.cost.cycles), fmt::format("{:.4f}", each.cost.latency().count()),
               fmt::format("{:.3f}", microjoules(each.cost)), fmt::format("{:.1f} %", 100 * each.cost.cycles / base.cycles),
               fmt::format("{:.1f} %", 100 * each.cost.energy.value / base.energy.value), fmt::format("{:.4f}", each.proxy)});
  }
  return table.text();
}

}  // namespace

Result<void> search_costs(const network::Network& network, const Board& board, const CostSearchOptions& options) {
  const std::string objective = options.objective == diana::CostKind::kEnergy ? "energy" : "latency";
  MOSAIC_TRY(const Candidates candidates, find_candidates_by_weights(network, options.objective, options.points));
  const std::string title = fmt::format("{} on {}, costs alone, by {}", network.name, board.name, objective);
  if (!options.output.empty()) MOSAIC_RETURN_IF_ERROR(write(candidates, title, options.output));
  if (options.json) {
    Json json = to_json(candidates);
    json.update({{"model", options.model}, {"board", board.name}, {"objective", objective}});
    print_json(json);
    return {};
  }
  print(fmt::format(
      "{}\n{}\n\n{}\nThe front of cost and error has {} points{}.\n", title, kCaveat, describe(candidates), candidates.front.points.size(),
      candidates.front.excess > 0 ? fmt::format(" and may miss better ones by a factor of at most {:.3f} in the error", 1 + candidates.front.excess)
                                  : ", proved whole"));
  if (!options.output.empty()) print(fmt::format("Page, every point and mappings: {}/costs.html\n", options.output));
  return {};
}

}  // namespace mosaic::cli

#include "mapped.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "mosaic/integers/modelled_cost.h"
#include "mosaic/integers/quantized_file.h"
#include "mosaic/session/boards.h"
#include "mosaic/session/mapped_plan.h"
#include "output.h"

namespace mosaic::cli {
namespace {

using integers::ModelledLayer;
using integers::QuantizedNetwork;

double microjoules(Joules energy) { return energy.value * 1e6; }

diana::LayerCost all_digital(const ModelledLayer& layer) { return diana::layer_cost(layer.shape, layer.shape.out_channels); }

diana::NetworkCost all_digital_cost(const QuantizedNetwork& network) {
  diana::NetworkCost sum;
  for (const ModelledLayer& layer : integers::modelled_layers(network)) {
    sum.cycles += all_digital(layer).cycles();
    sum.energy += all_digital(layer).energy();
  }
  return sum;
}

/// Cycles that the array which is ready first waits for the other one; none where one array alone works.
double slack(const ModelledLayer& layer) {
  if (layer.digital == 0 || layer.analog == 0) return 0;
  return std::abs(layer.cost.digital_cycles - layer.cost.analog_cycles);
}

std::string waiting(const ModelledLayer& layer) {
  if (layer.analog == 0) return "analog idle";
  if (layer.digital == 0) return "digital idle";
  if (slack(layer) == 0) return "nobody waits";
  return fmt::format("{} waits {:.0f}", layer.cost.digital_cycles < layer.cost.analog_cycles ? "digital" : "analog", slack(layer));
}

std::string waits_json(const ModelledLayer& layer) {
  if (slack(layer) == 0) return "";
  return layer.cost.digital_cycles < layer.cost.analog_cycles ? "digital" : "analog";
}

double percent_over(double value, double base) { return 100 * (value / base - 1); }

}  // namespace

bool is_in_integers(const std::string& model) { return std::filesystem::path(model).extension() == ".json"; }

Result<MappedModel> open_mapped(const std::string& model, const std::string& plan, const std::string& board) {
  MappedModel mapped;
  MOSAIC_TRY(mapped.network, integers::read_quantized(model));
  if (!plan.empty()) {
    MOSAIC_TRY(mapped.plan, read_plan(plan));
  }
  const std::string named = !board.empty() ? board : mapped.plan.sources.board;
  const std::string option = named.empty() ? "diana" : named;
  MOSAIC_TRY(mapped.board, find_board(option));
  if (plan.empty()) {
    MOSAIC_TRY(mapped.plan, mapped_plan(mapped.network, mapped.board, {.model = model, .board = option, .profile = {}, .calibration = {}}));
    return mapped;
  }
  if (const auto valid = validate_mapped(mapped.network, mapped.board, mapped.plan); !valid) return within(plan, valid.error());
  return mapped;
}

Json layers_json(const QuantizedNetwork& network) {
  Json layers = Json::array();
  for (const ModelledLayer& layer : integers::modelled_layers(network)) {
    layers.push_back({{"name", network.nodes[layer.node].name},
                      {"digital_channels", layer.digital},
                      {"analog_channels", layer.analog},
                      {"digital_cycles", layer.cost.digital_cycles},
                      {"analog_cycles", layer.cost.analog_cycles},
                      {"cycles", layer.cost.cycles()},
                      {"waits", waits_json(layer)},
                      {"slack_cycles", slack(layer)},
                      {"uj", microjoules(layer.cost.energy())},
                      {"all_8bit_cycles", all_digital(layer).cycles()},
                      {"all_8bit_uj", microjoules(all_digital(layer).energy())}});
  }
  return layers;
}

Json cost_json(const diana::NetworkCost& cost) {
  return {{"modelled_cycles", cost.cycles}, {"modelled_ms", cost.latency().count()}, {"modelled_uj", microjoules(cost.energy)}};
}

std::string layers_table(const QuantizedNetwork& network, bool explained) {
  std::vector<std::string> titles{">layer", "name", ">digital", ">analog", ">digital cycles", ">analog cycles", ">cycles", ">uJ"};
  if (explained) titles.insert(titles.end(), {"who waits, cycles", ">All-8bit cycles", ">All-8bit uJ", ">cycles %", ">uJ %"});
  Table table(titles);
  std::size_t number = 0;
  for (const ModelledLayer& layer : integers::modelled_layers(network)) {
    const diana::LayerCost base = all_digital(layer);
    std::vector<std::string> cells{std::to_string(number++),
                                   shorten(network.nodes[layer.node].name, 32),
                                   std::to_string(layer.digital),
                                   std::to_string(layer.analog),
                                   fmt::format("{:.1f}", layer.cost.digital_cycles),
                                   fmt::format("{:.1f}", layer.cost.analog_cycles),
                                   fmt::format("{:.1f}", layer.cost.cycles()),
                                   fmt::format("{:.4f}", microjoules(layer.cost.energy()))};
    if (explained)
      cells.insert(cells.end(), {waiting(layer), fmt::format("{:.1f}", base.cycles()), fmt::format("{:.4f}", microjoules(base.energy())),
                                 fmt::format("{:+.1f}", percent_over(layer.cost.cycles(), base.cycles())),
                                 fmt::format("{:+.1f}", percent_over(layer.cost.energy().value, base.energy().value))});
    table.add(std::move(cells));
  }
  return table.text();
}

std::string cost_text(const QuantizedNetwork& network) {
  const diana::NetworkCost cost = integers::modelled_cost(network);
  const diana::NetworkCost base = all_digital_cost(network);
  return fmt::format(
      "all layers: {:.1f} cycles, {:.4f} ms, {:.3f} uJ (modelled, not measured); All-8bit takes {:.1f} cycles ({:+.1f} %) and {:.3f} uJ "
      "({:+.1f} %)\n",
      cost.cycles, cost.latency().count(), microjoules(cost.energy), base.cycles, percent_over(base.cycles, cost.cycles), microjoules(base.energy),
      percent_over(base.energy.value, cost.energy.value));
}

Result<void> explain_mapped(const std::string& model, const std::string& plan, const std::string& board, bool json) {
  MOSAIC_TRY(const MappedModel mapped, open_mapped(model, plan, board));
  if (json) {
    Json out{{"board", mapped.board.name}, {"network", mapped.network.name}, {"costs", "modelled"}, {"layers", layers_json(mapped.network)}};
    out.update(cost_json(integers::modelled_cost(mapped.network)));
    out["all_8bit"] = cost_json(all_digital_cost(mapped.network));
    print_json(out);
    return {};
  }
  double waited = 0;
  std::size_t split = 0;
  for (const ModelledLayer& layer : integers::modelled_layers(mapped.network)) {
    waited += slack(layer);
    split += layer.digital > 0 && layer.analog > 0 ? 1 : 0;
  }
  print(
      fmt::format("{} on {}: output channels of each layer by array, both at the same time; cycles and energies are modelled by published cost "
                  "functions\n\n{}\n{}",
                  mapped.network.name, mapped.board.name, layers_table(mapped.network, true), cost_text(mapped.network)));
  print(fmt::format("{} layers are split; in these the faster array waits {:.1f} cycles in all for the slower one\n", split, waited));
  return {};
}

SplitFigures split_figures(const mapping::Mapping& mapping) {
  SplitFigures figures;
  std::size_t channels = 0;
  std::int64_t digital = 0;
  for (const mapping::LayerMapping& layer : mapping.layers) {
    channels += layer.channels.size();
    digital += layer.digital();
    figures.split_layers += layer.digital() > 0 && std::cmp_less(layer.digital(), layer.channels.size()) ? 1 : 0;
  }
  figures.digital_percent = 100 * static_cast<double>(digital) / static_cast<double>(channels);
  return figures;
}

std::string file_name(std::string mapping) {
  std::ranges::replace_if(mapping, [](char c) { return c == ' ' || c == '/'; }, '_');
  return mapping;
}

Result<void> write_plans(const SearchResult& result, const Board& board, const std::string& board_option, const std::string& objective,
                         const std::filesystem::path& folder) {
  for (const MappedNetwork& each : result.mapped) {
    const Plan::Sources sources{
        .model = (folder / (file_name(each.name) + ".integers.json")).string(), .board = board_option, .profile = {}, .calibration = {}};
    MOSAIC_TRY(const Plan plan, mapped_plan(each.network, board, sources, objective));
    MOSAIC_RETURN_IF_ERROR(write_plan(plan, folder / (file_name(each.name) + ".plan.json")));
  }
  return {};
}

}  // namespace mosaic::cli

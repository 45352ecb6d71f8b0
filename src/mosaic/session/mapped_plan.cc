#include "mosaic/session/mapped_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mosaic/accelerators/diana.h"
#include "mosaic/integers/modelled_cost.h"
#include "mosaic/integers/quantized_file.h"
#include "mosaic/plan/parts.h"

namespace mosaic {
namespace {

using integers::Accelerator;
using integers::ModelledLayer;
using integers::QuantizedNetwork;
using integers::Row;

constexpr std::string_view kDigital = "diana/digital";
constexpr std::string_view kAnalog = "diana/analog";

Microseconds time_of(double cycles) { return Microseconds(cycles * 1e6 / static_cast<double>(diana::kClock.value)); }

std::optional<ConfigurationId> find_array(const Board& board, std::string_view cost_function) {
  for (std::size_t c = 0; c < board.configurations.size(); ++c) {
    if (board.device_of(ConfigurationId(c)).cost_function == cost_function) return ConfigurationId(c);
  }
  return std::nullopt;
}

/// Whether the array runs as the cost functions say: they know one clock and one power.
Result<void> check_operating_point(const Board& board, ConfigurationId array, Watts power) {
  const OperatingPoint& point = board.point_of(array);
  if ((!point.clock || *point.clock == diana::kClock) && (!point.power || std::abs(point.power->value - power.value) < 1e-9)) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("configuration '{}' of board '{}' has another clock or power than the published cost functions, which are of {} MHz and "
                          "{:.5g} W: costs would not be this board's",
                          board.configuration(array).name, board.name, diana::kClock.value / 1'000'000, power.value));
}

/// The parts of one layer: each run of rows of one accelerator.
std::vector<Step> steps_of(const QuantizedNetwork& network, const ModelledLayer& layer, LayerId id, const Board& board, const Arrays& arrays) {
  const integers::Convolution& convolution = network.nodes[layer.node].convolution;
  const std::vector<Row>& rows = convolution.rows;
  std::vector<Step> steps;
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin;
    while (end < rows.size() && rows[end].accelerator == rows[begin].accelerator) ++end;
    const bool digital = rows[begin].accelerator == Accelerator::kDigital;
    Step step{.layers = {id},
              .channels = {},
              .configuration = board.configuration(digital ? arrays.digital : arrays.analog).name,
              .after = {},
              .predicted = {}};
    if (end - begin < rows.size())
      step.channels = Channels{.axis = 1, .begin = static_cast<std::int64_t>(begin), .end = static_cast<std::int64_t>(end)};
    if (convolution.contiguous())
      step.predicted = Step::Predicted{.execute = time_of(digital ? layer.cost.digital_cycles : layer.cost.analog_cycles), .energy = {}};
    steps.push_back(std::move(step));
    begin = end;
  }
  return steps;
}

Result<void> check_origin(const QuantizedNetwork& network, const Board& board, const Plan& plan) {
  if (const Fingerprint own = integers::fingerprint(network); !plan.graph.empty() && plan.graph != own) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the plan is for another network: '{}' ({:.8}), this is '{}' ({:.8}){}", plan.graph_name, plan.graph, network.name, own,
                            plan.sources.model.empty() ? "" : fmt::format("; it was made with {}", plan.sources.model)));
  }
  if (!plan.board.empty() && plan.board != board.fingerprint)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the plan is for board '{}' ({:.8}), this is '{}' ({:.8})", plan.board_name, plan.board, board.name, board.fingerprint));
  return {};
}

/// Whether a part's array computes what the network holds for it.
Result<void> check_part(const QuantizedNetwork& network, const Board& board, std::size_t node, const LayerPart& part) {
  const integers::QuantizedNode& layer = network.nodes[node];
  const Device& device = board.device_of(part.configuration);
  const bool analog = device.cost_function == kAnalog;
  if (!analog && device.cost_function != kDigital)
    return fail(ErrorCode::kUnsupported, fmt::format("step {}: device '{}' of board '{}' has no cost function for layers in integers",
                                                     part.step.value, device.name, board.name));
  if (analog && layer.convolution.groups > 1) {
    return fail(ErrorCode::kUnsupported, fmt::format("step {}: layer '{}' has {} groups, which the analog array cannot compute: put all {} channels "
                                                     "on the digital one",
                                                     part.step.value, layer.name, layer.convolution.groups, layer.convolution.out));
  }
  for (std::int64_t c = part.begin; c < part.end; ++c) {
    const bool ternary = layer.convolution.rows[static_cast<std::size_t>(c)].accelerator == Accelerator::kAnalog;
    if (ternary == analog) continue;
    return fail(ErrorCode::kInvalidInput,
                fmt::format("step {} puts channels {} to {} of layer '{}' on '{}', which computes with {} weights, but channel {} has {} ones: the "
                            "split of a network in integers is part of its weights, search for another one",
                            part.step.value, part.begin, part.end - 1, layer.name, device.name, analog ? "ternary" : "8-bit", c,
                            ternary ? "ternary" : "8-bit"));
  }
  return {};
}

}  // namespace

Result<Arrays> find_arrays(const Board& board) {
  const auto digital = find_array(board, kDigital);
  const auto analog = find_array(board, kAnalog);
  if (digital && analog) {
    MOSAIC_RETURN_IF_ERROR(check_operating_point(board, *digital, diana::kDigitalPower));
    MOSAIC_RETURN_IF_ERROR(check_operating_point(board, *analog, diana::kAnalogPower));
    return Arrays{.digital = *digital, .analog = *analog};
  }
  if (!digital && !analog) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("board '{}' has no accelerators that split a layer by published cost functions; 'diana' has", board.name));
  }
  const Device& only = board.device_of(digital ? *digital : *analog);
  return fail(
      ErrorCode::kUnsupported,
      fmt::format("board '{}' computes in one precision alone ({}, device '{}'): nothing is to be split. A device with cost_function {} would "
                  "be the other one; 'diana' has both",
                  board.name, only.precision.empty() ? "unnamed" : only.precision, only.name, digital ? kAnalog : kDigital));
}

Result<Plan> mapped_plan(const QuantizedNetwork& network, const Board& board, const Plan::Sources& sources, std::string_view objective) {
  MOSAIC_TRY(const Arrays arrays, find_arrays(board));
  Plan plan{.graph_name = network.name, .graph = integers::fingerprint(network), .variant = {}, .board_name = board.name, .board = board.fingerprint};
  plan.objective = objective;
  plan.sources = sources;
  const diana::NetworkCost cost = integers::modelled_cost(network);
  const Microseconds time = cost.latency();
  plan.prediction = Prediction{
      .expected = time, .low = time, .high = time, .energy = cost.energy, .energy_source = "modelled: the published cost functions of DIANA"};
  const std::vector<ModelledLayer> layers = integers::modelled_layers(network);
  std::vector<StepId> before;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    std::vector<StepId> own;
    for (Step& step : steps_of(network, layers[l], LayerId(l), board, arrays)) {
      step.after = before;
      own.emplace_back(plan.steps.size());
      plan.steps.push_back(std::move(step));
    }
    before = std::move(own);
  }
  return plan;
}

Result<void> validate_mapped(const QuantizedNetwork& network, const Board& board, const Plan& plan) {
  MOSAIC_TRY([[maybe_unused]] const Arrays arrays, find_arrays(board));
  MOSAIC_RETURN_IF_ERROR(check_origin(network, board, plan));
  const std::vector<ModelledLayer> layers = integers::modelled_layers(network);
  std::vector<DividedLayer> divided;
  for (const ModelledLayer& each : layers) divided.push_back({.name = network.nodes[each.node].name, .channels = each.shape.out_channels});
  MOSAIC_TRY(const auto parts, divide_layers(plan, board, divided));
  for (std::size_t l = 0; l < layers.size(); ++l) {
    for (const LayerPart& part : parts[l]) MOSAIC_RETURN_IF_ERROR(check_part(network, board, layers[l].node, part));
  }
  return {};
}

}  // namespace mosaic

#include "training/relaxed_cost.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace mosaic::training {
namespace {

/// A value and its derivative by the number of channels of one unit.
struct Dual {
  double value = 0;
  double slope = 0;
};

/// What a unit costs as soon as it has channels.
Dual gate(double channels) { return {.value = channels / (channels + 1), .slope = 1 / ((channels + 1) * (channels + 1))}; }

Dual digital_cycles(const ConvShape& layer, double channels) {
  constexpr double kArray = 16;
  const auto pixels = static_cast<double>(layer.out_x * layer.out_y);
  const double step =
      static_cast<double>(layer.in_channels * layer.out_y * layer.kernel_x * layer.kernel_y) * std::ceil(static_cast<double>(layer.out_x) / kArray);
  const Dual on = gate(channels);
  const double inputs = pixels * static_cast<double>(layer.in_channels) / 8;
  return {.value = std::ceil(channels / kArray) * step + pixels * channels / 8 + inputs * on.value,
          .slope = step / kArray + pixels / 8 + inputs * on.slope};
}

Dual analog_cycles(const ConvShape& layer, double channels) {
  constexpr double kColumns = 512;
  const auto whole = std::min(layer.out_channels, static_cast<std::int64_t>(std::ceil(channels)));
  // With all channels and with none the exact function says what loading weights and one pass over the pixels take.
  const auto load = static_cast<double>(8 * layer.in_channels * layer.kernel_x * layer.kernel_y);
  const double evaluations = whole > 0 ? diana::analog_cycles(layer, whole) - load : 0;
  const double passes = std::max(1.0, std::ceil(channels / kColumns));
  const Dual on = gate(channels);
  return {.value = evaluations + load * on.value, .slope = evaluations / passes / kColumns + load * on.slope};
}

}  // namespace

RelaxedCost relaxed_cost(const ConvShape& layer, double digital, diana::CostKind kind) {
  constexpr double kTemperature = 0.1;  // of the longer time
  const Dual by_digital = digital_cycles(layer, digital);
  Dual by_analog = analog_cycles(layer, static_cast<double>(layer.out_channels) - digital);
  by_analog.slope = -by_analog.slope;  // by digital channels
  const double temperature = kTemperature * std::max({by_digital.value, by_analog.value, 1e-9});
  const double weight = 1 / (1 + std::exp((by_analog.value - by_digital.value) / temperature));
  const double longer = weight * by_digital.value + (1 - weight) * by_analog.value;
  const double of_digital = weight * (1 + (by_digital.value - longer) / temperature);
  const double of_analog = (1 - weight) * (1 + (by_analog.value - longer) / temperature);
  const double slope = of_digital * by_digital.slope + of_analog * by_analog.slope;
  if (kind == diana::CostKind::kLatency) return {.cost = longer, .slope = slope};
  const double shorter = by_digital.value + by_analog.value - longer;
  const double shorter_slope = by_digital.slope + by_analog.slope - slope;
  const double digital_power = diana::kDigitalPower.value;
  const double analog_power = diana::kAnalogPower.value;
  const double shared = diana::kBothPower.value - digital_power - analog_power;
  const double seconds = 1 / static_cast<double>(diana::kClock.value);
  return {.cost = (digital_power * by_digital.value + analog_power * by_analog.value + shared * shorter) * seconds,
          .slope = (digital_power * by_digital.slope + analog_power * by_analog.slope + shared * shorter_slope) * seconds};
}

}  // namespace mosaic::training

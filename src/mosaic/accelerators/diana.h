#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mosaic/accelerators/conv_shape.h"
#include "mosaic/base/units.h"

namespace mosaic::diana {

/// The cost functions of the DIANA chip: a digital array of 16 x 16 elements that computes with 8-bit weights, and an analog in-memory array of 1152
/// x 512 cells with ternary weights. Both work on the same layer at the same time, each on its own output channels, with inputs and outputs in a
/// memory they share. Cycles are modelled, not measured, and need not be whole: an evaluation of the analog array is timed in nanoseconds.
/// Source: Risso et al., "Precision-aware Latency and Energy Balancing on Multi-Accelerator Platforms for DNN Inference" (ODiMO, ISLPED 2023),
/// as its authors' code has them (eml-eda/odimo, models/hw_models.py). Pure, reentrant.

inline constexpr Hertz kClock{260'000'000};
inline constexpr Watts kDigitalPower{24.96e-3};  ///< while the digital array alone works
inline constexpr Watts kAnalogPower{28.74e-3};   ///< while the analog array alone works
inline constexpr Watts kBothPower{42.39e-3};     ///< while both work

/// Cycles of the analog array for `channels` of the layer's output channels; 0 for none. Requires: one group, 0 <= channels <= out_channels.
[[nodiscard]] double analog_cycles(const ConvShape& layer, std::int64_t channels);

/// Cycles of the digital array likewise; groups divide the channels. Requires: 0 <= channels <= out_channels.
[[nodiscard]] double digital_cycles(const ConvShape& layer, std::int64_t channels);

enum class CostKind { kLatency, kEnergy };

/// What a layer takes where `digital` of its output channels are computed by the digital array and all others by the analog one.
struct LayerCost {
  double digital_cycles = 0;
  double analog_cycles = 0;

  [[nodiscard]] double cycles() const { return digital_cycles > analog_cycles ? digital_cycles : analog_cycles; }  ///< the slower one
  [[nodiscard]] Joules energy() const;
  [[nodiscard]] double of(CostKind kind) const { return kind == CostKind::kLatency ? cycles() : energy().value; }  ///< cycles or joules
};

/// Requires: 0 <= digital <= out_channels; digital == out_channels where the layer has groups, which the analog array cannot compute.
[[nodiscard]] LayerCost layer_cost(const ConvShape& layer, std::int64_t digital);

/// The sum over layers, one after the other.
struct NetworkCost {
  double cycles = 0;
  Joules energy;

  [[nodiscard]] Milliseconds latency() const { return Milliseconds(cycles * 1e3 / static_cast<double>(kClock.value)); }
  [[nodiscard]] double of(CostKind kind) const { return kind == CostKind::kLatency ? cycles : energy.value; }  ///< cycles or joules
};

/// Requires: a number of digital channels for each layer.
[[nodiscard]] NetworkCost network_cost(std::span<const ConvShape> layers, std::span<const std::int64_t> digital);

/// Digital channels of each layer that cost least, whatever becomes of accuracy; of those that cost the same, most digital ones. Exact: layers do not
/// depend on each other. Complexity: sum of output channels. Source: the baseline Min-Cost of the paper.
[[nodiscard]] std::vector<std::int64_t> min_cost(std::span<const ConvShape> layers, CostKind kind);

}  // namespace mosaic::diana

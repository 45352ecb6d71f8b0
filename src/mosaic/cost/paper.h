#pragma once

// The cost model of MOSAIC (Han, Hyun, Park, Park and Baek, "MOSAIC: Heterogeneity-, Communication-, and Constraint-Aware Model Slicing and Execution
// for Accurate and Efficient Inference", PACT 2019), section V, equation by equation. Pure functions of what a profiler measured.
//
// A cost is a time or an energy. In the paper's way of profiling every layer is run alone, so that its total includes bringing its inputs and taking
// its outputs; equations 1 and 2 say how much of the total that is, and the rest is the layer's execution.

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/cost/chain_costs.h"

namespace mosaic::paper {

/// The regression coefficients of one device at one clock: what handing a tensor over costs, by its size. Both zero for cores, for which the paper
/// found the cost insignificant (section V.B.1).
template <class Cost>
struct Communication {
  Cost alpha{};  ///< for each byte
  Cost beta{};   ///< for each tensor

  /// Equation 1, c_in = alpha T_in + beta.
  [[nodiscard]] constexpr Cost in(Bytes input) const { return at(input); }

  /// Equation 2, c_out = alpha T_out + beta.
  [[nodiscard]] constexpr Cost out(Bytes output) const { return at(output); }

 private:
  [[nodiscard]] constexpr Cost at(Bytes bytes) const {
    if constexpr (requires { alpha.value; }) {
      return Cost{alpha.value * static_cast<double>(bytes.value) + beta.value};
    } else {
      return alpha * static_cast<double>(bytes.value) + beta;
    }
  }
};

/// Alpha and beta by ordinary least squares over a micro-benchmark of tensors of various sizes (section V.B.1). Negative coefficients, which noise
/// may bring forth, become 0. Requires: two different sizes or more.
[[nodiscard]] Communication<Microseconds> fit_communication(std::span<const std::pair<Bytes, Microseconds>> samples);
[[nodiscard]] Communication<Joules> fit_communication(std::span<const std::pair<Bytes, Joules>> samples);

/// Equation 3, t = gamma / f + epsilon, of one layer on one device.
struct ClockResponse {
  double gamma = 0;  ///< microseconds times hertz
  Microseconds epsilon{};

  [[nodiscard]] Microseconds at(Hertz clock) const { return Microseconds(gamma / static_cast<double>(clock.value)) + epsilon; }
};

/// The coefficients from the totals at the highest and the lowest clock (section V.B.2). Where both clocks are one, gamma is 0.
[[nodiscard]] ClockResponse clock_response(Microseconds at_highest, Hertz highest, Microseconds at_lowest, Hertz lowest);

/// Equation 4, P = P_dynamic + P_static.
[[nodiscard]] constexpr Watts total_power(Watts dynamic, Watts static_power) { return dynamic + static_power; }

/// A clock and the voltage that goes with it.
struct ClockedAt {
  Hertz clock;
  Volts voltage;
};

/// Equation 5, P_dynamic(f) = V^2 f / (V_max^2 f_max) P_dynamic(f_max).
[[nodiscard]] constexpr Watts dynamic_power(Watts at_highest, const ClockedAt& highest, const ClockedAt& wanted) {
  const double ratio = static_cast<double>(wanted.clock.value) / static_cast<double>(highest.clock.value);
  const double voltage = wanted.voltage.value / highest.voltage.value;
  return {at_highest.value * voltage * voltage * ratio};
}

/// One layer, run alone on one device at one clock: everything it took, communication included.
struct Total {
  Microseconds time{};
  Watts power{};  ///< mean over that time, of the device with its static power
};

/// What section V.A has the profiler measure of one device: every layer at the highest and the lowest clock, nothing at those between.
struct DeviceProfile {
  std::vector<ClockedAt> clocks;                            ///< ascending; one, of clock 0, for a device that has none to choose
  std::vector<std::optional<Total>> highest;                ///< [layer]; none where the device cannot run it: an infinite cost
  std::vector<std::optional<Total>> lowest;                 ///< [layer]
  std::vector<Watts> static_power;                          ///< [clock], measured once for a device and not for each network
  std::vector<Communication<Microseconds>> communication;   ///< [clock]
  std::vector<Communication<Joules>> communication_energy;  ///< [clock]; the energy given to a transfer is regressed like its time
};

/// Sizes of what a layer takes in and hands out, as the profiler notes them.
struct LayerSizes {
  Bytes in;
  Bytes out;
};

/// What a layer, once its communication is taken off, costs at one clock: section V.B.2. A difference that falls below zero counts as 0.
struct Execution {
  Microseconds time{};
  Joules energy{};
};

/// Total time by equation 3, total power by equations 4 and 5, energy as their product; less equations 1 and 2. Nothing where it cannot run.
[[nodiscard]] std::optional<Execution> execution(const DeviceProfile& device, std::size_t clock, std::size_t layer, const LayerSizes& sizes);

/// One of the planner's devices: equations 6 and 7 make each clock of a device a device of its own.
struct Delta {
  std::size_t device = 0;
  std::size_t clock = 0;
};

/// Equation 6: each device at its highest clock.
[[nodiscard]] std::vector<Delta> performance_set(std::span<const DeviceProfile> devices);

/// Equation 7: each device at each of its clocks, ascending.
[[nodiscard]] std::vector<Delta> energy_set(std::span<const DeviceProfile> devices);

/// The tables behind equation 8: C(m, n, delta) is the sum of the layers' execution, c_in of the first, c_out of the last. The first slice pays for
/// the network's input, the last for its output. One place, no transfers between pairs; memory and limits are the caller's to fill in. Time in
/// picoseconds, energy in picojoules. Requires: as many sizes as every device has layers. Equation 9 is `algorithm1`, and `solve_chain`.
[[nodiscard]] ChainCosts time_costs(std::span<const DeviceProfile> devices, std::span<const Delta> deltas, std::span<const LayerSizes> sizes);
[[nodiscard]] ChainCosts energy_costs(std::span<const DeviceProfile> devices, std::span<const Delta> deltas, std::span<const LayerSizes> sizes);

}  // namespace mosaic::paper

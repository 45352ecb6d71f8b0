#include "hikey970_file.h"

#include <fmt/format.h>

namespace mosaic::evaluate {
namespace {

std::string format_operator(std::string_view op, const sim::Speed& speed) {
  return fmt::format("{}: {{gmacs: {:.4g}, gbytes: {:.4g}, weight_gbytes: {:.4g}, watts: {:.4g}}}", op, speed.gmacs, speed.gbytes,
                     speed.weight_gbytes, speed.power.value);
}

std::string format_device(std::string_view name, const sim::DeviceTruth& device) {
  std::string out = fmt::format("    - device: {}\n      operators:\n", name);
  for (const auto& [op, speed] : device.speeds) out += "        " + format_operator(op, speed) + "\n";
  out += fmt::format("      parallel_share: {:.4g}\n      memory_bound_share: {:.4g}\n", device.parallel_share, device.memory_bound_share);
  out += fmt::format("      layer_us: {:.4g}\n      enter_us: {:.4g}\n      enter_gbytes: {:.4g}\n", device.layer_us, device.enter_us,
                     device.enter_gbytes);
  out += fmt::format("      leave_us: {:.4g}\n      leave_gbytes: {:.4g}\n      fusion_share: {:.4g}\n", device.leave_us, device.leave_gbytes,
                     device.fusion_share);
  out += fmt::format("      hand_over_watts: {:.4g}\n      static_watts: {:.4g}\n", device.hand_over_power.value, device.static_power.value);
  const sim::Deviations& off = device.deviations;
  out += fmt::format("      deviations: {{clock_mean: {}, clock_point: {}, clock_layer: {}, power_mean: {}, power_layer: {}, hand_over: {}}}\n",
                     off.clock_mean, off.clock_point, off.clock_layer, off.power_mean, off.power_layer, off.hand_over);
  return out;
}

}  // namespace

const std::string_view kHikeyDevices =
    R"(# HiKey 970 (Kirin 970) as MOSAIC's paper evaluates it (Han et al., PACT 2019), simulated: nobody measured this file's board.
# Voltages and clocks are the paper's Table II, the NPU's limit its section III. The operators that the NPU lacks are inferred from Tables III and IV.
# How the simulation part came about: docs/hikey970.md. It is written by `mosaic_evaluate hikey970`; do not edit it by hand.
schema_version: 1
name: hikey970
devices:
  - name: big
    kind: cpu
    cores: [4, 5, 6, 7]
    operating_points:
      - {cores: 4, clock: 682 MHz, voltage: 0.7}
      - {cores: 4, clock: 1018 MHz, voltage: 0.8}
      - {cores: 4, clock: 1210 MHz, voltage: 0.8}
      - {cores: 4, clock: 1364 MHz, voltage: 0.8}
      - {cores: 4, clock: 1498 MHz, voltage: 0.9}
      - {cores: 4, clock: 1652 MHz, voltage: 0.9}
      - {cores: 4, clock: 1863 MHz, voltage: 0.9}
      - {cores: 4, clock: 2093 MHz, voltage: 1.0}
      - {cores: 4, clock: 2362 MHz, voltage: 1.1}
  - name: little
    kind: cpu
    cores: [0, 1, 2, 3]
    operating_points:
      - {cores: 4, clock: 509 MHz, voltage: 0.7}
      - {cores: 4, clock: 1018 MHz, voltage: 0.8}
      - {cores: 4, clock: 1210 MHz, voltage: 0.9}
      - {cores: 4, clock: 1402 MHz, voltage: 0.9}
      - {cores: 4, clock: 1556 MHz, voltage: 1.0}
      - {cores: 4, clock: 1690 MHz, voltage: 1.0}
      - {cores: 4, clock: 1844 MHz, voltage: 1.1}
  - name: gpu
    kind: gpu
    operating_points:
      - {clock: 104 MHz, voltage: 0.6}
      - {clock: 151 MHz, voltage: 0.7}
      - {clock: 237 MHz, voltage: 0.7}
      - {clock: 332 MHz, voltage: 0.7}
      - {clock: 415 MHz, voltage: 0.8}
      - {clock: 550 MHz, voltage: 0.8}
      - {clock: 667 MHz, voltage: 0.9}
      - {clock: 767 MHz, voltage: 1.0}
  - name: npu
    kind: npu
    slice_limit: 100 MB
    missing_operators: [Gemm, Pad, ReduceMean]
    operating_points:
      - {clock: 960 MHz}
)";

std::string format_hikey_truth(const sim::Truth& truth) {
  std::string out = fmt::format("simulation:\n  seed: {}\n  noise_percent: {}\n  power_noise_percent: {}\n  richness: {}\n", truth.seed,
                                truth.noise_percent, truth.power_noise_percent, truth.richness);
  out += fmt::format("  governor: {{period_ms: {}, up_threshold: {}}}\n  devices:\n", Milliseconds(truth.governor->period).count(),
                     truth.governor->up_threshold);
  for (std::size_t d = 0; d < kDevices.size(); ++d) out += format_device(kDevices.at(d), truth.devices[d]);
  return out + "  default_link: {us: 0, gbytes: 1000000}\n";  // all that crossing costs is in entering and leaving
}

}  // namespace mosaic::evaluate

#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "mosaic/backend/sim/truth.h"
#include "mosaic/base/error.h"

namespace mosaic::evaluate {

/// What the simulated HiKey 970 has from the RK3399Pro's tables (docs/hikey970.md): deviations from eq. 3 and 5, and the share of time that the clock
/// does not move.
struct Rk3399 {
  sim::Deviations deviations;
  double memory_bound = 0;
};

/// Of big, little, gpu and npu.
inline constexpr std::array<Rk3399, 4> kRk3399{{
    {{.clock_mean = -0.029, .clock_point = 0.022, .clock_layer = 0.039, .power_mean = 0.07, .power_layer = 0.037, .hand_over = 0.05}, 0.29},
    {{.clock_mean = -0.029, .clock_point = 0.015, .clock_layer = 0.026, .power_mean = 0.06, .power_layer = 0.035, .hand_over = 0.05}, 0.29},
    {{.clock_mean = -0.020, .clock_point = 0.010, .clock_layer = 0.026, .power_mean = 0.13, .power_layer = 0.041, .hand_over = 0.05}, 0.26},
    {{.hand_over = 0.05}, 0},
}};
constexpr double kNoisePercent = 1.4;

/// What the tables in `folder` say of these constants, in Markdown beside what was used. Layers' own rows, the GPU's at the host's highest clock.
/// Runs no estimator. Errors: those of reading.
[[nodiscard]] Result<std::string> rk3399_deviations(const std::filesystem::path& folder);

}  // namespace mosaic::evaluate

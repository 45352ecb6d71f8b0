#pragma once

#include <array>
#include <string>
#include <string_view>

#include "mosaic/backend/sim/truth.h"

namespace mosaic::evaluate {

/// The board's devices, in the order of its file.
constexpr std::array<std::string_view, 4> kDevices{"big", "little", "gpu", "npu"};

/// The device part of the board file: Table II, the NPU's limit, and what Tables III and IV say it lacks.
extern const std::string_view kHikeyDevices;

/// The simulation part.
[[nodiscard]] std::string format_hikey_truth(const sim::Truth& truth);

}  // namespace mosaic::evaluate

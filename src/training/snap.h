#pragma once

#include <vector>

#include "mosaic/accelerators/diana.h"
#include "mosaic/mapping/mapping.h"
#include "mosaic/network/network.h"

namespace mosaic::training {

/// How much each output channel of each convolution wants to be digital: 0 to 1, from training.
using Wishes = std::vector<std::vector<double>>;

/// Each channel on the accelerator that it wants more; layers of several groups digital.
[[nodiscard]] mapping::Mapping discretised(const network::Network& network, const Wishes& wishes);

/// The same with stray channels removed: of all mappings that keep at least 1 - `tolerance` of what channels want beyond a half, the one of least
/// exact cost, and of those the one that keeps most, with most digital channels. Cost is a staircase, so a few channels that want to be digital may
/// cost a whole step, and others become digital for nothing. Exact, by the dynamic programming of mapping/fronts.h. It costs no more than the
/// discretised mapping. Requires: a wish for each channel; 0 <= tolerance < 1.
[[nodiscard]] mapping::Mapping snapped(const network::Network& network, const Wishes& wishes, diana::CostKind kind, double tolerance = 0.05);

}  // namespace mosaic::training

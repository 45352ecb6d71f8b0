#pragma once

#include "mosaic/base/error.h"
#include "mosaic/mapping/sensitivity.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

/// What can be said of ternary weights without images: of each channel the squared error that ternary weights add to 8-bit ones, as a share of the
/// squares of all weights of its layer. It knows nothing of what the network is for: no accuracy follows from it. Zeros in layers of several groups.
/// Errors: as `plain_changes`.
[[nodiscard]] Result<Sensitivities> weight_errors(const network::Network& network);

}  // namespace mosaic::mapping

#pragma once

// Which format each tensor of a quantised network has. Serves this room alone; it is not installed.

#include <span>
#include <vector>

#include "mosaic/integers/calibrate.h"
#include "mosaic/integers/quantized_network.h"
#include "mosaic/network/network.h"

namespace mosaic::integers {

/// Formats of all nodes, as `quantize` says. Requires: a range for each node, 2 <= bits <= 8.
[[nodiscard]] std::vector<Format> choose_formats(const network::Network& network, std::span<const Range> ranges, int bits);

}  // namespace mosaic::integers

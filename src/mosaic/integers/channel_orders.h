#pragma once

// Which order the channels of each tensor may have. Serves this room alone; it is not installed.

#include <cstdint>
#include <vector>

#include "mosaic/integers/quantized_network.h"

namespace mosaic::integers {

/// New place -> old channel.
using Order = std::vector<std::int64_t>;

/// An order for each node's channels under which the network stays what it is, once rows and input channels follow (`permute`).
[[nodiscard]] std::vector<Order> choose_orders(const QuantizedNetwork& network);

/// Old channel -> new place.
[[nodiscard]] Order inverse(const Order& order);

}  // namespace mosaic::integers

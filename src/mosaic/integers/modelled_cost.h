#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mosaic/accelerators/conv_shape.h"
#include "mosaic/accelerators/diana.h"
#include "mosaic/integers/quantized_network.h"

namespace mosaic::integers {

/// What one layer takes on the DIANA chip by its published cost functions (accelerators/diana.h): modelled, not measured, and the same for every
/// image.
struct ModelledLayer {
  std::size_t node = 0;  ///< a convolution
  ConvShape shape;
  std::int64_t digital = 0;  ///< output channels
  std::int64_t analog = 0;
  diana::LayerCost cost;
};

/// All convolutions in the order of the nodes. What lies between them has no published cost. Pure.
[[nodiscard]] std::vector<ModelledLayer> modelled_layers(const QuantizedNetwork& network);

/// Their sum, one layer after the other.
[[nodiscard]] diana::NetworkCost modelled_cost(const QuantizedNetwork& network);

}  // namespace mosaic::integers

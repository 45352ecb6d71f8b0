#pragma once

#include "mosaic/base/error.h"
#include "mosaic/integers/quantized_network.h"

namespace mosaic::integers {

/// Whether this is a network that `Simulator`, `permute`, `to_model` and the cost functions take, whoever wrote it: nodes in order, extents that
/// follow from each other, as many weights, rows and multipliers as they want, each channel with one row, ternary weights in analog rows, integers
/// within their formats, sums within 32 bits. What `quantize` gives is valid where the float network was well formed. Errors: kInvalidInput, with the
/// node and the numbers.
[[nodiscard]] Result<void> validate(const QuantizedNetwork& network);

}  // namespace mosaic::integers

#pragma once

// The convolutions of the simulator. Serves this room alone; it is not installed.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mosaic/integers/simulate.h"

namespace mosaic::integers {

/// Weights as `convolve` takes them: each row padded with zeros to a multiple of what vectors hold.
[[nodiscard]] std::vector<std::int16_t> pad_weights(const Convolution& convolution);

/// Output of convolution `index` for these inputs. Requires: `weights` from `pad_weights`; inputs within 16 bits.
[[nodiscard]] std::vector<std::int32_t> convolve(const QuantizedNetwork& network, std::size_t index, std::span<const std::int16_t> weights,
                                                 std::span<const std::int32_t> in, const Converter& converter);

}  // namespace mosaic::integers

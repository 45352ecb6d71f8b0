#include "mosaic/integers/quantized_network.h"

#include <algorithm>

namespace mosaic::integers {

bool keeps_format(network::Kind kind) {
  using enum network::Kind;
  return kind == kMaxPool || kind == kSubsample || kind == kFlatten;
}

std::int64_t Convolution::digital() const {
  return std::ranges::count_if(rows, [](const Row& row) { return row.accelerator == Accelerator::kDigital; });
}

bool Convolution::contiguous() const { return std::ranges::is_sorted(rows, {}, &Row::accelerator); }

bool Convolution::ordered() const { return std::ranges::is_sorted(rows, {}, &Row::channel); }

}  // namespace mosaic::integers

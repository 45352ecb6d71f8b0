#include "mosaic/accelerators/darkside.h"

#include "mosaic/base/check.h"

namespace mosaic::darkside {
namespace {

std::int64_t pieces(std::int64_t amount, std::int64_t size) { return (amount + size - 1) / size; }

}  // namespace

double cluster_cycles(const ConvShape& layer) {
  MOSAIC_CHECK(layer.groups == 1);
  const std::int64_t window = layer.kernel_x * layer.kernel_y * layer.in_channels;
  const std::int64_t tile = 2 * window + pieces(layer.out_channels, 4) * (14 * pieces(window, 4) + 15);
  return static_cast<double>(pieces(layer.out_y, 2) * pieces(layer.out_x, 8) * tile);
}

double depthwise_cycles(const ConvShape& layer) {
  return static_cast<double>(pieces(layer.out_channels, 16) * (9 + 9 * layer.out_x + 4 * layer.out_x * layer.out_y));
}

}  // namespace mosaic::darkside

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/integers/quantized_network.h"

namespace mosaic::integers {

/// Rows of the analog array: a sum of more products is made of partial sums, each of as many whole input channels as fit.
inline constexpr std::int64_t kArrayRows = 1152;

/// What becomes of one partial sum of the analog array on its way back to integers: `node` is the convolution's place in the network.
/// The default, none, is the paper's arithmetic: sums are exact.
using Converter = std::function<std::int32_t(std::size_t node, std::int32_t sum)>;

/// Runs a quantised network on one image after the other, integer by integer as the arithmetic of quantized_network.h says. Immutable, thread-safe (a
/// converter may not be). Complexity: a few multiplications a cycle; memory: twice the weights.
class Simulator {
 public:
  /// Requires: a network as `quantize` or `permute` gives it.
  explicit Simulator(QuantizedNetwork network);

  /// The integers of every node, in the order of the nodes. A converter is called for the partial sums of analog rows: node after node, pixel row
  /// after pixel row, row after row, pixel after pixel, first input channels first. Errors: kInvalidInput: an image of another size, or
  /// with a number that is not finite.
  [[nodiscard]] Result<std::vector<std::vector<std::int32_t>>> run_all(std::span<const float> image, const Converter& converter = {}) const;

  /// The integers of the last node. Errors: as `run_all`.
  [[nodiscard]] Result<std::vector<std::int32_t>> run(std::span<const float> image, const Converter& converter = {}) const;

  /// What integers of the last node stand for: exact, their scale is a power of two where a convolution, sum, pool or concat is last.
  [[nodiscard]] std::vector<float> outputs(std::span<const std::int32_t> integers) const;

  [[nodiscard]] const QuantizedNetwork& network() const { return network_; }

 private:
  QuantizedNetwork network_;
  std::vector<std::vector<std::int16_t>> weights_;  ///< of each node: rows padded with zeros to a multiple of what vectors hold
};

}  // namespace mosaic::integers

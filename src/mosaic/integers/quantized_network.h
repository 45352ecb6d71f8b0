#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mosaic/integers/requantize.h"
#include "mosaic/network/network.h"

namespace mosaic::integers {

/// A network in the arithmetic of the DIANA chip: integers from the quantised image to the last layer. Values; thread-compatible.
///
///   image        q = saturate(round(x / scale)), rounded half to even, in double
///   convolution  sum = bias * 2^bias_shift + the products of weights and inputs, in int32; q = requantize(sum) by the row's multiplier
///   add          q = requantize(the sum of input * mantissa, by the shift that all multipliers share): one rounding for all inputs
///   concat       each input requantised by its multiplier (1 where it has the concat's scale already)
///   average pool the sum of the pixels that are there, requantised by the multiplier of its place; of a global pool there is one multiplier
///   max pool, subsample, flatten    the input's integers and format
///
/// `requantize` is defined in requantize.h; it saturates to the node's format, which is the ReLU too.
/// Source of the formats: Risso et al. (ODiMO, ISLPED 2023): 8-bit weights with a power-of-two scale for the digital array, ternary ones with a scale
/// for each channel for the analog array, activations of 7 bits on both, biases of 16 bits.

/// What the integers of a tensor mean: real value = integer * scale.
struct Format {
  double scale = 1;
  std::int32_t low = 0;  ///< [0, 127] where nothing is negative, [-64, 63] elsewhere; wider at the network's output
  std::int32_t high = 127;

  friend bool operator==(const Format&, const Format&) = default;
};

/// Whether a node gives the integers of its input as they are, with its format.
[[nodiscard]] bool keeps_format(network::Kind kind);

enum class Accelerator : std::uint8_t { kDigital, kAnalog };

/// What computes one output channel.
struct Row {
  std::int64_t channel = 0;  ///< of the output, which it gives
  Accelerator accelerator = Accelerator::kDigital;
  std::int16_t bias = 0;
  std::int32_t bias_shift = 0;  ///< 0 but where the bias would not fit into 16 bits
  Multiplier multiplier;

  friend bool operator==(const Row&, const Row&) = default;
};

/// Rows in the order in which the accelerators hold them. Each channel has one row.
struct Convolution {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t groups = 1;  ///< the group of a row is that of its channel; 1 where a row is analog
  std::vector<Row> rows;
  std::vector<std::int8_t> weights;  ///< [row, in / groups, kernel y, kernel x]; -1, 0 or 1 in analog rows

  [[nodiscard]] std::int64_t digital() const;  ///< rows
  /// Whether each accelerator holds one block of neighbouring rows, the digital one first.
  [[nodiscard]] bool contiguous() const;
  /// Whether rows lie in the order of the channels; else the results are put in order after the accelerators.
  [[nodiscard]] bool ordered() const;
};

struct QuantizedNode {
  std::string name;  ///< unique
  network::Kind kind = network::Kind::kInput;
  std::vector<std::size_t> inputs;  ///< earlier nodes
  network::Extent extent;
  Format format;
  network::Window window;
  std::array<std::int64_t, 2> zero_channels{0, 0};
  Convolution convolution;
  std::vector<Multiplier> multipliers;  ///< of an add or concat: one an input; of an average pool: [height, width]; of a global pool: one
};

/// As `network::Network`.
struct QuantizedNetwork {
  std::string name;
  std::vector<QuantizedNode> nodes;

  [[nodiscard]] const network::Extent& input() const { return nodes.front().extent; }
  [[nodiscard]] const network::Extent& output() const { return nodes.back().extent; }
};

}  // namespace mosaic::integers

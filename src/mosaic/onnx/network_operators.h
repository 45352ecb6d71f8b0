#pragma once

// A network's operators in an ONNX model that is being built.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mosaic/network/network.h"
#include "mosaic/onnx/builder.h"

namespace mosaic::onnx {

/// Names of values, by node.
struct NetworkValues {
  std::vector<std::string> raw;        ///< before the activation
  std::vector<std::string> out;        ///< what the node gives
  std::vector<std::string> positions;  ///< of maxima in the flattened input, by max pools where they were asked for; else empty
};

enum class MaxPositions : std::uint8_t { kLeftOut, kGiven };

/// Adds the model's input, "input", and the operators of the first `nodes` nodes. Values are [1, C, H, W].
[[nodiscard]] NetworkValues add_operators(Builder& net, const network::Network& network, std::size_t nodes,
                                          MaxPositions positions = MaxPositions::kLeftOut);

/// What a convolution computes with instead of its own filters.
struct OtherFilters {
  std::span<const float> weights;
  std::span<const float> bias;  ///< empty: none
};

/// The convolution `node` of `x` with other filters. `name`: of the constants.
[[nodiscard]] std::string add_convolution(Builder& net, const network::Node& node, const std::string& x, const std::string& name,
                                          const OtherFilters& filters);

/// A float constant.
std::string add_constant(Builder& net, const std::string& name, const Shape& shape, std::span<const float> values);

/// [1, C, H, W]
[[nodiscard]] Shape shape_of(const network::Extent& extent);

/// kernel_shape, strides and pads.
[[nodiscard]] Attributes window_attributes(const network::Window& window);

}  // namespace mosaic::onnx

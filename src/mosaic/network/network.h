#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"

namespace mosaic::network {

/// A trained network as the accelerators of a board see it: convolutions with their batch normalisation folded in and their activation attached, and
/// the few operators between them. One image, one input, one output; weights are floats. Values; thread-compatible.

/// What one image is at some place of the network.
struct Extent {
  std::int64_t channels = 1;
  std::int64_t height = 1;  ///< pixels
  std::int64_t width = 1;

  [[nodiscard]] std::int64_t size() const { return channels * height * width; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// Where a window goes. In y, then x; padding: top, left, bottom, right.
struct Window {
  std::array<std::int64_t, 2> kernel{1, 1};
  std::array<std::int64_t, 2> stride{1, 1};
  std::array<std::int64_t, 4> padding{0, 0, 0, 0};

  friend bool operator==(const Window&, const Window&) = default;
};

enum class Kind : std::uint8_t {
  kInput,        ///< node 0, and no other
  kConvolution,  ///< a linear layer is one of a single pixel
  kAdd,          ///< the sum of its inputs, all of one extent
  kConcat,       ///< its inputs' channels one after the other
  kMaxPool,
  kAveragePool,  ///< over the pixels that are there: padding does not count
  kGlobalPool,   ///< the mean of each channel
  kSubsample,    ///< every stride-th pixel from the first, with channels of zeros before and after (the shortcuts of CIFAR ResNets)
  kFlatten,      ///< [C, H, W] to [C * H * W, 1, 1]
};

/// What follows a convolution or a sum, and nothing else: behind a pool, say, it is a sum of one.
enum class Activation : std::uint8_t { kNone, kRelu, kRelu6 };

/// Weights and bias of a convolution.
struct Filters {
  std::int64_t in = 0;   ///< channels that come in
  std::int64_t out = 0;  ///< channels that go out
  std::int64_t groups = 1;
  std::vector<float> weights;  ///< [out, in / groups, kernel y, kernel x]
  std::vector<float> bias;     ///< [out]

  [[nodiscard]] bool depthwise() const { return groups > 1 && groups == in; }
};

struct Node {
  std::string name;  ///< unique
  Kind kind = Kind::kInput;
  std::vector<std::size_t> inputs;  ///< earlier nodes
  Extent extent;                    ///< of what it gives
  Activation activation = Activation::kNone;
  Window window;                                    ///< of convolutions, pools; the stride of a subsample
  Filters filters;                                  ///< of convolutions
  std::array<std::int64_t, 2> zero_channels{0, 0};  ///< of a subsample: before, after
};

/// Nodes in an order in which each follows its inputs; the first is the input, the last the output. A Softmax at the end is left out: what the
/// network gives are the logits of the classes, or the features.
struct Network {
  std::string name;
  std::vector<Node> nodes;

  [[nodiscard]] const Extent& input() const { return nodes.front().extent; }
  [[nodiscard]] const Extent& output() const { return nodes.back().extent; }
};

/// The nodes that are convolutions, in order: the layers that accelerators compute.
[[nodiscard]] std::vector<std::size_t> convolutions(const Network& network);

/// Whether nodes are in order, the first is the only input, and only convolutions and sums have activations. Errors: kInvalidInput, with the node.
[[nodiscard]] Result<void> validate(const Network& network);

/// Equal for networks of equal structure and equal weights, whatever they and their nodes are called.
[[nodiscard]] Fingerprint fingerprint(const Network& network);

}  // namespace mosaic::network

#include "mosaic/integers/convolve.h"

#include <algorithm>

#include "mosaic/network/window.h"

namespace mosaic::integers {
namespace {

constexpr std::int64_t kLanes = 16;  // products are summed in blocks of this many

std::int64_t padded(std::int64_t length) { return (length + kLanes - 1) / kLanes * kLanes; }

std::int64_t row_length(const Convolution& convolution) { return static_cast<std::int64_t>(convolution.weights.size() / convolution.rows.size()); }

/// Requires: `length` a multiple of kLanes for speed, any number for the result.
std::int32_t dot(const std::int16_t* a, const std::int16_t* b, std::int64_t length) {
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < length; ++i) sum += static_cast<std::int32_t>(a[i]) * static_cast<std::int32_t>(b[i]);
  return sum;
}

/// One convolution at work: patches of a row of output pixels side by side, then all weights against them.
class Worker {
 public:
  Worker(const QuantizedNetwork& network, std::size_t index, std::span<const std::int16_t> weights, std::span<const std::int32_t> in,
         const Converter& converter)
      : index_(index),
        node_(network.nodes[index]),
        convolution_(node_.convolution),
        from_(network.nodes[node_.inputs[0]].extent),
        weights_(weights),
        in_(in),
        converter_(converter),
        length_(row_length(convolution_)),
        stride_(padded(length_)),
        channels_(convolution_.in / convolution_.groups),
        patches_(static_cast<std::size_t>(node_.extent.width * stride_)),
        out_(static_cast<std::size_t>(node_.extent.size())) {
    const std::int64_t area = node_.window.kernel[0] * node_.window.kernel[1];
    partial_ = std::max<std::int64_t>(1, kArrayRows / area) * area;
  }

  std::vector<std::int32_t> work() {
    for (std::int64_t y = 0; y < node_.extent.height; ++y) {
      for (std::int64_t group = 0; group < convolution_.groups; ++group) {
        gather(group, y);
        multiply(group, y);
      }
    }
    return std::move(out_);
  }

 private:
  /// Fills the patches with the inputs of the output pixels of row `y`.
  void gather(std::int64_t group, std::int64_t y) {
    const network::Window& window = node_.window;
    std::ranges::fill(patches_, std::int16_t{0});
    std::int16_t* target = patches_.data();
    for (std::int64_t c = 0; c < channels_; ++c) {
      for (std::int64_t ky = 0; ky < window.kernel[0]; ++ky) {
        const std::int64_t in_y = y * window.stride[0] + ky - window.padding[0];
        const bool inside = in_y >= 0 && in_y < from_.height;
        const std::int32_t* const source = in_.data() + ((group * channels_ + c) * from_.height + (inside ? in_y : 0)) * from_.width;
        for (std::int64_t kx = 0; kx < window.kernel[1]; ++kx, ++target) {
          if (!inside) continue;
          const std::int64_t left = kx - window.padding[1];
          const network::Outputs columns = network::outputs_inside(node_.extent.width, window.stride[1], left, from_.width);
          for (std::int64_t x = columns.begin; x < columns.end; ++x)
            target[x * stride_] = static_cast<std::int16_t>(source[x * window.stride[1] + left]);
        }
      }
    }
  }

  void multiply(std::int64_t group, std::int64_t y) {
    const std::int64_t each = convolution_.out / convolution_.groups;
    // With one group rows come in any order; with several they may not be ordered either, but each belongs to its channel's group.
    const auto rows = static_cast<std::int64_t>(convolution_.rows.size());
    for (std::int64_t r = 0; r < rows; ++r) {
      const Row& row = convolution_.rows[static_cast<std::size_t>(r)];
      if (row.channel / each != group) continue;
      const std::int64_t bias = static_cast<std::int64_t>(row.bias) * (std::int64_t{1} << row.bias_shift);
      std::int32_t* const target = out_.data() + (row.channel * node_.extent.height + y) * node_.extent.width;
      const std::int16_t* const weights = weights_.data() + r * stride_;
      const bool converted = converter_ && row.accelerator == Accelerator::kAnalog;
      for (std::int64_t x = 0; x < node_.extent.width; ++x) {
        const std::int16_t* const patch = patches_.data() + x * stride_;
        const std::int64_t sum = converted ? converted_sum(weights, patch) : dot(weights, patch, stride_);
        target[x] = requantize(sum + bias, row.multiplier, node_.format.low, node_.format.high);
      }
    }
  }

  std::int64_t converted_sum(const std::int16_t* weights, const std::int16_t* patch) const {
    std::int64_t sum = 0;
    for (std::int64_t begin = 0; begin < length_; begin += partial_)
      sum += converter_(index_, dot(weights + begin, patch + begin, std::min(partial_, length_ - begin)));
    return sum;
  }

  std::size_t index_;
  const QuantizedNode& node_;
  const Convolution& convolution_;
  const network::Extent& from_;
  std::span<const std::int16_t> weights_;
  std::span<const std::int32_t> in_;
  const Converter& converter_;
  std::int64_t length_;    ///< products in a sum
  std::int64_t stride_;    ///< from one patch or row of weights to the next
  std::int64_t channels_;  ///< of a group's inputs
  std::int64_t partial_ = 0;
  std::vector<std::int16_t> patches_;
  std::vector<std::int32_t> out_;
};

}  // namespace

std::vector<std::int16_t> pad_weights(const Convolution& convolution) {
  const std::int64_t length = row_length(convolution);
  std::vector<std::int16_t> result(convolution.rows.size() * static_cast<std::size_t>(padded(length)));
  for (std::size_t r = 0; r < convolution.rows.size(); ++r) {
    const auto from = convolution.weights.begin() + static_cast<std::int64_t>(r) * length;
    std::copy_n(from, length, result.begin() + static_cast<std::int64_t>(r) * padded(length));
  }
  return result;
}

std::vector<std::int32_t> convolve(const QuantizedNetwork& network, std::size_t index, std::span<const std::int16_t> weights,
                                   std::span<const std::int32_t> in, const Converter& converter) {
  return Worker(network, index, weights, in, converter).work();
}

}  // namespace mosaic::integers

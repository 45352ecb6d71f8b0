#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/network/network.h"

namespace mosaic::mapping {

/// What the output error of a group of a convolution is made of: how the inputs of its output channels vary together, and with what the channels
/// should give. An input is one tap of the window in one input channel, in the order of the filters' weights; a sample is one output pixel of one
/// image. Means are taken out of all products: they are the bias's affair.
struct GroupMoments {
  std::size_t inputs = 0;
  std::vector<double> covariance;       ///< [inputs, inputs]
  std::vector<double> cross;            ///< [outputs, inputs]: of wanted outputs and inputs
  std::vector<double> input_mean;       ///< [inputs]
  std::vector<double> wanted_mean;      ///< [outputs]
  std::vector<double> wanted_variance;  ///< [outputs]

  [[nodiscard]] std::size_t outputs() const { return wanted_mean.size(); }
};

/// Moments of the groups of convolution `node`. Its inputs are those that it has in `there`, a network of the same nodes with other filters; it
/// should give what it gives in `wanted`, before its activation. Sums are kept in double and means taken out image by image, so that nothing cancels.
/// Requires: networks of the same nodes, a convolution, an image or more. Errors: kInvalidInput: an image of another shape or one that leads to
/// numbers that are not finite; kEngine. Time: for each image a run of both networks up to the node and as many multiplications as pixels times
/// inputs times inputs and outputs.
[[nodiscard]] Result<std::vector<GroupMoments>> second_moments(const network::Network& wanted, const network::Network& there, std::size_t node,
                                                               std::span<const Tensor> images);

/// The inputs of a group of this convolution.
[[nodiscard]] std::size_t inputs_of_group(const network::Node& node);

}  // namespace mosaic::mapping

#pragma once

#include <span>
#include <vector>

#include "mosaic/network/network.h"

namespace mosaic::network {

/// What each node gives for one image, in the order of the nodes, by direct loops in float32: the reference for models that are written from a
/// network, and what activations' ranges are found from.
///
///   convolution   bias + the products of weights and pixels, channel by channel, row by row of the window; then its activation
///   add           the sum of its inputs, in their order; then its activation
///   average pool  the mean over the window's pixels that lie in the image; a sum in double
///   global pool   the mean over all pixels; a sum in double
///   max pool      the largest of the window's pixels that lie in the image
///   subsample     pixel (y * stride, x * stride); channels of zeros before and after
///
/// Requires: a well-formed network; image.size() == network.input().size(); each window of a pool has a pixel in the image. Pure, reentrant.
/// Complexity: one multiplication after the other, a few 10^9 a second.
[[nodiscard]] std::vector<std::vector<float>> forward(const Network& network, std::span<const float> image);

}  // namespace mosaic::network

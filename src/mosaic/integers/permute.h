#pragma once

#include "mosaic/integers/quantized_network.h"

namespace mosaic::integers {

/// The same network with its channels in an order in which each accelerator holds one block of neighbouring rows of every convolution, the digital
/// one first. The order is folded into the neighbours: rows, biases and multipliers of a convolution move, and input channels of those that read it.
///
/// Tensors that meet in a sum, or that a depthwise convolution, pool or subsampling joins, must share one order. It is chosen by their layers'
/// splits, the most even split first: its digital channels come first, and within its parts those of the next layer. A layer whose own channels do
/// not lie in two blocks then keeps its rows in blocks and puts its results in order behind the accelerators (`Convolution::ordered` is false: a
/// Gather in ONNX, addresses on the chip). The image and the network's output keep their order, and so does what meets channels of zeros or a concat
/// in a sum.
///
/// Exact: every node gives the same integers as before, in its new order, and the last node in the old one; only the converter's partial sums
/// (converter.h) hold other channels. Pure. Complexity: linear in the weights.
[[nodiscard]] QuantizedNetwork permute(const QuantizedNetwork& network);

}  // namespace mosaic::integers

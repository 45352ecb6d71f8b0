#pragma once

#include "mosaic/integers/quantized_network.h"
#include "mosaic/onnx/model.h"

namespace mosaic::integers {

/// The network as a model of standard operators (opset 17) whose integers are the simulator's, every one: input "input" float32 [1, C, H, W], output
/// "output" float32 [1, C, H, W], or [1, C] where that is one pixel.
///
///   tensors       uint8, integers less the format's lowest one; what is wider, at the output, float64
///   convolution   for each accelerator ConvInteger with its int8 weights and Add of its bias, in int32; Mul, Round (half to even) and
///                 Clip in float64, which are exact (requantize.h); then a Concat of both, digital first, and where rows are not in the
///                 channels' order a Gather
///   the rest      sums in float64 or int32, then the same three; MaxPool, Slice, Pad, Concat, Reshape on uint8
///   output        the integers times their scale, exact in float32 because the scale is a power of two (see `quantize`)
///
/// Integers of 7 bits keep the sum of two products below 2^15, which engines on x86 without VNNI add in 16 bits; with activations of 8 bits
/// (`QuantizeOptions`) such sums saturate there, and the integers are the simulator's only on other processors.
///
/// Nodes are named by what they belong to: "layer/...", "layer.digital/...", "layer.analog/..."; '/' in a name of the network becomes '.'.
/// Requires: a network as `quantize` or `permute` gives it. Deterministic.
struct ExportOptions {
  bool every_tensor = false;  ///< also an output for each node, in their order, uint8 or float64 as above: to compare integer by integer
};
[[nodiscard]] onnx::Model to_model(const QuantizedNetwork& network, const ExportOptions& options = {});

}  // namespace mosaic::integers

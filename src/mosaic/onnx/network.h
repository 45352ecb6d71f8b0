#pragma once

#include <string>

#include "mosaic/base/error.h"
#include "mosaic/network/network.h"
#include "mosaic/onnx/model.h"
#include "mosaic/onnx/prepare.h"

namespace mosaic::onnx {

/// Reads a classifier or a stack of features of one image: Conv, Gemm and MatMul with constant weights, what `fold` brings into that form
/// (BatchNormalization, ReduceMean over an image, Identity, Dropout), sums with constants (a bias), Relu and Clip from 0 to 6, Add, Concat on
/// channels, MaxPool, AveragePool, GlobalAveragePool, Flatten, Reshape and Squeeze to a vector, Slice and Pad as the shortcuts of CIFAR ResNets have
/// them, Softmax at the end (left out). Errors: kUnsupported: the operator that does not fit, and why.
[[nodiscard]] Result<network::Network> read_network(const PreparedModel& prepared, const std::string& name);

/// The network as a float32 model of standard operators: input "input" [1, C, H, W]; output "output" [1, C, H, W], or [1, C] where it is one pixel.
[[nodiscard]] Model to_model(const network::Network& network);

}  // namespace mosaic::onnx

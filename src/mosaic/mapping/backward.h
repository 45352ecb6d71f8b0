#pragma once

// Gradients as operators of an ONNX model that is being built. Not installed.

#include <string>
#include <vector>

#include "mosaic/onnx/network_operators.h"

namespace mosaic::mapping {

/// Adds the operators that carry the gradient `of_output`, with respect to what the last node gives, back to every convolution. By node: the name of
/// the gradient with respect to its values before the activation; empty where no convolution lies behind it or it does not reach the output. The
/// gradient of an activation at its kinks is 0, that of equal maxima goes to the first of them. Requires: `values` of the whole network. A
/// convolution's input gets the transposed convolution of the gradient; sums and joined channels pass it on; of pools, maxima get what their windows
/// got, added up where windows overlap, and means spread it evenly; subsampling fills in zeros.
[[nodiscard]] std::vector<std::string> add_gradients(onnx::Builder& net, const network::Network& network, const onnx::NetworkValues& values,
                                                     const std::string& of_output);

}  // namespace mosaic::mapping

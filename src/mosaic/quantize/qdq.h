#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "mosaic/onnx/model.h"
#include "mosaic/quantize/calibrate.h"
#include "mosaic/quantize/sites.h"
#include "mosaic/quantize/weights.h"

namespace mosaic::quantize {

/// A linear site's weights and bias in integers-to-be.
struct Linear {
  QuantizedWeights weights;
  std::vector<float> bias;  ///< real; one a channel, or empty
};
using Linears = std::map<std::size_t, Linear>;  ///< by node

/// Weights of all linear sites. Requires: `scales` of all their inputs; 7 or 8 bits.
[[nodiscard]] Linears quantize_linears(const onnx::Model& model, const Scheme& scheme, const Scales& scales, int bits);

/// The folded model with every site between `QuantizeLinear` and `DequantizeLinear`:
///
///   x_uint8 -> DequantizeLinear -> x -.
///   w_int8  -> DequantizeLinear ------ Conv -> QuantizeLinear -> y_uint8 -> DequantizeLinear -> y
///   b_int32 -> DequantizeLinear -----'
///
/// Values keep their names, so nodes in float read `y` as before. Activations that sites replace are left out.
[[nodiscard]] onnx::Model write_qdq(const onnx::Model& model, const Scheme& scheme, const Scales& scales, const Linears& linears);

}  // namespace mosaic::quantize

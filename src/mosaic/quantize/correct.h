#pragma once

#include "mosaic/base/error.h"
#include "mosaic/onnx/model.h"
#include "mosaic/quantize/calibrate.h"
#include "mosaic/quantize/examples.h"
#include "mosaic/quantize/qdq.h"
#include "mosaic/quantize/sites.h"

namespace mosaic::quantize {

/// Takes from each bias what quantisation adds to its channel on average: rounding few weights and clipping inputs is not free of drift. A Conv or
/// Gemm without a bias gets one; a MatMul has no place for it.
///
/// Beside each linear node of the float model runs its twin, on the same input rounded to 8 bits and with the rounded weights; the channel's mean
/// difference over all examples and pixels is its error. As the input is the float network's, each layer corrects its own error alone, and one pass
/// over the examples is enough. Source: Nagel and others, Data-Free Quantization Through Weight Equalization and Bias Correction, 2019
/// (arXiv:1906.04721), section 4.2, with data and by layer. Errors: kCancelled; those of the engine.
[[nodiscard]] Result<void> correct_biases(const onnx::Model& model, const Scheme& scheme, const Scales& scales, const Examples& examples,
                                          const Open& open, const Watch& watch, Linears& linears);

}  // namespace mosaic::quantize

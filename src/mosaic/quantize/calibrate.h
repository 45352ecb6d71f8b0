#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/onnx/model.h"
#include "mosaic/quantize/examples.h"
#include "mosaic/quantize/histogram.h"
#include "mosaic/quantize/ranges.h"
#include "mosaic/quantize/sites.h"

namespace mosaic::quantize {

/// What the values of a network held while it computed a set of examples.
struct Calibration {
  std::map<std::string, Histogram> values;  ///< of all that is quantised
  std::size_t examples = 0;
  Fingerprint set;                ///< of the examples' inputs, in order, as they reached the model
  std::set<Fingerprint> members;  ///< of each
};

/// Runs the folded model in float on all examples, one after the other. Errors: kInvalidInput: there is no example, or one does not fit; kCancelled;
/// those of the engine.
[[nodiscard]] Result<Calibration> calibrate(const onnx::Model& model, const Scheme& scheme, const Examples& examples, const Open& open,
                                            const Watch& watch);

/// Scale and zero point of every quantised value.
using Scales = std::map<std::string, Affine>;

/// Chooses ranges, each inside the bounds of its activation, and lets ties hold where bounds allow it. Errors: those of `choose_range`, naming the
/// value; kInvalidInput for one that the calibration has not seen.
[[nodiscard]] Result<Scales> choose_scales(const onnx::Model& model, const Scheme& scheme, const Calibration& calibration,
                                           const RangeOptions& options);

}  // namespace mosaic::quantize

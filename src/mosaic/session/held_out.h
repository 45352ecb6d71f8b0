#pragma once

#include <cstddef>
#include <set>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/precision/evidence.h"
#include "mosaic/quantize/examples.h"

namespace mosaic {

/// Images to compare answers on: those that the calibration has not seen, each once, by what reaches the model, whatever their files are called.
struct HeldOut {
  quantize::Examples examples;
  Fingerprint set;               ///< of them, in order
  std::size_t calibrated = 0;    ///< left out: they are the calibration's
  std::size_t repeated = 0;      ///< left out: they came before
  precision::Evidence evidence;  ///< of the float network beside itself: how many images there are, labelled, and right
};

/// `calibration`: fingerprints of its examples. Errors: kInvalidInput: no image is left; those of visiting, of `Evidence::add` and of the runner;
/// kCancelled. Complexity: a run of each example.
[[nodiscard]] Result<HeldOut> hold_out(const quantize::Examples& examples, const std::set<Fingerprint>& calibration, quantize::Runner& float_network,
                                       const quantize::Watch& watch);

}  // namespace mosaic

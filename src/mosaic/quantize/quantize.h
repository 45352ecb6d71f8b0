#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/onnx/model.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/quantize/calibrate.h"
#include "mosaic/quantize/examples.h"
#include "mosaic/quantize/ranges.h"
#include "mosaic/quantize/sites.h"

namespace mosaic::quantize {

struct Options {
  RangeOptions ranges;
  int weight_bits = 8;            ///< or 7; see `exact_weight_bits`
  bool correct_bias = true;       ///< see `correct_biases`
  std::vector<std::string> keep;  ///< nodes that stay in float, by their name or by that of a value that they make
  std::string version;            ///< of the program, for the model's metadata
};

/// A model with integers inside, and how it came about.
struct Quantized {
  onnx::Model model;
  Scheme scheme;
  std::size_t examples = 0;  ///< that it was calibrated on
  Fingerprint set;           ///< of them
  std::set<Fingerprint> members;
};

/// The int8 variant of a float model for CPUs: activations uint8 with a scale for each tensor, weights int8 with one for each output channel, written
/// as standard operators (QuantizeLinear, DequantizeLinear around float ones) that engines fuse to integer ones. Deterministic: the same model,
/// examples and options give the same bytes where the engine gives the same floats. An example that comes twice counts once. The metadata
/// ("mosaic.quantization" and below it) have how ranges were chosen, the number of examples and their hash, bits of weights, what was kept in float
/// and the program's version. Errors: kInvalidInput: an unknown name in `keep` (with the closest one that there is), nothing to quantise, a quantised
/// model, no example, values that are NaN; kUnsupported: an old operator set; kCancelled; those of the engine.
[[nodiscard]] Result<Quantized> quantize(const onnx::PreparedModel& prepared, const Examples& examples, const Open& open, const Options& options,
                                         const Watch& watch = {});

/// Errors: those of `quantize` that show before an example is read.
[[nodiscard]] Result<void> check_options(const onnx::PreparedModel& prepared, const Options& options);

/// The first half of `quantize` alone: watches all that could be quantised. For those who quantise a model many times, keeping other nodes in float.
[[nodiscard]] Result<Calibration> calibrate_all(const onnx::PreparedModel& prepared, const Examples& examples, const Open& open,
                                                const Watch& watch = {});

/// The second half; `examples` are for the correction of biases. Requires: `calibration` is of the same model.
[[nodiscard]] Result<Quantized> quantize_calibrated(const onnx::PreparedModel& prepared, const Calibration& calibration, const Examples& examples,
                                                    const Open& open, const Options& options, const Watch& watch = {});

/// Biases of linear nodes, by what the nodes make in the folded model.
using Biases = std::map<std::string, std::vector<float>>;

/// The biases that `quantize_calibrated` gives the linear nodes where nothing is kept, found in one pass over the examples: each layer corrects its
/// own error alone, so those of a node nearly hold whichever others are kept in float: a value may have another scale where what ties it is kept.
/// None without `options.correct_bias`. Requires, errors: as there.
[[nodiscard]] Result<Biases> corrected_biases(const onnx::PreparedModel& prepared, const Calibration& calibration, const Examples& examples,
                                              const Open& open, const Options& options, const Watch& watch = {});

/// The second half with biases found before: needs neither examples nor engine. Requires: all of the same model.
[[nodiscard]] Result<Quantized> quantize_corrected(const onnx::PreparedModel& prepared, const Calibration& calibration, const Biases& biases,
                                                   const Options& options);

}  // namespace mosaic::quantize

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/units.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/quantize/quantize.h"
#include "mosaic/session/race.h"

namespace mosaic {

/// Loads models into sessions of ONNX Runtime as it comes, with `threads` threads.
[[nodiscard]] quantize::Open open_on_engine(int threads);

/// How an int8 variant does beside its float model.
struct QuantizationCheck {
  std::size_t images = 0;               ///< each once, by what reaches the model
  std::size_t repeated = 0;             ///< left out: they came before
  std::size_t seen = 0;                 ///< of those compared: the calibration saw them
  std::optional<std::size_t> agreeing;  ///< images with the same best class; none where the first output is no vector of scores
  std::size_t labelled = 0;             ///< images whose class is known ...
  std::size_t right_float = 0;          ///< ... and found, by the float model
  std::size_t right_int8 = 0;
  double sqnr_db = 0;  ///< 10 log10(sum of y^2 / sum of (y - y')^2) over the values of all outputs and images; infinite where all are equal,
                       ///< minus infinity where values are no numbers
  double cosine = 0;   ///< of the angle between an image's outputs, float and int8; mean over images

  int threads = 1;
  std::size_t runs = 0;       ///< timed, of each
  Microseconds float_time{};  ///< medians of single runs on one image
  Microseconds int8_time{};
  PairedRatio speedup;  ///< float / int8, paired and interleaved
};

struct CheckOptions {
  int threads = 1;
  std::set<Fingerprint> calibration;  ///< its examples'
  RaceOptions race;
  quantize::Watch watch;
};

/// Runs both files on all examples and compares what they say, then times them in turn on the first. Errors: kInvalidInput: no example, or one of
/// a class that the model does not have; kCancelled; those of the engine.
[[nodiscard]] Result<QuantizationCheck> check_quantized(const std::filesystem::path& float_model, const std::filesystem::path& int8_model,
                                                        const quantize::Examples& examples, const CheckOptions& options);

}  // namespace mosaic

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "mosaic/base/error.h"
#include "mosaic/base/units.h"
#include "mosaic/onnx/prepare.h"
#include "mosaic/quantize/quantize.h"
#include "mosaic/session/race.h"

namespace mosaic {

/// Loads models into sessions of ONNX Runtime as it comes, with `threads` threads.
[[nodiscard]] quantize::Open open_on_engine(int threads);

/// How an int8 variant does beside its float model.
struct QuantizationCheck {
  std::size_t images = 0;
  std::optional<std::size_t> agreeing;  ///< images with the same best class; none where the first output is no vector of scores
  std::size_t labelled = 0;             ///< images whose class is known ...
  std::size_t right_float = 0;          ///< ... and found, by the float model
  std::size_t right_int8 = 0;
  double sqnr_db = 0;  ///< 10 log10(sum of y^2 / sum of (y - y')^2) over the values of all outputs and images; infinite where all are equal
  double cosine = 0;   ///< of the angle between an image's outputs, float and int8; mean over images

  int threads = 1;
  Microseconds float_time{};  ///< medians of single runs on one image
  Microseconds int8_time{};
  PairedRatio speedup;  ///< float / int8, paired and interleaved
};

struct CheckOptions {
  int threads = 1;
  RaceOptions race;
  quantize::Watch watch;
};

/// Runs both files on all examples and compares what they say, then times them in turn on the first. Errors: kInvalidInput: no example; kCancelled;
/// those of the engine.
[[nodiscard]] Result<QuantizationCheck> check_quantized(const std::filesystem::path& float_model, const std::filesystem::path& int8_model,
                                                        const quantize::Examples& examples, const CheckOptions& options);

}  // namespace mosaic

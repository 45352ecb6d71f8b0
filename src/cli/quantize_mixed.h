#pragma once

#include <string>

#include "command.h"
#include "examples.h"
#include "mosaic/session/mixed_precision.h"
#include "output.h"

namespace mosaic::cli {

/// What 'mosaic quantize --max-accuracy-drop' is asked.
struct MixedRequest {
  std::string model;
  std::string output;
  std::string plan;  ///< file for a plan of the model that is written; empty: none
  ExampleOptions calibrate;
  ExampleOptions test;  ///< no paths: what the calibration leaves over
  MixedOptions options;
  bool json = false;
};

/// Chooses, writes and reports. Errors: those of `read_examples`, `choose_precision` and writing.
[[nodiscard]] Result<void> quantize_mixed(MixedRequest request, const onnx::PreparedModel& model, Progress& progress);

}  // namespace mosaic::cli

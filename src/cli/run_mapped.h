#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "command.h"
#include "mosaic/base/error.h"

namespace mosaic::cli {

/// What 'mosaic run' takes for a network in integers.
struct MappedRunOptions {
  std::string model;
  std::string plan;   ///< empty: the network's own split
  std::string board;  ///< empty: the plan's, else "diana"
  std::vector<std::string> inputs;
  std::string preprocess = "raw";
  std::string labels;
  std::string truth;
  std::size_t top = 5;
  std::string output;                  ///< folder for outputs; empty: none
  std::optional<double> analog_noise;  ///< also with the analog array's converter and this noise
  bool check = false;                  ///< compare every integer with ONNX Runtime's
  bool json = false;
};

/// Runs it image by image on the simulated board in the chip's arithmetic, and prints classes and each layer's modelled cycles and energy. Errors:
/// those of reading and of the plan; kCheckFailed where an integer differs from the engine's.
[[nodiscard]] Result<void> run_in_integers(const MappedRunOptions& options, const Context& context);

}  // namespace mosaic::cli

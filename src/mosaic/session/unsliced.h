#pragma once

#include <memory>
#include <vector>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/base/units.h"
#include "mosaic/session/workspace.h"

namespace mosaic {

/// Plain ONNX Runtime on the user's own file, outside of all that mosaic does to a model, fed and read in the order of the workspace's graph: what
/// results and times are compared with. Refers to the workspace. Thread-compatible.
class Unsliced {
 public:
  /// Errors: those of `ort::Reference`; kEngine where the file and the graph have other inputs or outputs.
  [[nodiscard]] static Result<Unsliced> open(const Workspace& workspace, const ort::Reference::Options& options = {.threads = 1, .spin = false});

  /// Inputs for all runs to come, borrowed until the next call. Errors: kInvalidInput.
  [[nodiscard]] Result<void> bind(const std::vector<Tensor>& inputs);

  /// Runs once on what is bound, at the clocks that the system would have it run at: those of plans that ran before are put back first. Errors:
  /// kEngine; kDevice for a clock.
  [[nodiscard]] Result<Nanoseconds> run();

  /// What the last run computed. Errors: kEngine.
  [[nodiscard]] Result<std::vector<Tensor>> outputs();

  /// All three. Errors: theirs.
  [[nodiscard]] Result<std::vector<Tensor>> outputs_of(const std::vector<Tensor>& inputs);

 private:
  Unsliced() = default;

  std::unique_ptr<ort::Reference> reference_;
  std::vector<std::size_t> inputs_;   // of the file: which of the graph's
  std::vector<std::size_t> outputs_;  // of the graph: which of the file's
};

/// How far outputs of a sliced model may lie from those of the unsliced one, relative to the range of the expected ones: 1e-4, or 2e-3 where a tensor
/// of the model is of a 16-bit floating-point type.
[[nodiscard]] double default_tolerance(const Graph& graph);

/// The largest difference over all outputs. Requires: as many of both.
[[nodiscard]] Difference compare_all(const std::vector<Tensor>& expected, const std::vector<Tensor>& actual);

}  // namespace mosaic

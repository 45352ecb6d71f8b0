#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/base/units.h"
#include "mosaic/onnx/model.h"

namespace mosaic::ort {

/// A session on the user's own file, as the engine takes it, outside of all that mosaic does to a model: the reference for results and times.
class Reference {
 public:
  struct Options {
    int threads = 1;  ///< 0: as many as the engine likes, pinned as it likes
    bool spin = true;
  };
  /// Errors: kInvalidInput where the engine refuses the file.
  [[nodiscard]] static Result<std::unique_ptr<Reference>> open(const std::filesystem::path& model, const Options& options);
  /// The same on a model in memory. Requires: less than 2 GiB.
  [[nodiscard]] static Result<std::unique_ptr<Reference>> open(const onnx::Model& model, const Options& options);

  Reference();
  virtual ~Reference();
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

  [[nodiscard]] virtual const std::vector<std::string>& inputs() const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& outputs() const = 0;

  /// Binds inputs (in the order of `inputs`, borrowed until the next call) for all runs to come. Errors: kInvalidInput.
  [[nodiscard]] virtual Result<void> bind(const std::vector<const Tensor*>& inputs) = 0;

  /// Runs once on what is bound. Errors: kEngine.
  [[nodiscard]] virtual Result<Nanoseconds> run() = 0;

  /// What the last run computed, in the order of `outputs`. Errors: kEngine.
  [[nodiscard]] virtual Result<std::vector<Tensor>> results() = 0;
};

}  // namespace mosaic::ort

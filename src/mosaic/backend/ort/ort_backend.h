#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"

namespace mosaic::ort {

/// The backend that runs steps on ONNX Runtime: on clusters of cores by its CPU provider, on other devices by the provider that their board names.
/// Neighbouring steps on the CPU are cut from the graph as the engine optimised it (docs/architecture.md says what that is worth).
/// Errors: kEngine where the library cannot be loaded.
[[nodiscard]] Result<std::unique_ptr<Backend>> make_backend();

/// Lets all sessions that run on exactly these cores, and whose threads may spin, share one pool of threads (the engine has one such pool for a
/// process). Slices on them then cost no waking of threads. Has an effect only before the first model is read. Errors: kEngine.
[[nodiscard]] Result<void> share_threads(const std::vector<int>& cores);

/// The execution providers of the loaded engine in the form that board files use, "CPU" first. Errors: kEngine.
[[nodiscard]] Result<std::vector<std::string>> list_providers();

/// Whether a provider runs a small network on this machine, and if not, why: kDevice or kUnsupported with the engine's words.
[[nodiscard]] Result<void> try_provider(const std::string& provider);

/// A session on the user's own file, as the engine takes it, outside of all that mosaic does to a model: the reference for results and times.
class Reference {
 public:
  struct Options {
    int threads = 1;  ///< 0: as many as the engine likes, pinned as it likes
    bool spin = true;
  };
  /// Errors: kInvalidInput where the engine refuses the file.
  [[nodiscard]] static Result<std::unique_ptr<Reference>> open(const std::filesystem::path& model, const Options& options);

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

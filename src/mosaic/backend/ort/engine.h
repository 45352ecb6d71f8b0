#pragma once

// ONNX Runtime, loaded at run time. Only files of this folder include this header; it is not installed.

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#ifdef __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif
#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>
#ifdef __GNUC__
#pragma GCC diagnostic pop
#endif

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"

namespace mosaic::ort {

/// The loaded library and its environment; one per process. Thread-safe.
class Engine {
 public:
  /// Loads the library on the first call: `MOSAIC_ORT_LIBRARY` if set, else the one installed beside the running program or the one of the build
  /// tree, else the system's. Errors: kEngine: there is none, it is no ONNX Runtime, or it is older than the API that mosaic uses.
  [[nodiscard]] static Result<Engine*> instance();

  /// Made on the first call. Throws Ort::Exception: call it inside `guarded`.
  [[nodiscard]] Ort::Env& env();

  /// Cores of the pool of threads that sessions share, the caller's first; empty if there is none.
  [[nodiscard]] std::vector<int> shared_cores() const;

  /// Asks for such a pool; too late once the environment is made.
  void share_threads(std::vector<int> cores);

  [[nodiscard]] const std::string& version() const { return version_; }
  [[nodiscard]] const std::string& build() const { return build_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  Engine(std::filesystem::path path, std::string version);
  [[nodiscard]] static Result<std::unique_ptr<Engine>> load();

  std::filesystem::path path_;
  std::string version_;
  std::string build_;
  mutable std::mutex mutex_;
  std::vector<int> shared_cores_;
  std::optional<Ort::Env> env_;
};

/// What the engine says went wrong, on one line, without the places in its sources.
[[nodiscard]] std::string tidy(std::string message);

/// Runs `action`, which may throw what ONNX Runtime throws, and turns that into an error of kind `code`; its own "not implemented" into kUnsupported.
template <class Action>
auto guarded(ErrorCode code, Action&& action) -> Result<decltype(action())> {
  try {
    if constexpr (std::is_void_v<decltype(action())>) {
      action();
      return {};
    } else {
      return action();
    }
  } catch (const Ort::Exception& error) {
    return fail(error.GetOrtErrorCode() == ORT_NOT_IMPLEMENTED ? ErrorCode::kUnsupported : code, tidy(error.what()));
  } catch (const std::exception& error) {
    return fail(code, error.what());
  }
}

/// Cores 1 and up of a list as the engine wants them: one entry a pool thread (the caller of a run is the first thread), processors counted from 1.
[[nodiscard]] std::string affinities(std::span<const int> cores);

/// Type of a value as mosaic sees it.
[[nodiscard]] ElementType from_ort(ONNXTensorElementDataType type);
[[nodiscard]] ONNXTensorElementDataType to_ort(ElementType type);

/// A copy of a tensor that the engine holds. Errors: kEngine for what is no tensor of numbers.
[[nodiscard]] Result<Tensor> copy_out(const Ort::Value& value);

/// A value over memory that stays the caller's.
[[nodiscard]] Ort::Value wrap(std::span<std::byte> memory, ElementType element, const Shape& shape);

}  // namespace mosaic::ort

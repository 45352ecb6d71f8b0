#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/hash.h"
#include "mosaic/base/tensor.h"
#include "mosaic/onnx/model.h"

namespace mosaic::quantize {

/// One run's inputs, in the order of the model's, and the right class where it is known.
struct Example {
  std::string name;
  std::vector<Tensor> inputs;
  std::optional<std::int64_t> label;
};

/// A set of examples that need not be in memory at once.
struct Examples {
  using Visit = std::function<Result<void>(const Example&)>;

  std::size_t about = 0;                            ///< how many there are; may be a guess, for progress alone
  std::function<Result<void>(const Visit&)> visit;  ///< shows each in order, the same at every call, until the first error
};

/// Of an example's inputs as they reach the model: copies under other names have the same.
[[nodiscard]] Fingerprint fingerprint(const Example& example);

/// Adds what that is of.
void hash_inputs(const Example& example, Hasher& hasher);

/// The same set, each example once, and without those that have these fingerprints. Complexity: a hash of each example at every visit.
[[nodiscard]] Examples without_repeats(Examples examples, std::set<Fingerprint> besides = {});

/// A model that an engine has loaded.
class Runner {
 public:
  Runner() = default;
  virtual ~Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Inputs and outputs in the order of the model's. Errors: kInvalidInput, kEngine.
  [[nodiscard]] virtual Result<std::vector<Tensor>> run(std::span<const Tensor> inputs) = 0;
};

/// Loads a model. Errors: kInvalidInput where the engine refuses it.
using Open = std::function<Result<std::unique_ptr<Runner>>(const onnx::Model&)>;

/// How long work is watched and ended.
struct Watch {
  std::stop_token stop = {};
  std::function<void(std::string_view what, double share)> progress = {};

  /// Errors: kCancelled once a stop was requested.
  [[nodiscard]] Result<void> at(std::string_view what, std::size_t done, std::size_t of) const {
    if (progress) progress(what, done >= of ? 1 : static_cast<double>(done) / static_cast<double>(of));  // `of` may be a guess
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while " + std::string(what));
    return {};
  }
};

}  // namespace mosaic::quantize

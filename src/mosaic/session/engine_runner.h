#pragma once

// Serves this room alone; not installed.

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "mosaic/backend/ort/reference.h"
#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/base/units.h"
#include "mosaic/quantize/examples.h"

namespace mosaic {

/// A session of ONNX Runtime that computes for the quantisation, and whose runs can be timed. Thread-compatible.
class EngineRunner final : public quantize::Runner {
 public:
  explicit EngineRunner(std::unique_ptr<ort::Reference> session) : session_(std::move(session)) {}

  [[nodiscard]] Result<std::vector<Tensor>> run(std::span<const Tensor> inputs) override {
    std::vector<const Tensor*> bound;
    for (const Tensor& input : inputs) bound.push_back(&input);
    MOSAIC_RETURN_IF_ERROR(session_->bind(bound));
    MOSAIC_RETURN_IF_ERROR(session_->run());
    return session_->results();
  }

  /// Runs once more on the inputs of the last `run`, which must still be there.
  [[nodiscard]] Result<Microseconds> time() {
    MOSAIC_TRY(const Nanoseconds time, session_->run());
    return Microseconds(time);
  }

 private:
  std::unique_ptr<ort::Reference> session_;
};

}  // namespace mosaic

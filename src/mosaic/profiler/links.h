#pragma once

// Measuring links. Used by the profiler alone; not installed.

#include <memory>
#include <stop_token>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/profile/profile.h"
#include "mosaic/runtime/executor.h"

namespace mosaic {

/// The micro-benchmark of all ordered pairs of devices, the caller included.
class LinkBenchmark {
 public:
  /// Between these devices, by index. One that cannot run the benchmark's one operator, a convolution, takes no part. Errors: the backends'.
  [[nodiscard]] static Result<std::unique_ptr<LinkBenchmark>> create(const Board& board, const Backends& backends,
                                                                     const std::vector<std::size_t>& devices);

  /// One sample for each point of `links`, in their order. Errors: kCancelled, kDevice, kEngine.
  [[nodiscard]] Result<std::vector<double>> round(const std::stop_token& stop);

  /// All pairs and sizes, without samples.
  [[nodiscard]] const std::vector<LinkSamples>& links() const { return links_; }

 private:
  /// Two layers with a tensor of this size between them, on all pairs of devices.
  struct Size {
    Bytes bytes;
    Tensor input;
    std::vector<std::vector<std::unique_ptr<Executor>>> pairs;  // [from][to]; the same device: two slices on it
    std::vector<std::unique_ptr<Executor>> direct;              // both layers as one slice, called as a user calls
  };

  Result<void> add_size(const Board& board, const Backends& backends, std::int64_t width);

  std::vector<std::size_t> devices_;  // indices into the board's
  std::vector<Size> sizes_;
  std::vector<LinkSamples> links_;
};

}  // namespace mosaic

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"
#include "mosaic/profile/profile.h"

namespace mosaic {

struct ProfilerOptions {
  std::size_t rounds = 20;    ///< repetitions of everything
  std::uint64_t seed = 1;     ///< of the random inputs
  double noisy_percent = 20;  ///< a configuration is reported as noisy above this spread of its whole-model time
  Bytes memory{};             ///< most memory for copies of the weights; 0: a quarter of what is free
  std::function<void(std::string_view what, double share)> progress;  ///< called now and then; share of the work done, 0 to 1
};

/// Measures a model on every configuration of a board, round by round, so that a caller can save, show and stop between rounds.
///
/// Method. What is timed is what will run: slices, executed by the executor, between their neighbours. For each configuration the whole model is run
/// as a chain of slices of 1, 2, 4 and 8 layers, each size but the first with its borders at two offsets; a layer is in up to seven differently cut
/// slices. The times of overlapping slices determine by least squares what a layer costs inside a slice and what entering a slice costs (cost/fit.h).
/// Timing each layer in a session of its own would charge it with layout changes and lost fusions: on eight networks such sums were 1.0 to 2.4 times
/// the whole. The whole model as one slice is measured too, as a check on the sum of its layers, and never used to correct it. Each run is timed
/// after an untimed one, all are interleaved within a round, and rounds alternate in direction, so that drift of the machine meets all alike. Threads
/// are pinned.
///
/// Links: a model of two layers is run with both on device A, both on B, and one on each, for several sizes of the tensor between; what the mixed run
/// takes longer than its two halves is the link.
///
/// Thread-compatible.
class Profiler {
 public:
  /// Compiles everything that will be measured. `resume`: an unfinished profile to go on from; ignored unless it is of the same model, board,
  /// machine, engine and method. Errors: kUnsupported: a layer that no device can run, with its operators; the backends' own.
  [[nodiscard]] static Result<std::unique_ptr<Profiler>> create(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board,
                                                                const Backends& backends, ProfilerOptions options = {},
                                                                const Profile* resume = nullptr);
  ~Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  [[nodiscard]] bool done() const;

  /// Measures everything once more. An interrupted round leaves no trace. Errors: kCancelled; kDevice, kEngine.
  [[nodiscard]] Result<void> round(const std::stop_token& stop = {});

  /// What has been measured so far; complete when `done`.
  [[nodiscard]] Profile profile() const;

 private:
  class Impl;
  explicit Profiler(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mosaic

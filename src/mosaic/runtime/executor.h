#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "mosaic/backend/backend.h"
#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/plan/validate.h"
#include "mosaic/runtime/report.h"

namespace mosaic {

struct ExecutorOptions {
  /// Let the calling thread run the steps itself where it may: the plan is a chain, and the caller is confined to the cores of every device that has
  /// cores. Spares the hand-over to a worker and back.
  bool inline_steps = true;

  /// How long an idle worker, or a caller that waits, looks out for work or result by spinning before it sleeps.
  Nanoseconds spin{50'000};

  /// More than this plan needs its cores: idle threads of the engine do not spin between runs.
  bool shares_cores = false;

  /// Called with every tensor that a step hands to another one through host memory, after the step and before its users: to look at it, or to see
  /// what an error there leads to. Must be thread-safe for plans that are no chains.
  std::function<void(StepId step, const Port& port, std::span<std::byte> bytes)> at_boundary;
};

struct RunOptions {
  /// Steps that have not started by then are not started, one in progress is stopped; the run ends with kDeadline.
  std::optional<std::chrono::steady_clock::time_point> deadline;

  /// Ends the run soon after a stop is requested, with kCancelled.
  std::stop_token stop;
};

/// Runs a valid plan, whatever made it: steps are compiled once, memory is allocated once, and a step starts as soon as what it comes after has
/// ended, on the worker thread of its device (pinned to the device's first core) or on the caller's. Thread-safe: concurrent callers each get buffers
/// of their own, which are kept for the next run; steps of different requests overlap on different devices. The destructor waits for
/// runs in progress.
class Executor {
 public:
  /// Errors: an operator or provider that a device lacks, memory, the engine's own. Only the backends are needed afterwards, and kept.
  [[nodiscard]] static Result<std::unique_ptr<Executor>> create(const onnx::PreparedModel& prepared, const Graph& graph, const Board& board,
                                                                const ValidPlan& plan, const Backends& backends, const ExecutorOptions& options = {});
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Inputs and outputs in the order of the graph's. Tensors are read and written in place, without a copy; an output that is empty or of another
  /// shape is allocated, one that fits is reused. Blocks. Errors: kInvalidInput for an input of the wrong type or shape; kDeadline; kCancelled;
  /// whatever a step failed with, after the name of the step.
  [[nodiscard]] Result<RunReport> run(const std::vector<const Tensor*>& inputs, std::vector<Tensor>& outputs, const RunOptions& options = {});

 private:
  class Impl;
  explicit Executor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mosaic

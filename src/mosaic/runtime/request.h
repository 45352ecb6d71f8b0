#pragma once

// One caller's memory and state while a program runs. Used by the executor alone; not installed.

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "mosaic/base/tensor.h"
#include "mosaic/runtime/program.h"
#include "mosaic/runtime/report.h"

namespace mosaic {

/// Buffers and invocations of all steps, made once and used again. The executor sees to it that one run at a time uses it; within a run, steps that
/// do not depend on each other may touch it from different threads.
class Request {
 public:
  /// Errors: kDevice, kEngine where memory cannot be had.
  [[nodiscard]] static Result<std::unique_ptr<Request>> create(const Program& program);

  /// Connects the caller's tensors for the next run; those that are where they were last time cost nothing. Allocates outputs that do not fit.
  [[nodiscard]] Result<void> bind(const std::vector<const Tensor*>& inputs, std::vector<Tensor>& outputs);

  /// Resets what a run left behind.
  void start();

  /// Runs one step, or skips it if the run has failed or was stopped, and notes its times. `virtual_time`: the backend's clock counts, not the
  /// wall's. True if the step ran to its end.
  bool execute(std::size_t step, bool virtual_time);

  /// Calls `visit(port, bytes)` for each tensor in shared host memory that the step has made.
  template <class Visit>
  void visit_boundaries(std::size_t step, const Visit& visit) {
    for (const Wire& wire : program_.wires) {
      if (wire.from && wire.from->step == step && wire.slot && !wire.to.empty())
        visit(program_.steps[step]->outputs()[wire.from->port], buffers_[*wire.slot]->host());
    }
  }

  /// Counts down what waits for `step` and calls `ready` for each step that may start now. True for the last step of the run.
  template <class Ready>
  bool finish(std::size_t step, const Ready& ready) {
    for (const std::size_t next : users_[step]) {
      if (waiting_[next].fetch_sub(1, std::memory_order_acq_rel) == 1) ready(next);
    }
    return unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

  /// Makes the steps in progress end soon and those to come be skipped. The first reason stays. Thread-safe.
  void stop(Error reason);

  /// What went wrong, or the times; copies outputs that could not be written in place. Requires: the run has ended.
  [[nodiscard]] Result<RunReport> collect(std::vector<Tensor>& outputs, bool virtual_time);

  [[nodiscard]] const std::vector<std::size_t>& first_steps() const { return first_steps_; }

 private:
  explicit Request(const Program& program);

  Result<void> bind_input(std::size_t index, const Tensor& tensor);
  Result<void> bind_output(std::size_t index, const Wire& wire, Tensor& tensor);

  const Program& program_;
  std::vector<std::unique_ptr<Invocation>> invocations_;  // by step
  std::vector<std::unique_ptr<Buffer>> buffers_;          // shared slots first, then those of devices
  std::vector<const void*> bound_inputs_;                 // where the model's inputs and outputs were last time
  std::vector<const void*> bound_outputs_;
  std::vector<std::vector<std::size_t>> users_;  // by step: those that wait for it
  std::vector<std::size_t> first_steps_;

  std::vector<std::atomic<std::size_t>> waiting_;  // by step: how many it still waits for
  std::atomic<std::size_t> unfinished_ = 0;
  std::vector<StepTimes> times_;
  std::chrono::steady_clock::time_point started_;
  std::atomic<bool> stopped_ = false;
  std::mutex error_mutex_;
  std::optional<Error> error_;
};

}  // namespace mosaic

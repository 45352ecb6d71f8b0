#pragma once

// Used by the meters alone; not installed.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "mosaic/base/error.h"
#include "mosaic/power/timekeeper.h"

namespace mosaic {

/// Calls something at the beginning of a window, every period, and at its end. Thread-compatible; what is called is never called twice at once.
class Sampler {
 public:
  /// Is given the time at which it is called.
  using Sample = std::function<Result<void>(Nanoseconds now)>;

  Sampler(std::shared_ptr<Timekeeper> time, Nanoseconds period, Sample sample)
      : time_(std::move(time)), period_(period), sample_(std::move(sample)) {}

  /// Errors: what the first call failed with.
  [[nodiscard]] Result<void> start();

  /// Errors: the first that any call failed with, and how far into the window that was. Requires: started.
  [[nodiscard]] Result<void> stop();

 private:
  void loop(const std::stop_token& stop);
  void take();

  const std::shared_ptr<Timekeeper> time_;
  const Nanoseconds period_;
  const Sample sample_;
  Nanoseconds begin_{};
  std::optional<Error> error_;  // the thread's while it runs
  std::jthread thread_;         // last: it is joined before the rest goes
};

}  // namespace mosaic

#include "mosaic/power/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mosaic {

Result<void> Sampler::start() {
  thread_ = {};  // ends a window that was not
  error_.reset();
  begin_ = time_->now();
  MOSAIC_RETURN_IF_ERROR(sample_(begin_));
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
  return {};
}

Result<void> Sampler::stop() {
  thread_ = {};  // requests a stop and joins
  take();
  return error_ ? Result<void>(std::unexpected(*std::exchange(error_, std::nullopt))) : Result<void>();
}

void Sampler::loop(const std::stop_token& stop) {
  for (Nanoseconds next = begin_ + period_; !stop.stop_requested(); next = std::max(next + period_, time_->now())) {
    time_->sleep_until(next, stop);
    if (!stop.stop_requested()) take();
  }
}

void Sampler::take() {
  if (error_) return;
  const Nanoseconds now = time_->now();
  if (const auto taken = sample_(now); !taken) {
    error_ = taken.error();
    error_->message += fmt::format(" ({:.3g} s after the window began)", std::chrono::duration<double>(now - begin_).count());
  }
}

}  // namespace mosaic

#pragma once

// A time that passes when a test says so.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "mosaic/power/timekeeper.h"

namespace mosaic::test {

/// The thread that made it is the one for which time passes: its sleep, or `advance`, lets time run on to the moment, waking a sampling thread for
/// each of its moments on the way and waiting until it sleeps again. So what is sampled does not depend on how fast threads are.
class ManualTime final : public Timekeeper {
 public:
  Nanoseconds now() override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  Nanoseconds unix_time() override { return now() + kEpoch; }

  void sleep_until(Nanoseconds until, const std::stop_token& stop) override {
    if (std::this_thread::get_id() == owner_) {
      advance_to(until);
      return;
    }
    std::unique_lock lock(mutex_);
    asleep_until_ = until;
    changed_.notify_all();
    changed_.wait(lock, stop, [&] { return now_ >= until; });
    asleep_until_.reset();
    changed_.notify_all();
  }

  void advance(Nanoseconds by) { advance_to(now() + by); }

  /// Is called with the time whenever it is about to pass on: to change what sensors show. Until then nothing but this thread runs.
  std::function<void(Nanoseconds now)> on_tick;
  /// Whether a thread samples, which has to be waited for.
  bool sampled = true;

  static constexpr Nanoseconds kEpoch = std::chrono::seconds(1'700'000'000);

 private:
  void advance_to(Nanoseconds until) {
    std::unique_lock lock(mutex_);
    while (now_ < until) {
      if (sampled) changed_.wait(lock, [this] { return asleep_until_ && *asleep_until_ > now_; });
      now_ = sampled ? std::min(until, *asleep_until_) : until;
      if (on_tick) on_tick(now_);
      changed_.notify_all();
    }
    if (sampled) changed_.wait(lock, [this] { return asleep_until_ && *asleep_until_ > now_; });
  }

  const std::thread::id owner_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Nanoseconds now_{};
  std::optional<Nanoseconds> asleep_until_;
};

}  // namespace mosaic::test

#pragma once

// A device's thread. Used by the executor alone; not installed.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "mosaic/base/units.h"

namespace mosaic {

/// A thread that runs tasks in the order they were posted, pinned to a processor if one is given. After a task it looks out for the next by spinning
/// for a while before it sleeps: waking a sleeping thread costs more than a hand-over should. Thread-safe. The destructor runs what was posted, then
/// joins.
class Worker {
 public:
  using Task = std::function<void()>;

  Worker(std::vector<int> cores, Nanoseconds spin);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Does not block beyond a short lock.
  void post(Task task);

 private:
  void loop();
  void spin_for_task() const;

  const std::vector<int> cores_;
  const Nanoseconds spin_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  std::atomic<std::size_t> posted_ = 0;  // tasks in the queue
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

/// Tells the processor that this thread waits in a loop.
inline void pause_processor() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elifdef __aarch64__
  asm volatile("yield");
#endif
}

}  // namespace mosaic

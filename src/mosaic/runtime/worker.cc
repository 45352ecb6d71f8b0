#include "mosaic/runtime/worker.h"

#include <chrono>
#include <utility>

#include "mosaic/base/affinity.h"

namespace mosaic {

Worker::Worker(std::vector<int> cores, Nanoseconds spin) : cores_(std::move(cores)), spin_(spin), thread_([this] { loop(); }) {}

Worker::~Worker() {
  {
    const std::scoped_lock lock(mutex_);
    stop_.store(true);
  }
  wake_.notify_one();
  thread_.join();
}

void Worker::post(Task task) {
  {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.fetch_add(1, std::memory_order_release);
  }
  wake_.notify_one();
}

void Worker::spin_for_task() const {
  const auto end = std::chrono::steady_clock::now() + spin_;
  while (posted_.load(std::memory_order_acquire) == 0 && !stop_.load(std::memory_order_relaxed) && std::chrono::steady_clock::now() < end) {
    pause_processor();
  }
}

void Worker::loop() {
  if (!cores_.empty()) pin_thread(cores_);
  while (true) {
    spin_for_task();
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !tasks_.empty() || stop_.load(); });
    if (tasks_.empty()) return;
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    posted_.fetch_sub(1, std::memory_order_relaxed);
    lock.unlock();
    task();
  }
}

}  // namespace mosaic

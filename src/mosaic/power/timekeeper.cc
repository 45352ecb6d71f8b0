#include "mosaic/power/timekeeper.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace mosaic {
namespace {

class RealTime final : public Timekeeper {
 public:
  Nanoseconds now() override { return std::chrono::steady_clock::now().time_since_epoch(); }
  Nanoseconds unix_time() override { return std::chrono::system_clock::now().time_since_epoch(); }

  void sleep_until(Nanoseconds until, const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_until(lock, stop, std::chrono::steady_clock::time_point(until), [] { return false; });
  }
};

}  // namespace

std::shared_ptr<Timekeeper> real_time() { return std::make_shared<RealTime>(); }

}  // namespace mosaic

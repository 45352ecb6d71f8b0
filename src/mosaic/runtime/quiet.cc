#include "mosaic/runtime/quiet.h"

#include <chrono>
#include <ctime>
#include <thread>

namespace mosaic {
namespace {

std::chrono::nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

void wait_until_quiet() {
  constexpr std::chrono::microseconds kGlance{2000};
  constexpr int kMostGlances = 125;
  for (int i = 0; i < kMostGlances; ++i) {
    const auto before = processor_time();
    std::this_thread::sleep_for(kGlance);
    if (processor_time() - before < kGlance / 10) return;
  }
}

}  // namespace mosaic

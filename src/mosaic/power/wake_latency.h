#pragma once

#include <chrono>

#include "mosaic/base/error.h"
#include "mosaic/power/sysfs.h"

namespace mosaic {

/// Keeps all processors of the machine, while it lives, out of idle states that take longer to leave than so long: what a request waits for a
/// processor that sleeps is then bounded, and idle processors take more power. The kernel ends it with the process, however that ends. Source: Linux,
/// Documentation/power/pm_qos_interface.rst, /dev/cpu_dma_latency. Thread-compatible.
class WakeLatency {
 public:
  /// 0: idle processors spin. Errors: kInvalidInput: negative, or more than 2,147 s; kDevice: what the system refuses, with the way out where a right
  /// is missing.
  [[nodiscard]] static Result<WakeLatency> hold(std::chrono::microseconds most, const Sysfs& sysfs = Sysfs::from_environment());

  WakeLatency(WakeLatency&& other) noexcept;
  WakeLatency& operator=(WakeLatency&&) = delete;
  WakeLatency(const WakeLatency&) = delete;
  WakeLatency& operator=(const WakeLatency&) = delete;
  ~WakeLatency();

 private:
  explicit WakeLatency(int file) : file_(file) {}
  int file_;  ///< the wish holds as long as it is open
};

}  // namespace mosaic

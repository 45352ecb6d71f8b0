#pragma once

#include <span>
#include <vector>

namespace mosaic {

/// Processors that the calling thread may run on, ascending.
[[nodiscard]] std::vector<int> thread_cores();

/// Whether a thread of this process may be confined to this processor: it exists and is granted.
[[nodiscard]] bool may_use_core(int core);

/// Confines the calling thread to these processors. False where the system refuses (a processor that does not exist or is not granted).
bool pin_thread(std::span<const int> cores);

/// Confines the calling thread for a scope; threads it creates there inherit the confinement. Does nothing for an empty list.
class ScopedPin {
 public:
  explicit ScopedPin(std::span<const int> cores);
  ~ScopedPin();
  ScopedPin(const ScopedPin&) = delete;
  ScopedPin& operator=(const ScopedPin&) = delete;

 private:
  std::vector<int> before_;
};

}  // namespace mosaic

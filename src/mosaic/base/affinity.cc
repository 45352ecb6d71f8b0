#include "mosaic/base/affinity.h"

#include <sched.h>

#include <cerrno>
#include <thread>

namespace mosaic {
namespace {

constexpr int kMostCores = 65536;

/// A set of processors of any size (the fixed cpu_set_t ends at 1,024).
class CpuSet {
 public:
  explicit CpuSet(int cores) : cores_(cores), set_(CPU_ALLOC(cores)) { CPU_ZERO_S(size(), set_); }
  ~CpuSet() { CPU_FREE(set_); }
  CpuSet(const CpuSet&) = delete;
  CpuSet& operator=(const CpuSet&) = delete;

  [[nodiscard]] cpu_set_t* get() const { return set_; }
  [[nodiscard]] std::size_t size() const { return CPU_ALLOC_SIZE(cores_); }
  void add(int core) const { CPU_SET_S(static_cast<std::size_t>(core), size(), set_); }
  [[nodiscard]] bool contains(int core) const { return CPU_ISSET_S(static_cast<std::size_t>(core), size(), set_); }

 private:
  int cores_;
  cpu_set_t* set_;
};

}  // namespace

std::vector<int> thread_cores() {
  std::vector<int> cores;
  for (int size = 1024; size <= kMostCores; size *= 2) {
    const CpuSet set(size);
    if (sched_getaffinity(0, set.size(), set.get()) != 0) {
      if (errno == EINVAL) continue;  // the kernel knows more processors than fit
      return cores;
    }
    for (int core = 0; core < size; ++core) {
      if (set.contains(core)) cores.push_back(core);
    }
    return cores;
  }
  return cores;
}

bool may_use_core(int core) {
  bool granted = false;
  std::jthread([&] { granted = pin_thread(std::span(&core, 1)); }).join();
  return granted;
}

bool pin_thread(std::span<const int> cores) {
  const CpuSet set(kMostCores);
  for (const int core : cores) {
    if (core < 0 || core >= kMostCores) return false;
    set.add(core);
  }
  return sched_setaffinity(0, set.size(), set.get()) == 0;
}

ScopedPin::ScopedPin(std::span<const int> cores) {
  if (cores.empty()) return;
  before_ = thread_cores();
  pin_thread(cores);
}

ScopedPin::~ScopedPin() {
  if (!before_.empty()) pin_thread(before_);
}

}  // namespace mosaic

#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "mosaic/manager/machine.h"

namespace mosaic {

/// Keeps cores busy for a share of their time, for scenarios whose events say that others use them: one thread a core, confined to it, that computes
/// and sleeps by turns of 10 ms. Devices without cores are left alone. Thread-compatible.
class LoadMaker {
 public:
  LoadMaker() = default;
  ~LoadMaker();
  LoadMaker(const LoadMaker&) = delete;
  LoadMaker& operator=(const LoadMaker&) = delete;

  /// `shares`: by unit.
  void set(const manager::Machine& machine, const std::vector<double>& shares);

 private:
  struct Worker {
    std::atomic<double> share{0};
    std::jthread thread;
  };
  std::map<int, std::unique_ptr<Worker>> workers_;  ///< by processor
};

}  // namespace mosaic

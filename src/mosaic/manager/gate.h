#pragma once

#include <cstddef>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/manager/machine.h"

namespace mosaic::manager {

/// Lets requests onto units, one at a time on each: of those that wait, the earliest deadline first; whoever needs several units has those that are
/// free kept for it. A state machine without threads or clocks; thread-compatible.
class Gate {
 public:
  /// `who` wants units. Whether it may start now; else `leave` will say when. Requires: it neither waits nor holds any.
  [[nodiscard]] bool enter(std::size_t who, Units units, Nanoseconds deadline);

  /// `who` is done, or waits no more. Gives those that may start now.
  [[nodiscard]] std::vector<std::size_t> leave(std::size_t who);

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Entry {
    std::size_t who = 0;
    Units units = 0;
    Nanoseconds deadline{};
  };
  /// Moves those that may start from waiting to running.
  [[nodiscard]] std::vector<std::size_t> admit();

  std::vector<Entry> waiting_;  ///< by deadline; of equal ones, the first that came
  std::vector<Entry> running_;
};

}  // namespace mosaic::manager

#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/manager/arrivals.h"
#include "mosaic/manager/outcome.h"
#include "mosaic/serving/serving.h"

namespace mosaic {

/// A request on its way.
struct Job {
  manager::Record record;
  std::shared_ptr<const std::vector<Tensor>> inputs;
  std::move_only_function<void(Result<Answer>)> answer;  ///< empty for generated requests
  std::optional<Nanoseconds> begin_by;                   ///< a client's deadline
  int tries = 0;
  Nanoseconds delay{};  ///< that the system caused before it ran
};

/// An application and its thread; all but `levels` belongs to whoever holds the lock of `Serving`.
struct Lane {
  const FamilyLevels* levels = nullptr;
  std::deque<Job> waiting;
  std::condition_variable changed;
  bool granted = false;
  std::vector<int> cores;            ///< that its thread was given
  std::optional<std::size_t> level;  ///< of the last request
  std::optional<manager::Operation> running;
  Nanoseconds running_since{};
  Nanoseconds ready{};                                ///< since when nothing of ours holds up the request at the gate
  Nanoseconds ended{};                                ///< of the last request
  Nanoseconds undisturbed{};                          ///< when it would have ended as in the table, had the system held up none
  std::shared_ptr<const std::vector<Tensor>> inputs;  ///< of generated requests
  std::optional<manager::Requests> requests;
  std::optional<Nanoseconds> next;  ///< instant of the next generated one
  std::uint64_t stays = 0;
  std::thread thread;

  /// A request that arrived then starts at `running_since`; `alone`: as in the table. How much later that is than if the system had held up neither
  /// it nor those before it. Where others of ours held it up, that counts neither here nor later.
  Nanoseconds start(Nanoseconds arrived, Nanoseconds alone) {
    const Nanoseconds by_others = ready - std::max(arrived, ended);
    const Nanoseconds begin = std::min(std::max(arrived, undisturbed) + by_others, running_since);
    undisturbed = begin + alone;
    return running_since - begin;
  }
};

}  // namespace mosaic

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mosaic/base/units.h"
#include "mosaic/manager/application.h"
#include "mosaic/manager/decide.h"
#include "mosaic/manager/machine.h"

namespace mosaic::manager {

/// A request that was answered.
struct Completed {
  std::size_t application = 0;  ///< index into `Situation::applications`
  Operation operation;
  Nanoseconds arrived{};
  Nanoseconds started{};
  Nanoseconds finished{};
  Nanoseconds
      delay{};  ///< before it started, but for other applications: what the system took to wake a thread, for it or for those it queued behind
};

/// All that a policy may know at one moment. Borrowed for the call.
struct Situation {
  Nanoseconds now{};
  const Machine* machine = nullptr;
  std::span<const Application> applications;  ///< an application keeps its index; one that has left has no table
  Units offline = 0;                          ///< may not be used
  std::vector<std::size_t> caps;              ///< by clock domain: how many of its levels may be used, from the lowest
  std::optional<Bytes> memory;
  std::span<const Completed> completed;  ///< since the last call, in the order in which they finished
  std::vector<double> others;            ///< by unit: share of its time that what is not ours takes; empty where nobody looks
  std::string event;                     ///< what happened, for people; empty: a control period is over
};

/// How applications are to run from now on.
struct Assignment {
  std::vector<std::optional<Operation>> operations;  ///< by application; none: its requests are refused
  std::vector<std::size_t> clocks;                   ///< by domain: the level
  std::string reason;                                ///< for people; empty where nothing changes
};

/// What moves the knobs. The first call comes before any request. Thread-compatible.
class Policy {
 public:
  Policy() = default;
  virtual ~Policy() = default;
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual Assignment step(const Situation& situation) = 0;
};

/// Whether an operation may be used: nothing offline, no clock above its cap, a cost known.
[[nodiscard]] bool usable(const Situation& situation, const Application& application, const Operation& operation);

}  // namespace mosaic::manager

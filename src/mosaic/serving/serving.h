#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/base/tensor.h"
#include "mosaic/manager/control.h"
#include "mosaic/manager/outcome.h"
#include "mosaic/manager/policy.h"
#include "mosaic/manager/scenario.h"
#include "mosaic/serving/family_levels.h"
#include "mosaic/serving/new_process.h"
#include "mosaic/serving/recent_records.h"

namespace mosaic {

/// What a client wants computed.
struct ClientRequest {
  std::vector<Tensor> inputs;
  std::optional<Nanoseconds> deadline = {};  ///< from now; a request that has not begun by then is answered with kDeadline
};

/// What a request was answered with.
struct Answer {
  std::vector<Tensor> outputs;
  std::string variant;
  std::string placement;
};

/// Serves applications on this machine: a queue and a thread for each, confined to the first of the cores that the policy gives it (the
/// engine's threads have the others); a request holds its
/// units alone (`Gate`), and the next one already runs as the policy said last. A thread of its own makes generated requests, sees events through and
/// asks the policy once a period. Thread-safe.
class Serving {
 public:
  /// `levels` and `tables`: by tenant; borrowed, as all of it, until this has ended. `take_over`: none: levels change within this process.
  Serving(const manager::Scenario& scenario, std::vector<const FamilyLevels*> levels, const std::vector<manager::LevelTable>& tables,
          manager::Policy& policy, TakeOver take_over = {});
  ~Serving();
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  /// Serves until the scenario's end (none: a duration of zero) or until it is stopped; requests that wait are answered first. Errors: kInvalidInput:
  /// an event names what the machine does not have.
  [[nodiscard]] Result<manager::Outcome> run(const std::stop_token& stop);

  /// A client's request. `answer` is called once, from another thread or from this call. Errors go there: kBusy: the queue is full; kInvalidInput;
  /// kCancelled: it is shutting down; kDeadline; those of running.
  void submit(std::size_t tenant, ClientRequest request, std::move_only_function<void(Result<Answer>)> answer);

  /// A change from outside the scenario. Errors: those of `Control::apply`.
  [[nodiscard]] Result<void> change(const manager::Change& change);

  /// Whether requests are taken.
  [[nodiscard]] bool open() const;

  /// What an application does now.
  struct Now {
    bool present = true;         ///< else it has not come yet, or has left
    std::string level = {};      ///< empty: its requests are refused
    std::string placement = {};  ///< likewise
    std::size_t waiting = 0;
    RecentRequests recent = {};  ///< of the last two seconds
  };
  struct Snapshot {
    std::vector<Now> applications;  ///< by tenant
    std::vector<double> others;     ///< by unit: share of its time that what is not ours takes; empty before the first look
  };
  [[nodiscard]] Snapshot now() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mosaic

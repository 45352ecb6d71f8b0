#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "mosaic/manager/policy.h"
#include "mosaic/serving/serve.h"
#include "mosaic/serving/serving.h"

namespace mosaic::cli {

/// A policy that does what another one says, and keeps its last reasons for who looks on from another thread. Borrows the other one.
class WatchedPolicy final : public manager::Policy {
 public:
  explicit WatchedPolicy(manager::Policy& policy) : policy_(&policy) {}

  [[nodiscard]] std::string name() const override { return policy_->name(); }
  [[nodiscard]] manager::Assignment step(const manager::Situation& situation) override;

  /// The last ones, with their seconds, the latest at the end. Thread-safe.
  [[nodiscard]] std::vector<std::string> reasons() const;

 private:
  manager::Policy* policy_;
  mutable std::mutex mutex_;
  std::deque<std::string> reasons_;
};

/// What is shown: of the scenario, and of this moment.
struct LiveState {
  std::vector<std::string> names;  ///< of applications
  std::vector<std::string> units;  ///< of the machine
  Serving::Snapshot now;
  std::vector<std::string> reasons;  ///< the latest at the end
};

/// In characters.
struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;

  friend bool operator==(const TerminalSize&, const TerminalSize&) = default;
};

/// What `mosaic serve --live` shows, at most a line less than there is room for: a line for each application, the load of others, and as many of the
/// last reasons as fit. Lines end with a line feed, and control characters are spaces.
[[nodiscard]] std::string live_text(const LiveState& state, const TerminalSize& size);

/// Draws over what it drew before, on a terminal, in the size that this has now. Changes no mode of the terminal, so that nothing is to be restored
/// however the program ends. Not thread-safe.
class LiveView {
 public:
  /// Errors: kUnsupported where standard output is no terminal that can be drawn on.
  [[nodiscard]] static Result<void> check_terminal();

  void draw(const LiveState& state);

 private:
  std::size_t lines_ = 0;
  TerminalSize size_;
};

}  // namespace mosaic::cli

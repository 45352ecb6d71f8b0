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

/// What `mosaic serve --live` shows: a line for each application, the last reasons below. `width`: characters a line. Ends each line by erasing what
/// was there before.
[[nodiscard]] std::string live_text(const std::vector<std::string>& names, const std::vector<Serving::Now>& now,
                                    const std::vector<std::string>& reasons, std::size_t width);

/// Draws over what it drew before, on a terminal, as wide as that is now. Not thread-safe.
class LiveView {
 public:
  /// Errors: kUnsupported where standard output is no terminal.
  [[nodiscard]] static Result<void> check_terminal();

  void draw(const std::vector<std::string>& names, const std::vector<Serving::Now>& now, const std::vector<std::string>& reasons);

 private:
  std::size_t lines_ = 0;
};

}  // namespace mosaic::cli

#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "mosaic/manager/policy.h"

namespace mosaic::manager {

/// The controller of Dynamic-OFA's public demo, to the letter: for one application, one placement, levels one step at a time by the mean of the last
/// 20 times; times that are too long do not count at all, an application goes up only where its level is below the wanted accuracy, and only after 71
/// requests; a level that was reached by going up and is too slow is left for good. A switch starts all counts anew, as the demo's new process does.
/// Source: UoS-EEC/DynamicOFA, runtime_demo/runtime_adjustment (run.sh, test2.py). What it does not say is ours: the demo's fixed 90 ms, for its
/// constraint of 60, is 1.5 times the constraint here.
class PublishedController {
 public:
  PublishedController(std::size_t level, std::size_t levels) : level_(level), levels_(levels) {}

  [[nodiscard]] std::size_t level() const { return level_; }

  /// One answered request. `wants_up`: the level's accuracy is below the target. Whether the level changed.
  bool observe(Nanoseconds time, Nanoseconds constraint, bool wants_up);

 private:
  void restart();

  std::size_t level_;
  std::size_t levels_;
  std::size_t seen_ = 0;                ///< since the last switch
  std::deque<Nanoseconds> last_;        ///< that count, of at most 20
  std::size_t latencies_ = 0;           ///< seen after the 50th
  std::optional<std::size_t> rose_to_;  ///< the level that the last switch went up to
  bool stays_down_ = false;
};

/// The published controller for each application, on the fastest placement at its highest clock. Starts at the second-highest level, as the demo (4
/// of 0 to 5). The mechanism is the caller's: a new process for each switch, or ours.
class PublishedPolicy final : public Policy {
 public:
  explicit PublishedPolicy(bool relaunches) : relaunches_(relaunches) {}
  [[nodiscard]] std::string name() const override { return relaunches_ ? "published, relaunching" : "published, our switch"; }
  [[nodiscard]] Assignment step(const Situation& situation) override;

 private:
  bool relaunches_;
  std::vector<std::optional<PublishedController>> controllers_;
};

}  // namespace mosaic::manager

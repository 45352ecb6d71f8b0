#include "mosaic/manager/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "mosaic/manager/statics.h"

namespace mosaic::manager {
namespace {

constexpr std::size_t kSkipped = 20;  ///< requests after a switch that say nothing
constexpr std::size_t kMean = 20;
constexpr std::size_t kFirstLatency = 50;
constexpr std::size_t kLatencies = 20;  ///< more than so many before going up

}  // namespace

void PublishedController::restart() {
  seen_ = 0;
  latencies_ = 0;
  last_.clear();
}

bool PublishedController::observe(Nanoseconds time, Nanoseconds constraint, bool wants_up) {
  const std::size_t number = seen_++;
  if (number > kSkipped && 2 * time < 3 * constraint) {
    last_.push_back(time);
    if (last_.size() > kMean) last_.pop_front();
    const Nanoseconds sum = std::accumulate(last_.begin(), last_.end(), Nanoseconds{0});
    if (sum > constraint * static_cast<std::int64_t>(kMean)) {  // divided by 20 also where there are fewer
      if (level_ == 0) return false;
      stays_down_ = stays_down_ || rose_to_ == level_;
      rose_to_.reset();
      --level_;
      restart();
      return true;
    }
  }
  if (number > kFirstLatency) ++latencies_;
  if (latencies_ > kLatencies && wants_up && !stays_down_ && level_ + 1 < levels_) {
    ++level_;
    rose_to_ = level_;
    restart();
    return true;
  }
  return false;
}

Assignment PublishedPolicy::step(const Situation& situation) {
  Assignment assignment;
  assignment.operations.resize(situation.applications.size());
  assignment.reason = situation.event;
  controllers_.resize(situation.applications.size());
  for (std::size_t a = 0; a < situation.applications.size(); ++a) {
    const Application& application = situation.applications[a];
    if (application.table == nullptr) {
      controllers_[a].reset();
      continue;
    }
    const std::size_t levels = application.table->levels.size();
    if (!controllers_[a]) controllers_[a].emplace(levels < 2 ? 0 : levels - 2, levels);
    for (const Completed& each : situation.completed) {
      if (each.application != a || each.operation.level != controllers_[a]->level() || !application.targets.latency) continue;
      const bool wants_up = application.table->levels[each.operation.level].accuracy_percent < application.targets.accuracy_percent;
      if (controllers_[a]->observe(each.finished - each.started, *application.targets.latency, wants_up))
        assignment.reason += fmt::format("; {}: {} -> {}", application.name, application.table->levels[each.operation.level].name,
                                         application.table->levels[controllers_[a]->level()].name);
    }
    if (const auto placement = fastest_placement(situation, application, controllers_[a]->level()))
      assignment.operations[a] = Operation{.level = controllers_[a]->level(), .placement = *placement};
  }
  assignment.clocks = clocks_of(*situation.machine, assignment.operations);
  return assignment;
}

}  // namespace mosaic::manager

#include "mosaic/evaluation/replay.h"

#include <map>
#include <utility>

#include "mosaic/base/statistics.h"

namespace mosaic::tables {
namespace {

/// Which clock a point sets, and to what.
std::map<char, int> settings_of(const Point& point, const Clocks& clocks) {
  std::map<char, int> settings;
  if (clocks.own(point)) settings[point.device] = point.clock;
  if (point.host) settings[clocks.host] = *point.host;
  return settings;
}

std::vector<ClockChange> changes_between(const std::map<char, int>& before, const std::map<char, int>& after) {
  std::vector<ClockChange> changes;
  for (const auto& [device, to] : after) {
    const auto known = before.find(device);
    if (known != before.end() && known->second != to) changes.push_back({.device = device, .from = known->second, .to = to});
  }
  return changes;
}

}  // namespace

Milliseconds switching_time(const Switching& switching, char device, int from, int to) {
  if (from == to) return {};
  if (const auto found = switching.find({device, from, to}); found != switching.end()) return found->second;
  std::vector<double> alike;
  for (const auto& [change, time] : switching) {
    const auto [of, low, high] = change;
    if (of == device && low != high && (low < high) == (from < to)) alike.push_back(time.count());
  }
  return Milliseconds(alike.empty() ? 0 : median(alike));
}

std::vector<ClockChange> clock_changes(const Point& before, const Point& after, const Clocks& clocks) {
  return changes_between(settings_of(before, clocks), settings_of(after, clocks));
}

Replay::Replay(const Network& truth, Clocks clocks, Switching switching)
    : truth_(&truth), clocks_(std::move(clocks)), switching_(std::move(switching)) {}

Result<Taken> Replay::run(std::span<const Point> points) const {
  const Samples samples = measured(*truth_);
  MOSAIC_TRY(const Parts parts, break_down(*truth_, samples, points));
  Taken taken{.whole = parts.total() + parts.output, .switching = {}, .changes = 0};
  // A run in the middle of many: it finds the clocks as the one before left them, which is as it leaves them.
  std::map<char, int> clocks;
  for (const Point& point : points) {
    for (const auto& [device, clock] : settings_of(point, clocks_)) clocks[device] = clock;
  }
  for (std::size_t k = 0; k < points.size(); ++k) {
    const std::size_t last = k == 0 ? points.size() - 1 : k - 1;
    const std::map<char, int> wanted = settings_of(points[k], clocks_);
    const double before = power_of(*truth_, samples, Metric::kTask, last, points[last])->value;
    const double after = power_of(*truth_, samples, Metric::kTask, k, points[k])->value;
    for (const ClockChange& change : changes_between(clocks, wanted)) {
      taken.switching += spend(switching_time(switching_, change.device, change.from, change.to), Watts{(before + after) / 2});
      ++taken.changes;
    }
    for (const auto& [device, clock] : wanted) clocks[device] = clock;
  }
  taken.whole += taken.switching;
  return taken;
}

}  // namespace mosaic::tables

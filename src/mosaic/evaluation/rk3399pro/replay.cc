#include "mosaic/evaluation/rk3399pro/replay.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "mosaic/base/statistics.h"

namespace mosaic::tables {
namespace {

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

Spent price_of(const ClockChange& change, const Network& network, const Switching& switching) {
  double sum = 0;
  double count = 0;
  for (const auto& [key, rows] : network.samples) {
    for (const auto& [point, sample] : rows) {
      const bool works = key.first == Metric::kTask && point.device == change.device && point.clock == std::max(change.from, change.to);
      if (!works || !sample.power) continue;
      sum += sample.power->value;
      ++count;
    }
  }
  return spend(switching_time(switching, change.device, change.from, change.to), Watts{count > 0 ? sum / count : 0});
}

std::map<char, int> settings_of(const Point& point, const Clocks& clocks) {
  std::map<char, int> settings;
  if (clocks.own(point)) settings[point.device] = point.clock;
  if (point.host) settings[clocks.host] = *point.host;
  return settings;
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
  for (const Point& point : points) {
    const std::map<char, int> wanted = settings_of(point, clocks_);
    for (const ClockChange& change : changes_between(clocks, wanted)) {
      taken.switching += price_of(change, *truth_, switching_);
      ++taken.changes;
    }
    for (const auto& [device, clock] : wanted) clocks[device] = clock;
  }
  taken.whole += taken.switching;
  return taken;
}

}  // namespace mosaic::tables

#include "mosaic/serving/processor_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "mosaic/base/text.h"

namespace mosaic {

ProcessorTimes parse_processor_times(std::string_view text) {
  constexpr std::size_t kFields = 8;  // user nice system idle iowait irq softirq steal; guests' time is in user's
  ProcessorTimes times;
  for (const std::string& line : split(text, '\n')) {
    if (!line.starts_with("cpu") || line.size() < 4 || std::isdigit(static_cast<unsigned char>(line[3])) == 0) continue;
    std::istringstream words(line.substr(3));
    int processor = 0;
    std::array<double, kFields> ticks{};
    words >> processor;
    std::size_t read = 0;
    while (read < kFields && words >> ticks[read]) ++read;
    if (read < 4) continue;
    ProcessorTimes::Times& each = times.processors[processor];
    for (const double tick : ticks) each.total += tick;
    each.busy = each.total - ticks[3] - ticks[4];
  }
  return times;
}

std::optional<ProcessorTimes> processor_times() {
  std::ifstream file("/proc/stat");
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) return std::nullopt;
  ProcessorTimes times = parse_processor_times(text.str());
  if (times.processors.empty()) return std::nullopt;
  return times;
}

void ProcessorWatch::count(std::span<const int> processors, Nanoseconds from, Nanoseconds to) {
  if (to <= from) return;
  for (const int processor : processors) ours_[processor] += to - from;
}

bool ProcessorWatch::due(Nanoseconds now) const {
  constexpr Nanoseconds kShortest{80'000'000};  // eight ticks; a little less than a period of 100 ms, which may begin late and end in time
  return !times_ || now - looked_ >= kShortest;
}

std::map<int, double> ProcessorWatch::look(Nanoseconds now, std::optional<ProcessorTimes> times) {
  constexpr double kLeast = 0.2;
  constexpr double kSudden = 0.4;  // of a processor's time: more than errors of ticks; to be believed, it must be there twice in a row
  std::map<int, double> ours;
  const auto since = static_cast<double>(std::max<std::int64_t>(1, (now - looked_).count()));
  for (const auto& [processor, busy] : ours_) ours[processor] = static_cast<double>(busy.count()) / since;
  ours_.clear();
  looked_ = now;
  std::map<int, double> load;
  if (times && times_) {
    for (const auto& [processor, share] : shares_of_others(*times_, *times, ours)) {
      auto& [smooth, sudden] = smooth_[processor];
      const bool differs = std::abs(share.used - smooth.used) > kSudden;
      const double weight = !differs ? 0.2 : sudden ? 1 : 0;
      sudden = differs && !sudden;
      smooth.used += weight * (share.used - smooth.used);
      smooth.left += weight * (share.left - smooth.left);
      load[processor] = smooth.load() < kLeast ? 0 : smooth.load();
    }
  }
  times_ = std::move(times);
  return load;
}

double OthersShare::load() const {
  constexpr double kLeastLeft = 0.05;
  return std::clamp(used / std::max(kLeastLeft, left), 0.0, 1.0);
}

std::map<int, OthersShare> shares_of_others(const ProcessorTimes& before, const ProcessorTimes& after, const std::map<int, double>& ours) {
  std::map<int, OthersShare> shares;
  for (const auto& [processor, now] : after.processors) {
    const auto then = before.processors.find(processor);
    const double total = then == before.processors.end() ? 0 : now.total - then->second.total;
    if (total <= 0) continue;
    const auto found = ours.find(processor);
    const double own = found == ours.end() ? 0 : std::clamp(found->second, 0.0, 1.0);
    shares[processor] = {.used = (now.busy - then->second.busy) / total - own, .left = 1 - own};
  }
  return shares;
}

std::vector<double> load_of_units(std::span<const std::string> units, const std::map<int, double>& processors) {
  if (processors.empty()) return {};
  std::vector<double> loads(units.size());
  for (const auto& [processor, load] : processors) {
    const auto found = std::ranges::find(units, fmt::format("cpu{}", processor));
    if (found != units.end()) loads[static_cast<std::size_t>(found - units.begin())] = load;
  }
  return loads;
}

}  // namespace mosaic

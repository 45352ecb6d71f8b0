#include "mosaic/manager/outcome.h"

#include "mosaic/base/statistics.h"

namespace mosaic::manager {
namespace {

Nanoseconds quantile_of(const std::vector<double>& latencies, double share) {
  return latencies.empty() ? Nanoseconds{0} : Nanoseconds(static_cast<std::int64_t>(quantile(latencies, share)));
}

}  // namespace

std::vector<Summary> summaries(const Scenario& scenario, const std::vector<LevelTable>& tables, const Outcome& outcome) {
  std::vector<Summary> all(scenario.tenants.size());
  std::vector<std::vector<double>> latencies(all.size());
  std::vector<double> accuracy(all.size());
  for (const Record& each : outcome.records) {
    Summary& summary = all[each.tenant];
    ++summary.requests;
    if (each.on_time()) ++summary.on_time;
    if (!each.operation) {
      ++summary.refused;
      continue;
    }
    latencies[each.tenant].push_back(static_cast<double>(each.latency().count()));
    accuracy[each.tenant] += tables[each.tenant].levels[each.operation->level].accuracy_percent;
    summary.energy += each.energy;
  }
  for (std::size_t t = 0; t < all.size(); ++t) {
    all[t].name = scenario.tenants[t].name;
    all[t].p50 = quantile_of(latencies[t], 0.5);
    all[t].p95 = quantile_of(latencies[t], 0.95);
    all[t].p99 = quantile_of(latencies[t], 0.99);
    if (!latencies[t].empty()) all[t].accuracy_percent = accuracy[t] / static_cast<double>(latencies[t].size());
    std::optional<Operation> last;
    for (const Logged& each : outcome.decisions) {
      const auto now = t < each.operations.size() ? each.operations[t] : std::nullopt;
      if (last && now && *last != *now) ++all[t].switches;
      if (now) last = now;
    }
  }
  return all;
}

}  // namespace mosaic::manager

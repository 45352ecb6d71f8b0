#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "mosaic/base/statistics.h"
#include "mosaic/manager/outcome.h"

namespace mosaic {

/// An application's last requests.
struct RecentRequests {
  std::size_t requests = 0;
  double per_second = 0;
  double on_time_percent = 100;
  Nanoseconds p95{};  ///< from arrival to answer, of those answered
};

/// What became of requests: of all, or of the last 100,000 where serving has no end. Thread-compatible.
class RecentRecords {
 public:
  explicit RecentRecords(bool endless) : endless_(endless) {}

  void add(const manager::Record& record) {
    energy_ += record.energy;
    records_.push_back(record);
    if (!endless_ || records_.size() <= kMost) return;
    records_.pop_front();
    ++forgotten_;
  }

  /// Of an application, those that ended in `window` before `now`.
  [[nodiscard]] RecentRequests recent(std::size_t tenant, Nanoseconds now, Nanoseconds window) const {
    RecentRequests all;
    std::size_t on_time = 0;
    std::vector<double> latencies;
    for (auto each = records_.rbegin(); each != records_.rend() && each->finished > now - window; ++each) {
      if (each->tenant != tenant) continue;
      ++all.requests;
      on_time += each->on_time() ? 1 : 0;
      if (each->operation) latencies.push_back(static_cast<double>(each->latency().count()));
    }
    if (all.requests == 0) return all;
    all.per_second = static_cast<double>(all.requests) / std::chrono::duration<double>(window).count();
    all.on_time_percent = 100.0 * static_cast<double>(on_time) / static_cast<double>(all.requests);
    if (!latencies.empty()) all.p95 = Nanoseconds(static_cast<std::int64_t>(quantile(latencies, 0.95)));
    return all;
  }

  /// Their energy is that of all.
  void write_to(manager::Outcome& outcome) const {
    outcome.records.assign(records_.begin(), records_.end());
    outcome.forgotten = forgotten_;
    outcome.energy = energy_;
  }

 private:
  static constexpr std::size_t kMost = 100'000;

  bool endless_;
  std::deque<manager::Record> records_;
  std::size_t forgotten_ = 0;
  Joules energy_;
};

}  // namespace mosaic

#include "mosaic/session/race.h"

#include <chrono>

#include "mosaic/base/check.h"

namespace mosaic {

Result<std::vector<std::vector<double>>> race(const std::vector<Runner>& runners, const RaceOptions& options) {
  constexpr std::size_t kFewestRounds = 5;
  std::vector<std::vector<double>> samples(runners.size());
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    if (options.most_seconds > 0 && elapsed.count() > options.most_seconds && round >= kFewestRounds) break;
    for (std::size_t i = 0; i < runners.size(); ++i) {
      if (options.stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while measuring");
      const std::size_t runner = round % 2 == 0 ? i : runners.size() - 1 - i;
      for (const bool timed : {false, true}) {
        const auto time = runners[runner].run();
        if (!time) return within(runners[runner].name, time.error());
        if (timed) samples[runner].push_back(time->count());
      }
    }
    if (options.progress) options.progress(static_cast<double>(round + 1) / static_cast<double>(options.rounds));
  }
  return samples;
}

PairedRatio paired_ratio(const std::vector<double>& a, const std::vector<double>& b) {
  MOSAIC_CHECK(a.size() == b.size() && !a.empty());
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(b[i] > 0 ? a[i] / b[i] : 1);
  return {.ratio = median(ratios), .interval = median_interval(ratios)};
}

}  // namespace mosaic

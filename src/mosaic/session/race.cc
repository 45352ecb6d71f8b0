#include "mosaic/session/race.h"

#include <algorithm>
#include <chrono>

#include "mosaic/base/check.h"
#include "mosaic/runtime/quiet.h"

namespace mosaic {

namespace {

constexpr std::size_t kWarmUps = 2;
constexpr std::size_t kRunsAVisit = 5;
constexpr std::size_t kFewestRuns = 10;

Result<void> visit(const Runner& runner, std::size_t runs, const std::stop_token& stop, std::vector<double>& samples) {
  wait_until_quiet();
  for (std::size_t i = 0; i < kWarmUps + runs; ++i) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while measuring");
    const auto time = runner.run();
    if (!time) return within(runner.name, time.error());
    if (i >= kWarmUps) samples.push_back(time->count());
  }
  return {};
}

}  // namespace

Result<std::vector<std::vector<double>>> race(const std::vector<Runner>& runners, const RaceOptions& options) {
  std::vector<std::vector<double>> samples(runners.size());
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t done = 0, turn = 0; done < options.runs; ++turn) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    if (options.most_seconds > 0 && elapsed.count() > options.most_seconds && done >= kFewestRuns) break;
    const std::size_t runs = std::min(kRunsAVisit, options.runs - done);
    for (std::size_t i = 0; i < runners.size(); ++i) {
      const std::size_t runner = turn % 2 == 0 ? i : runners.size() - 1 - i;
      MOSAIC_RETURN_IF_ERROR(visit(runners[runner], runs, options.stop, samples[runner]));
    }
    done += runs;
    if (options.progress) options.progress(static_cast<double>(done) / static_cast<double>(options.runs));
  }
  return samples;
}

PairedRatio paired_ratio(const std::vector<double>& a, const std::vector<double>& b) {
  MOSAIC_CHECK(a.size() == b.size() && !a.empty());
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(b[i] > 0 ? a[i] / b[i] : 1);
  return {.ratio = median(ratios), .interval = median_interval(ratios, 1, kRunsAVisit)};
}

}  // namespace mosaic

// Reads any bytes as the log of a power monitor. What is read has ascending times and finite powers, its energy adds up over parts of the time, and
// gaps lie inside it.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mosaic/base/check.h"
#include "mosaic/power/monitor_log.h"

namespace mosaic {
namespace {

void read(std::string_view text) {
  const auto log = parse_monitor_log(text);
  if (!log) return;
  const auto& samples = log->samples;
  MOSAIC_CHECK(samples.size() >= 2);
  MOSAIC_CHECK(log->step.value >= 0);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    MOSAIC_CHECK(std::isfinite(samples[i].power.value));
    MOSAIC_CHECK(i == 0 || samples[i - 1].time <= samples[i].time);
  }
  const Nanoseconds usual = usual_interval(*log);
  for (const LogGap& gap : find_gaps(*log)) MOSAIC_CHECK(gap.end - gap.begin > usual);
  const Nanoseconds begin = samples.front().time;
  const Nanoseconds end = samples.back().time;
  if (end - begin < Nanoseconds(4)) return;
  const Nanoseconds middle = begin + (end - begin) / 2;
  const auto whole = energy_between(*log, begin, end);
  if (!whole) return;
  const auto first = energy_between(*log, begin, middle);
  const auto second = energy_between(*log, middle, end);
  MOSAIC_CHECK(first.has_value() && second.has_value());
  const double sum = first->energy.value + second->energy.value;
  double most = 0;
  for (const PowerSample& each : samples) most = std::max(most, std::fabs(each.power.value));
  const double scale = most * std::chrono::duration<double>(end - begin).count();
  if (std::isfinite(scale)) MOSAIC_CHECK(std::fabs(sum - whole->energy.value) <= 1e-6 * scale + 1e-300);
}

}  // namespace
}  // namespace mosaic

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaic::read({reinterpret_cast<const char*>(data), size});
  return 0;
}

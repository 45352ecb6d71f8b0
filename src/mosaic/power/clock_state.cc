#include "mosaic/power/clock_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace mosaic {

Result<ClockState> read_clock_state(const Sysfs& sysfs, const ClockDomain& domain) {
  ClockState state;
  MOSAIC_TRY(state.lower, sysfs.read_integer(domain.folder / domain.lower_limit_file()));
  MOSAIC_TRY(state.upper, sysfs.read_integer(domain.folder / domain.upper_limit_file()));
  if (sysfs.exists(domain.folder / domain.governor_file())) {
    MOSAIC_TRY(state.governor, sysfs.read(domain.folder / domain.governor_file()));
  }
  if (domain.kind == ClockKind::kCpufreq && state.governor == kUserspace) {
    if (const auto chosen = sysfs.read_integer(domain.folder / kChosenClockFile)) state.chosen = *chosen;
  }
  return state;
}

ClockState fixed_at(const ClockDomain& domain, const ClockState& now, Hertz clock) {
  const std::int64_t value = domain.to_file(clock);
  if (!domain.has_userspace()) return {.lower = value, .upper = value, .governor = now.governor, .chosen = {}};
  return {.lower = std::min(now.lower, value), .upper = std::max(now.upper, value), .governor = kUserspace, .chosen = value};
}

std::vector<ClockWrite> writes_between(const ClockDomain& domain, const ClockState& now, const ClockState& wanted) {
  std::vector<ClockWrite> writes;
  if (now.governor != wanted.governor && !wanted.governor.empty()) writes.push_back({std::string(domain.governor_file()), wanted.governor});
  const ClockWrite lower{std::string(domain.lower_limit_file()), fmt::format("{}", wanted.lower)};
  const ClockWrite upper{std::string(domain.upper_limit_file()), fmt::format("{}", wanted.upper)};
  const bool upper_first = wanted.lower > now.upper;
  if (upper_first && now.upper != wanted.upper) writes.push_back(upper);
  if (now.lower != wanted.lower) writes.push_back(lower);
  if (!upper_first && now.upper != wanted.upper) writes.push_back(upper);
  if (wanted.chosen && (now.chosen != wanted.chosen || now.governor != wanted.governor))
    writes.push_back({std::string(kChosenClockFile), fmt::format("{}", *wanted.chosen)});
  return writes;
}

std::optional<std::string> difference(const ClockDomain& domain, const ClockState& wanted, const ClockState& found) {
  const auto differs = [](std::string_view file, const auto& is, const auto& should) {
    return fmt::format("{} is '{}' instead of '{}'", file, is, should);
  };
  if (wanted.governor != found.governor) return differs(domain.governor_file(), found.governor, wanted.governor);
  if (wanted.lower != found.lower) return differs(domain.lower_limit_file(), found.lower, wanted.lower);
  if (wanted.upper != found.upper) return differs(domain.upper_limit_file(), found.upper, wanted.upper);
  if (wanted.chosen && (!found.chosen || std::abs(*found.chosen - *wanted.chosen) > *wanted.chosen / 100))
    return differs(kChosenClockFile, found.chosen.value_or(0), *wanted.chosen);
  return std::nullopt;
}

Result<void> apply_clock_state(const Sysfs& sysfs, const ClockDomain& domain, const ClockState& now, const ClockState& wanted) {
  for (const ClockWrite& write : writes_between(domain, now, wanted)) MOSAIC_RETURN_IF_ERROR(sysfs.write(domain.folder / write.file, write.value));
  MOSAIC_TRY(const ClockState after, read_clock_state(sysfs, domain));
  const auto wrong = difference(domain, wanted, after);
  if (!wrong) return {};
  return fail(ErrorCode::kDevice, fmt::format("{}: {}: it was written and did not stay; the driver, a limit for heat or another process holds it",
                                              sysfs.path(domain.folder).string(), *wrong));
}

}  // namespace mosaic

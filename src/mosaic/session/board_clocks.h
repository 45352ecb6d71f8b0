#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mosaic/base/error.h"
#include "mosaic/board/board.h"
#include "mosaic/power/clock_control.h"
#include "mosaic/power/clock_domain.h"
#include "mosaic/power/sysfs.h"
#include "mosaic/runtime/clock_setter.h"

namespace mosaic {

/// The domains whose clocks are a device's, by index: the one that its `clock_domain` names, else, where it has cores, the cpufreq policies of these.
/// Errors: kUnsupported where the machine has none.
[[nodiscard]] Result<std::vector<std::size_t>> clock_domains_of(const Device& device, const std::vector<ClockDomain>& domains);

/// Sets clocks of real devices through `ClockControl`, those of `clock_domains_of`. The machine's clocks are taken in hand with the first clock that
/// is set, and given back by `restore`.
[[nodiscard]] std::shared_ptr<ClockSetter> make_clock_setter(Sysfs sysfs, std::filesystem::path state, ClockControl::Remark remark);

}  // namespace mosaic

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "mosaic/power/clock_control.h"
#include "mosaic/power/sysfs.h"
#include "mosaic/runtime/clock_setter.h"

namespace mosaic {

/// Sets clocks of real devices through `ClockControl`. A device's clock domain is the one that its `clock_domain` names, else, where it has cores,
/// the cpufreq policies of these. The machine's clocks are taken in hand with the first clock that is set, and given back by `restore`.
[[nodiscard]] std::shared_ptr<ClockSetter> make_clock_setter(Sysfs sysfs, std::filesystem::path state, ClockControl::Remark remark);

}  // namespace mosaic

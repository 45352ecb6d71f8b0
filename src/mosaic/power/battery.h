#pragma once

// Used by meters.cc alone; not installed.

#include <memory>
#include <string_view>
#include <vector>

#include "mosaic/power/meters.h"
#include "mosaic/power/sysfs.h"
#include "mosaic/power/timekeeper.h"

namespace mosaic {

/// The gauges of the machine's batteries, "battery:BAT0": power_now, else voltage_now times current_now. They show what the whole machine uses while
/// nothing charges. Batteries of mice and the like are left out. Source: the kernel's Documentation/ABI/testing/sysfs-class-power.
[[nodiscard]] std::vector<FoundMeter> find_batteries(const Sysfs& sysfs);

/// Null where there is no such battery. The meter fails where the battery is not discharging: then the charger feeds the machine.
[[nodiscard]] std::unique_ptr<Meter> open_battery(const Sysfs& sysfs, std::string_view name, std::shared_ptr<Timekeeper> time);

}  // namespace mosaic

#pragma once

// Used by meters.cc alone; not installed.

#include <memory>
#include <string_view>
#include <vector>

#include "mosaic/power/meters.h"
#include "mosaic/power/sysfs.h"
#include "mosaic/power/timekeeper.h"

namespace mosaic {

/// The meters that hwmon chips offer, "hwmon:CHIP/CHANNEL" for each channel: its energy counter (energyN_input) where it has one, else its power
/// (powerN_input, powerN_average), else voltage times current (inN_input with currN_input, as INA3221 shows). A channel is called by its label where
/// it has one; a chip by its name, with "@hwmonN" where two have the same. Channels may feed one another: they are added only where a user asks for
/// "hwmon:CHIP/A+B" or "hwmon:CHIP/A+OTHER/B".
/// Source: the kernel's Documentation/hwmon/sysfs-interface.rst.
[[nodiscard]] std::vector<FoundMeter> find_hwmon(const Sysfs& sysfs);

/// Takes a name that `find_hwmon` gave, a chip with a single channel without the channel, and a sum of channels of one kind. Errors: kInvalidInput,
/// naming the channels there are.
[[nodiscard]] Result<std::unique_ptr<Meter>> open_hwmon(const Sysfs& sysfs, std::string_view name, std::shared_ptr<Timekeeper> time);

}  // namespace mosaic

#pragma once

// Used by meters.cc alone; not installed.

#include <memory>
#include <string_view>
#include <vector>

#include "mosaic/power/meters.h"
#include "mosaic/power/sysfs.h"
#include "mosaic/power/timekeeper.h"

namespace mosaic {

/// The meters that powercap (RAPL of Intel and AMD) offers: "powercap", the processor packages with their memory, and "powercap:NAME" for each kind
/// of zone by its name, "package-0", "core", "dram", "psys". Zones inside others are never added to them; memory controllers (dram) are listed inside
/// packages but counted beside them. Zones that show one package twice (intel-rapl-mmio beside intel-rapl) count once.
/// Source: the kernel's Documentation/power/powercap/powercap.rst.
[[nodiscard]] std::vector<FoundMeter> find_powercap(const Sysfs& sysfs);

/// Requires: a name that `find_powercap` gave.
[[nodiscard]] std::unique_ptr<Meter> open_powercap(const Sysfs& sysfs, std::string_view name, std::shared_ptr<Timekeeper> time);

}  // namespace mosaic

#include "mosaic/power/battery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "mosaic/power/sensor_meter.h"

namespace mosaic {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kGaugeInterval{1};  // gauges are brought up to date one to four times a second

struct Battery {
  std::string name;
  fs::path folder;
  bool shows_power = false;
};

std::vector<Battery> find_all(const Sysfs& sysfs) {
  const fs::path all = "sys/class/power_supply";
  std::vector<Battery> batteries;
  for (const std::string& name : sysfs.list(all)) {
    const fs::path folder = all / name;
    if (sysfs.read(folder / "type").value_or("") != "Battery" || sysfs.read(folder / "scope").value_or("") == "Device") continue;
    const bool shows_power = sysfs.exists(folder / "power_now");
    if (!shows_power && !(sysfs.exists(folder / "current_now") && sysfs.exists(folder / "voltage_now"))) continue;
    batteries.push_back({.name = name, .folder = folder, .shows_power = shows_power});
  }
  return batteries;
}

/// Drivers do not agree on the sign of what flows out.
Result<Watts> read_power(const Sysfs& sysfs, const Battery& battery) {
  MOSAIC_TRY(const std::string status, sysfs.read(battery.folder / "status"));
  if (status != "Discharging") {
    return fail(ErrorCode::kDevice,
                fmt::format("battery '{}' is '{}': its gauge shows what the machine uses only while it discharges; unplug the charger", battery.name,
                            status));
  }
  if (battery.shows_power) {
    MOSAIC_TRY(const std::int64_t microwatts, sysfs.read_integer(battery.folder / "power_now"));
    return Watts{static_cast<double>(std::abs(microwatts)) * 1e-6};
  }
  MOSAIC_TRY(const std::int64_t microvolts, sysfs.read_integer(battery.folder / "voltage_now"));
  MOSAIC_TRY(const std::int64_t microamperes, sysfs.read_integer(battery.folder / "current_now"));
  return Watts{static_cast<double>(microvolts) * 1e-6 * static_cast<double>(std::abs(microamperes)) * 1e-6};
}

MeterInfo describe(const Battery& battery) {
  return {.name = "battery:" + battery.name,
          .kind = battery.shows_power ? MeterKind::kPower : MeterKind::kVoltsTimesAmperes,
          .covers = "the whole machine, from its battery",
          .resolution = Watts{1e-3},
          .interval = kGaugeInterval};
}

}  // namespace

std::vector<FoundMeter> find_batteries(const Sysfs& sysfs) {
  std::vector<FoundMeter> found;
  for (const Battery& battery : find_all(sysfs)) {
    FoundMeter meter{.info = describe(battery), .problem = {}};
    if (const auto tried = read_power(sysfs, battery); !tried) meter.problem = tried.error().message;
    found.push_back(std::move(meter));
  }
  return found;
}

std::unique_ptr<Meter> open_battery(const Sysfs& sysfs, std::string_view name, std::shared_ptr<Timekeeper> time) {
  for (const Battery& battery : find_all(sysfs)) {
    const MeterInfo info = describe(battery);
    if (info.name == name) return make_power_meter(info, [sysfs, battery] { return read_power(sysfs, battery); }, std::move(time));
  }
  return nullptr;
}

}  // namespace mosaic

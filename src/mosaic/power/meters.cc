#include "mosaic/power/meters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "mosaic/power/battery.h"
#include "mosaic/power/hwmon.h"
#include "mosaic/power/log_meter.h"
#include "mosaic/power/powercap.h"

namespace mosaic {
namespace {

/// Labels under which Jetson boards, and chips under which ACPI and PMBus, show what flows into the whole board.
bool feeds_the_board(const MeterInfo& info) {
  constexpr std::array<std::string_view, 4> kInputs{"VDD_IN", "POM_5V_IN", "power_meter", "pin"};
  if (!info.name.starts_with("hwmon:")) return false;
  return std::ranges::any_of(kInputs, [&](std::string_view label) {
    const std::size_t at = info.name.find(label);
    if (at == std::string::npos) return false;
    const std::size_t end = at + label.size();
    const bool begins = info.name[at - 1] == ':' || info.name[at - 1] == '/';
    return begins && (end == info.name.size() || info.name[end] == '/' || info.name[end] == '@');
  });
}

int preference(const MeterInfo& info) {
  if (feeds_the_board(info)) return 0;
  if (info.name == "powercap") return 1;
  if (info.name.starts_with("battery:")) return 2;
  return 3;
}

Result<std::unique_ptr<Meter>> open_found(const std::string& name, const Sysfs& sysfs, std::shared_ptr<Timekeeper> time) {
  if (name.starts_with("hwmon:")) return open_hwmon(sysfs, name, std::move(time));
  auto meter = name.starts_with("battery") ? open_battery(sysfs, name, time) : open_powercap(sysfs, name, time);
  if (meter == nullptr) return fail(ErrorCode::kDevice, fmt::format("meter '{}' has vanished", name));
  return meter;
}

}  // namespace

std::vector<FoundMeter> find_meters(const Sysfs& sysfs) {
  std::vector<FoundMeter> all = find_powercap(sysfs);
  std::ranges::move(find_hwmon(sysfs), std::back_inserter(all));
  std::ranges::move(find_batteries(sysfs), std::back_inserter(all));
  return all;
}

std::optional<MeterInfo> best_meter(const std::vector<FoundMeter>& meters) {
  const FoundMeter* best = nullptr;
  for (const FoundMeter& each : meters) {
    if (each.problem || preference(each.info) > 2) continue;
    if (best == nullptr || preference(each.info) < preference(best->info)) best = &each;
  }
  return best == nullptr ? std::nullopt : std::optional(best->info);
}

Result<std::unique_ptr<Meter>> open_meter(const std::string& text, const Sysfs& sysfs, std::shared_ptr<Timekeeper> time) {
  if (text == "none") return nullptr;
  if (text.starts_with("log:")) return open_log_meter(text.substr(4), std::move(time));
  const std::vector<FoundMeter> meters = find_meters(sysfs);
  if (text == "auto") {
    const auto best = best_meter(meters);
    if (!best) return nullptr;
    return open_found(best->name, sysfs, std::move(time));
  }
  const auto is_meant = [&](const FoundMeter& each) {
    return each.info.name == text || (text == "battery" && each.info.name.starts_with("battery:"));
  };
  const auto found = std::ranges::find_if(meters, is_meant);
  if (found != meters.end()) {
    if (found->problem) return fail(ErrorCode::kDevice, fmt::format("meter '{}': {}", text, *found->problem));
    return open_found(found->info.name, sysfs, std::move(time));
  }
  if (text.starts_with("hwmon:")) return open_hwmon(sysfs, text, std::move(time));
  std::vector<std::string> known{"auto", "none", "log:FILE.csv"};
  for (const FoundMeter& each : meters) known.push_back(each.info.name);
  return fail(ErrorCode::kInvalidInput, fmt::format("there is no meter '{}'; there are {}", text, fmt::join(known, ", ")));
}

}  // namespace mosaic

#include "mosaic/power/powercap.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "mosaic/power/sensor_meter.h"

namespace mosaic {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMeter = "powercap";
constexpr Joules kStep{61e-6};                            // 2^-14 J, the coarsest unit that processors count in
constexpr std::chrono::milliseconds kCounterInterval{1};  // how often they bring the counter up to date

struct Zone {
  std::string id;    // "intel-rapl:0:1": its place in the hierarchy
  std::string name;  // "dram"
  fs::path folder;

  [[nodiscard]] bool is_top() const { return std::ranges::count(id, ':') == 1; }
  [[nodiscard]] std::string_view driver() const { return std::string_view(id).substr(0, id.find(':')); }
};

std::vector<Zone> find_zones(const Sysfs& sysfs) {
  const fs::path folder = "sys/class/powercap";
  std::vector<Zone> zones;
  for (const std::string& id : sysfs.list(folder)) {
    const auto name = sysfs.read(folder / id / "name");
    if (!name || !id.contains(':') || !sysfs.exists(folder / id / "energy_uj")) continue;
    zones.push_back({.id = id, .name = *name, .folder = folder / id});
  }
  const auto is_second_view = [&](const Zone& zone) {
    constexpr std::string_view kSuffix = "-mmio";
    const std::string_view driver = zone.driver();
    return driver.ends_with(kSuffix) &&
           std::ranges::any_of(zones, [&](const Zone& each) { return each.driver() == driver.substr(0, driver.size() - kSuffix.size()); });
  };
  std::vector<Zone> unique;
  std::ranges::copy_if(zones, std::back_inserter(unique), [&](const Zone& zone) { return !is_second_view(zone); });
  return unique;
}

/// Zones by the meter that adds them up.
std::map<std::string, std::vector<Zone>> meters_of(const std::vector<Zone>& zones) {
  std::map<std::string, std::vector<Zone>> meters;
  for (const Zone& zone : zones) {
    meters[fmt::format("{}:{}", kMeter, zone.name)].push_back(zone);
    const bool is_package = zone.is_top() && zone.name != "psys";  // which holds the packages
    if (is_package || zone.name == "dram") meters[std::string(kMeter)].push_back(zone);
  }
  return meters;
}

MeterInfo describe(const std::string& name, const std::vector<Zone>& zones) {
  std::vector<std::string> names;
  for (const Zone& zone : zones) names.push_back(zone.name);
  const bool all_alike = zones.size() > 1 && std::ranges::count(names, names.front()) == std::ssize(names);
  const std::string what = all_alike ? fmt::format("{} of {} processors", names.front(), names.size()) : fmt::format("{}", fmt::join(names, " + "));
  const bool platform = zones.front().name == "psys";
  return {.name = name,
          .kind = MeterKind::kEnergyCounter,
          .covers = platform ? "the platform as the processor sees it (psys)" : fmt::format("the processor: {}; not the board around it", what),
          .resolution = Joules{kStep.value * static_cast<double>(zones.size())},
          .interval = kCounterInterval};
}

/// Adds up what zones count, across their wrapping round.
class Counters {
 public:
  Counters(Sysfs sysfs, const std::vector<Zone>& zones) : sysfs_(std::move(sysfs)) {
    for (const Zone& zone : zones) zones_.push_back({.folder = zone.folder});
  }

  Result<Joules> read() {
    for (Each& zone : zones_) {
      MOSAIC_TRY(const std::int64_t now, sysfs_.read_integer(zone.folder / "energy_uj"));
      if (!zone.range) {
        MOSAIC_TRY(zone.range, sysfs_.read_integer(zone.folder / "max_energy_range_uj"));
        zone.last = now;
      }
      if (now < 0 || now > *zone.range || zone.last > *zone.range) {
        return fail(ErrorCode::kDevice, fmt::format("{} reads {}, which is beyond its range of {} uJ",
                                                    sysfs_.path(zone.folder / "energy_uj").string(), now, *zone.range));
      }
      total_ += wrapped_difference(zone.last, now, *zone.range);
      zone.last = now;
    }
    return Joules{static_cast<double>(total_) * 1e-6};
  }

 private:
  struct Each {
    fs::path folder;
    std::optional<std::int64_t> range;
    std::int64_t last = 0;
  };
  const Sysfs sysfs_;
  std::vector<Each> zones_;
  std::int64_t total_ = 0;  // microjoules
};

}  // namespace

std::vector<FoundMeter> find_powercap(const Sysfs& sysfs) {
  std::vector<FoundMeter> found;
  for (const auto& [name, zones] : meters_of(find_zones(sysfs))) {
    FoundMeter meter{.info = describe(name, zones), .problem = {}};
    for (const Zone& zone : zones) {
      const auto tried = sysfs.read_integer(zone.folder / "energy_uj");
      if (!tried && !meter.problem) meter.problem = tried.error().message;
    }
    found.push_back(std::move(meter));
  }
  return found;
}

std::unique_ptr<Meter> open_powercap(const Sysfs& sysfs, std::string_view name, std::shared_ptr<Timekeeper> time) {
  const auto meters = meters_of(find_zones(sysfs));
  const auto found = meters.find(std::string(name));
  if (found == meters.end()) return nullptr;
  const auto counters = std::make_shared<Counters>(sysfs, found->second);
  return make_counter_meter(describe(found->first, found->second), [counters] { return counters->read(); }, std::move(time));
}

}  // namespace mosaic

#include "machine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "energy.h"
#include "mosaic/power/clock_domain.h"
#include "mosaic/power/meters.h"
#include "output.h"

namespace mosaic::cli {
namespace {

constexpr const char* kNoMeter = "no meter: energy can only be modelled, from powers in a board file";

/// The devices of the board whose clock a domain is.
std::string devices_of(const ClockDomain& domain, const Board& board) {
  std::vector<std::string> names;
  for (const Device& device : board.devices) {
    const bool is_named = device.clock_domain == domain.name;
    const bool has_cores = device.clock_domain.empty() && std::ranges::find_first_of(device.cores, domain.cores) != device.cores.end();
    if (is_named || has_cores) names.push_back(device.name);
  }
  return fmt::format("{}", fmt::join(names, " "));
}

std::string clocks_of(const ClockDomain& domain) {
  std::vector<std::string> clocks;
  for (const Hertz clock : domain.clocks) clocks.push_back(fmt::format("{:g}", static_cast<double>(clock.value) / 1e6));
  return clocks.empty() ? fmt::format("{} to {}", format_clock_mhz(domain.lowest), format_clock_mhz(domain.highest))
                        : fmt::format("{} MHz", fmt::join(clocks, " "));
}

Json hertz(const std::vector<Hertz>& clocks) {
  Json list = Json::array();
  for (const Hertz clock : clocks) list.push_back(clock.value);
  return list;
}

}  // namespace

Json machine_json(const Sysfs& sysfs) {
  Json json{{"clocks", Json::array()}, {"meters", Json::array()}};
  for (const ClockDomain& domain : discover_clocks(sysfs)) {
    json["clocks"].push_back({{"name", domain.name},
                              {"kind", name(domain.kind)},
                              {"cores", domain.cores},
                              {"clocks_hz", hertz(domain.clocks)},
                              {"lowest_hz", domain.lowest.value},
                              {"highest_hz", domain.highest.value},
                              {"governor", domain.governor},
                              {"writable", domain.writable}});
  }
  for (const FoundMeter& meter : find_meters(sysfs)) {
    json["meters"].push_back({{"name", meter.info.name},
                              {"kind", name(meter.info.kind)},
                              {"covers", meter.info.covers},
                              {"interval_ms", Milliseconds(meter.info.interval).count()},
                              {"problem", meter.problem ? Json(*meter.problem) : Json(nullptr)}});
  }
  return json;
}

std::string machine_text(const Sysfs& sysfs, const Board& board) {
  std::string out;
  const std::vector<ClockDomain> domains = discover_clocks(sysfs);
  if (!domains.empty()) {
    Table table({"clock", "of", "governor", ">now", "clocks", ""});
    for (const ClockDomain& domain : domains) {
      const auto now = sysfs.read_integer(domain.folder / domain.current_file());
      table.add({domain.name, devices_of(domain, board), domain.governor, now ? format_clock_mhz(domain.from_file(*now)) : "", clocks_of(domain),
                 domain.writable ? "" : "read-only"});
    }
    out += "\n" + table.text();
  } else {
    out += "\nno clocks: the system shows neither cpufreq nor devfreq\n";
  }
  const std::vector<FoundMeter> meters = find_meters(sysfs);
  if (meters.empty()) return out + kNoMeter + "\n";
  const auto best = best_meter(meters);
  Table table({"meter", "shows", "covers", ">resolution", ">every", ""});
  for (const FoundMeter& meter : meters) {
    const std::string remark = meter.problem ? *meter.problem : best && best->name == meter.info.name ? "taken by --meter auto" : "";
    table.add({meter.info.name, std::string(name(meter.info.kind)), meter.info.covers, resolution_text(meter.info),
               fmt::format("{:g} ms", Milliseconds(meter.info.interval).count()), remark});
  }
  out += "\n" + table.text();
  if (!best) out += fmt::format("{}, unless one is named with --meter\n", kNoMeter);
  return out;
}

}  // namespace mosaic::cli

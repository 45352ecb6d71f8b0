#include "mosaic/power/clock_domain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace mosaic {
namespace {

namespace fs = std::filesystem;

std::vector<Hertz> read_clocks(const Sysfs& sysfs, const ClockDomain& domain, const fs::path& file) {
  std::vector<Hertz> clocks;
  const auto text = sysfs.read(domain.folder / file);
  if (!text) return clocks;
  for (const std::int64_t value : parse_integers(*text)) {
    if (value > 0 && value < 1'000'000'000'000) clocks.push_back(domain.from_file(value));
  }
  std::ranges::sort(clocks);
  const auto repeated = std::ranges::unique(clocks);
  clocks.erase(repeated.begin(), repeated.end());
  return clocks;
}

/// The hardware's limit where the driver tells it, else the one set now.
Hertz read_limit(const Sysfs& sysfs, const ClockDomain& domain, const fs::path& hardware, std::string_view set) {
  const auto limit = sysfs.read_integer(domain.folder / hardware);
  return domain.from_file(limit ? *limit : sysfs.read_integer(domain.folder / set).value_or(0));
}

std::vector<std::string> read_governors(const Sysfs& sysfs, const fs::path& file) {
  const auto text = sysfs.read(file);
  return text ? parse_words(*text) : std::vector<std::string>();
}

std::optional<ClockDomain> read_domain(const Sysfs& sysfs, ClockKind kind, const fs::path& folder) {
  ClockDomain domain{.name = folder.filename().string(), .kind = kind, .folder = folder};
  const bool is_cpu = kind == ClockKind::kCpufreq;
  const auto readable = [&](std::string_view file) { return sysfs.read_integer(folder / file).has_value(); };
  if (!readable(domain.lower_limit_file()) || !readable(domain.upper_limit_file())) return std::nullopt;
  domain.governor = sysfs.read(folder / domain.governor_file()).value_or("");
  domain.governors = read_governors(sysfs, folder / (is_cpu ? "scaling_available_governors" : "available_governors"));
  domain.clocks = read_clocks(sysfs, domain, is_cpu ? "scaling_available_frequencies" : "available_frequencies");
  if (is_cpu) {
    const auto cores = sysfs.read(folder / "related_cpus");
    if (!cores) return std::nullopt;
    for (const std::int64_t core : parse_integers(*cores)) domain.cores.push_back(static_cast<int>(core));
    std::ranges::sort(domain.cores);
  }
  domain.lowest = domain.clocks.empty() ? read_limit(sysfs, domain, "cpuinfo_min_freq", domain.lower_limit_file()) : domain.clocks.front();
  domain.highest = domain.clocks.empty() ? read_limit(sysfs, domain, "cpuinfo_max_freq", domain.upper_limit_file()) : domain.clocks.back();
  std::vector<std::string> written{std::string(domain.lower_limit_file()), std::string(domain.upper_limit_file())};
  if (domain.has_userspace()) written.insert(written.end(), {std::string(domain.governor_file()), std::string(kChosenClockFile)});
  const auto barred = std::ranges::find_if(written, [&](const std::string& file) { return !sysfs.may_write(folder / file); });
  domain.writable = barred == written.end();
  if (!domain.writable) domain.read_only = *barred;
  return domain;
}

void add_domains(const Sysfs& sysfs, ClockKind kind, const fs::path& folder, std::vector<ClockDomain>& domains) {
  for (const std::string& name : sysfs.list(folder)) {
    if (kind == ClockKind::kCpufreq && !name.starts_with("policy")) continue;
    if (auto domain = read_domain(sysfs, kind, folder / name)) domains.push_back(*std::move(domain));
  }
}

}  // namespace

std::string_view name(ClockKind kind) { return kind == ClockKind::kCpufreq ? "cpufreq" : "devfreq"; }

bool ClockDomain::has_userspace() const { return kind == ClockKind::kCpufreq && std::ranges::find(governors, kUserspace) != governors.end(); }

Result<Hertz> ClockDomain::find(Hertz wanted) const {
  const auto distance = [&](Hertz clock) { return std::abs(clock.value - wanted.value); };
  if (clocks.empty()) {
    if (wanted >= lowest && wanted <= highest) return wanted;
    return fail(ErrorCode::kInvalidInput, fmt::format("clock domain '{}' runs from {} to {}, not at {}", name, format_clock_mhz(lowest),
                                                      format_clock_mhz(highest), format_clock_mhz(wanted)));
  }
  const Hertz nearest = *std::ranges::min_element(clocks, {}, distance);
  if (distance(nearest) <= nearest.value / 1000) return nearest;
  std::vector<std::string> known;
  for (const Hertz clock : clocks) known.push_back(fmt::format("{:g}", static_cast<double>(clock.value) / 1e6));
  return fail(ErrorCode::kInvalidInput,
              fmt::format("clock domain '{}' has no clock of {}; it has {} MHz", name, format_clock_mhz(wanted), fmt::join(known, ", ")));
}

std::vector<ClockDomain> discover_clocks(const Sysfs& sysfs) {
  std::vector<ClockDomain> domains;
  add_domains(sysfs, ClockKind::kCpufreq, "sys/devices/system/cpu/cpufreq", domains);
  add_domains(sysfs, ClockKind::kDevfreq, "sys/class/devfreq", domains);
  return domains;
}

std::vector<std::size_t> domains_of(std::span<const ClockDomain> domains, std::span<const int> cores) {
  std::vector<std::size_t> found;
  for (std::size_t d = 0; d < domains.size(); ++d) {
    if (std::ranges::find_first_of(domains[d].cores, cores) != domains[d].cores.end()) found.push_back(d);
  }
  return found;
}

std::string format_clock_mhz(Hertz clock) { return fmt::format("{:g} MHz", static_cast<double>(clock.value) / 1e6); }

}  // namespace mosaic

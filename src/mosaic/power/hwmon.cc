#include "mosaic/power/hwmon.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "mosaic/base/text.h"
#include "mosaic/power/sensor_meter.h"

namespace mosaic {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "hwmon:";
constexpr std::chrono::milliseconds kUsualInterval{10};  // where the driver does not tell: chips average over 1 to 140 ms

/// One thing that can be metered, and the files to read for it.
struct Channel {
  std::string chip;   // as users call it
  std::string label;  // likewise
  fs::path folder;
  MeterKind kind = MeterKind::kPower;
  std::string file;     // energy or power; volts
  std::string amperes;  // volts x amperes alone
  Nanoseconds interval{};

  [[nodiscard]] std::string name() const { return fmt::format("{}{}/{}", kPrefix, chip, label); }
};

Nanoseconds update_interval(const Sysfs& sysfs, const fs::path& folder, const std::string& power_stem) {
  for (const fs::path& file : {folder / (power_stem + "_average_interval"), folder / "update_interval"}) {
    const auto interval = sysfs.read_integer(file);
    if (interval && *interval > 0 && *interval < 3'600'000) return std::chrono::milliseconds(*interval);
  }
  return kUsualInterval;
}

std::string label_of(const Sysfs& sysfs, const fs::path& folder, const std::string& stem, const std::string& otherwise) {
  const auto label = sysfs.read(folder / (stem + "_label"));
  return label && !label->empty() ? *label : otherwise;
}

/// INA3221 lists what falls off at its resistors, too: voltages that no current belongs to.
bool is_shunt(std::string_view label) { return label.contains("shunt") || label.contains("sum of"); }

/// Channels by number: energy before power before volts x amperes.
void add_channels(const Sysfs& sysfs, const std::string& chip, const fs::path& folder, std::vector<Channel>& channels) {
  constexpr int kMostChannels = 32;
  for (int n = 0; n < kMostChannels; ++n) {
    const auto stem = [n](std::string_view quantity) { return fmt::format("{}{}", quantity, n); };
    const auto has = [&](const std::string& file) { return sysfs.exists(folder / file); };
    Channel channel{.chip = chip, .folder = folder, .interval = update_interval(sysfs, folder, stem("power"))};
    if (has(stem("energy") + "_input")) {
      channel.kind = MeterKind::kEnergyCounter;
      channel.file = stem("energy") + "_input";
      channel.label = label_of(sysfs, folder, stem("energy"), stem("energy"));
    } else if (has(stem("power") + "_input") || has(stem("power") + "_average")) {
      channel.file = stem("power") + (has(stem("power") + "_input") ? "_input" : "_average");
      channel.label = label_of(sysfs, folder, stem("power"), stem("power"));
    } else if (has(stem("in") + "_input") && has(stem("curr") + "_input")) {
      channel.kind = MeterKind::kVoltsTimesAmperes;
      channel.file = stem("in") + "_input";
      channel.amperes = stem("curr") + "_input";
      channel.label = label_of(sysfs, folder, stem("in"), label_of(sysfs, folder, stem("curr"), fmt::format("rail{}", n)));
      if (is_shunt(channel.label)) continue;
    } else {
      continue;
    }
    channels.push_back(std::move(channel));
  }
}

std::vector<Channel> find_channels(const Sysfs& sysfs) {
  const fs::path all = "sys/class/hwmon";
  std::map<std::string, int> count;
  std::vector<std::pair<std::string, std::string>> chips;  // folder, name
  for (const std::string& folder : sysfs.list(all)) {
    const auto name = sysfs.read(all / folder / "name");
    if (!name) continue;
    chips.emplace_back(folder, *name);
    ++count[*name];
  }
  std::vector<Channel> channels;
  for (const auto& [folder, name] : chips) add_channels(sysfs, count[name] > 1 ? fmt::format("{}@{}", name, folder) : name, all / folder, channels);
  return channels;
}

/// Energy or power of the moment, in J or W.
Result<double> read_channel(const Sysfs& sysfs, const Channel& channel) {
  MOSAIC_TRY(const std::int64_t value, sysfs.read_integer(channel.folder / channel.file));
  if (channel.kind != MeterKind::kVoltsTimesAmperes) return static_cast<double>(value) * 1e-6;  // uJ, uW
  MOSAIC_TRY(const std::int64_t milliamperes, sysfs.read_integer(channel.folder / channel.amperes));
  return static_cast<double>(value) * static_cast<double>(std::abs(milliamperes)) * 1e-6;  // mV mA
}

/// What the files' units resolve: a microjoule or microwatt, or a millivolt and a milliampere at what they show now.
double smallest_unit(const Sysfs& sysfs, const Channel& channel) {
  if (channel.kind != MeterKind::kVoltsTimesAmperes) return 1e-6;
  const auto millivolts = sysfs.read_integer(channel.folder / channel.file);
  const auto milliamperes = sysfs.read_integer(channel.folder / channel.amperes);
  return static_cast<double>(std::abs(millivolts.value_or(5000)) + std::abs(milliamperes.value_or(1000))) * 1e-6;
}

MeterInfo describe(const Sysfs& sysfs, const std::string& name, const std::vector<Channel>& channels) {
  MeterInfo info{.name = name, .kind = channels.front().kind};
  std::vector<std::string> labels;
  double unit = 0;
  for (const Channel& channel : channels) {
    labels.push_back(channel.label);
    info.interval = std::max(info.interval, channel.interval);
    unit += smallest_unit(sysfs, channel);
  }
  info.covers = fmt::format("what {} of {} feeds", fmt::join(labels, " + "), channels.front().chip);
  if (info.kind == MeterKind::kEnergyCounter) {
    info.resolution = Joules{unit};
  } else {
    info.resolution = Watts{unit};
  }
  return info;
}

std::unique_ptr<Meter> make_meter(const Sysfs& sysfs, MeterInfo info, std::vector<Channel> channels, std::shared_ptr<Timekeeper> time) {
  const auto read = [sysfs, channels = std::move(channels)]() -> Result<double> {
    double sum = 0;
    for (const Channel& channel : channels) {
      MOSAIC_TRY(const double value, read_channel(sysfs, channel));
      sum += value;
    }
    return sum;
  };
  if (info.kind != MeterKind::kEnergyCounter) {
    const auto read_power = [read]() -> Result<Watts> {
      MOSAIC_TRY(const double watts, read());
      return Watts{watts};
    };
    return make_power_meter(std::move(info), read_power, std::move(time));
  }
  const auto read_energy = [read, last = std::make_shared<double>(-1)]() -> Result<Joules> {
    MOSAIC_TRY(const double joules, read());
    if (joules < *last) return fail(ErrorCode::kDevice, "its counter went back: it was reset, or is too narrow to be followed");
    *last = joules;
    return Joules{joules};
  };
  return make_counter_meter(std::move(info), read_energy, std::move(time));
}

}  // namespace

std::vector<FoundMeter> find_hwmon(const Sysfs& sysfs) {
  std::vector<FoundMeter> found;
  for (const Channel& channel : find_channels(sysfs)) {
    FoundMeter meter{.info = describe(sysfs, channel.name(), {channel}), .problem = {}};
    if (const auto tried = read_channel(sysfs, channel); !tried) meter.problem = tried.error().message;
    found.push_back(std::move(meter));
  }
  return found;
}

Result<std::unique_ptr<Meter>> open_hwmon(const Sysfs& sysfs, std::string_view name, std::shared_ptr<Timekeeper> time) {
  const std::vector<Channel> all = find_channels(sysfs);
  std::vector<std::string> known;
  for (const Channel& each : all) known.push_back(each.name());
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kInvalidInput, fmt::format("meter '{}': {}; this machine has {}", name, why,
                                                      known.empty() ? "no hwmon meter" : fmt::format("{}", fmt::join(known, ", "))));
  };
  std::string_view rest = name.substr(std::min(kPrefix.size(), name.size()));
  std::vector<Channel> wanted;
  std::string chip(rest.substr(0, rest.find('/')));
  const bool names_channels = rest.contains('/');
  if (!names_channels) {
    std::ranges::copy_if(all, std::back_inserter(wanted), [&](const Channel& each) { return each.chip == chip; });
    if (wanted.size() > 1) return refuse("the chip has several channels, which may feed one another: name one, or A+B for a sum");
  } else if (const auto whole = std::ranges::find(all, name, &Channel::name); whole != all.end()) {
    wanted.push_back(*whole);  // whatever its label is made of
  } else {
    for (const std::string& part : split(rest, '+')) {
      const std::size_t slash = part.find('/');
      if (slash != std::string::npos) chip = part.substr(0, slash);
      const std::string label = part.substr(slash == std::string::npos ? 0 : slash + 1);
      const auto found = std::ranges::find_if(all, [&](const Channel& each) { return each.chip == chip && each.label == label; });
      if (found == all.end()) return refuse(fmt::format("there is no channel '{}/{}'", chip, label));
      wanted.push_back(*found);
    }
  }
  if (wanted.empty()) return refuse(fmt::format("there is no chip '{}' with a meter", chip));
  const auto counts = [](const Channel& each) { return each.kind == MeterKind::kEnergyCounter; };
  if (std::ranges::any_of(wanted, counts) && !std::ranges::all_of(wanted, counts))
    return refuse("counters of energy and sensors of power do not add up");
  const std::string full = names_channels ? std::string(name) : wanted.front().name();
  return make_meter(sysfs, describe(sysfs, full, wanted), wanted, std::move(time));
}

}  // namespace mosaic

#include "mosaic/power/energy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "mosaic/base/check.h"

namespace mosaic {
namespace {

double seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

Nanoseconds from_seconds(double time) { return Nanoseconds(static_cast<std::int64_t>(std::ceil(std::min(time, 1e9) * 1e9))); }

double deviation(std::span<const PowerSample> samples) {
  double sum = 0;
  for (const PowerSample& each : samples) sum += each.power.value;
  const double mean = sum / static_cast<double>(samples.size());
  double squares = 0;
  for (const PowerSample& each : samples) squares += (each.power.value - mean) * (each.power.value - mean);
  return std::sqrt(squares / static_cast<double>(samples.size() - 1));
}

struct Prefix {
  double from;
  double factor;
  std::string_view name;
};

std::string with_prefix(double value, std::string_view unit) {
  constexpr std::array<Prefix, 4> kPrefixes{{{999.5, 1e-3, "k"}, {0.9995, 1, ""}, {0.9995e-3, 1e3, "m"}, {0, 1e6, "u"}}};
  if (value == 0) return fmt::format("0 {}", unit);
  const auto* const fitting = std::ranges::find_if(kPrefixes, [&](const Prefix& each) { return std::fabs(value) >= each.from; });
  return fitting == kPrefixes.end() ? fmt::format("{} {}", value, unit) : fmt::format("{:.3g} {}{}", value * fitting->factor, fitting->name, unit);
}

}  // namespace

std::string_view name(MeterKind kind) {
  switch (kind) {
    case MeterKind::kEnergyCounter:
      return "energy counter";
    case MeterKind::kPower:
      return "power";
    case MeterKind::kVoltsTimesAmperes:
      return "volts x amperes";
  }
  return "";
}

double EnergyReading::relative_error() const {
  return energy.value == 0 ? std::numeric_limits<double>::infinity() : std::fabs(error.value / energy.value);
}

std::int64_t wrapped_difference(std::int64_t before, std::int64_t now, std::int64_t range) {
  MOSAIC_CHECK(before >= 0 && now >= 0 && before <= range && now <= range);
  return now >= before ? now - before : range - before + now;
}

Joules trapezoid(std::span<const PowerSample> samples) {
  Joules area{0};
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const Watts mean{(samples[i - 1].power.value + samples[i].power.value) / 2};
    area += mean * (samples[i].time - samples[i - 1].time);
  }
  return area;
}

Watts smallest_step(std::span<const PowerSample> samples) {
  std::vector<double> powers;
  for (const PowerSample& each : samples) powers.push_back(each.power.value);
  std::ranges::sort(powers);
  double smallest = 0;
  for (std::size_t i = 1; i < powers.size(); ++i) {
    const double step = powers[i] - powers[i - 1];
    const bool is_rounding = step <= 1e-9 * std::fabs(powers[i]);
    if (!is_rounding && (smallest == 0 || step < smallest)) smallest = step;
  }
  return {smallest};
}

Joules counter_error(Joules step, Watts power, Nanoseconds interval) { return {2 * std::hypot(step.value, (power * interval).value) / std::sqrt(6)}; }

Joules trapezoid_error(std::span<const PowerSample> samples, Watts step, Nanoseconds interval) {
  MOSAIC_CHECK(samples.size() >= 2);
  const double window = seconds(samples.back().time - samples.front().time);
  const auto [least, most] = std::ranges::minmax_element(samples, {}, [](const PowerSample& each) { return each.power.value; });
  const double steps = step.value * window / std::sqrt(12);
  const double edges = (most->power.value - least->power.value) * seconds(interval) / std::sqrt(6);
  const double between = deviation(samples) * window / std::sqrt(static_cast<double>(samples.size()));
  return {2 * std::hypot(steps, edges, between)};
}

std::optional<Nanoseconds> required_window(const MeterInfo& meter, double share, Watts power) {
  MOSAIC_CHECK(share > 0);
  const double expected = std::max(power.value, 1e-6);
  if (const auto* const step = std::get_if<Joules>(&meter.resolution)) {
    return from_seconds(2 / std::sqrt(6) * std::hypot(step->value / expected, seconds(meter.interval)) / share);
  }
  constexpr double kFewestUpdates = 10;  // for scatter to be told from chance
  const double of_steps = 2 * std::get<Watts>(meter.resolution).value / std::sqrt(12) / expected;
  if (of_steps >= share) return std::nullopt;
  const double edges = 2 / std::sqrt(6) * seconds(meter.interval) / std::sqrt(share * share - of_steps * of_steps);
  return from_seconds(std::max(edges, kFewestUpdates * seconds(meter.interval)));
}

Energy subtract_idle(const EnergyReading& reading, const EnergyReading& idle) {
  const double times = seconds(reading.window) / seconds(idle.window);
  return {.value = {reading.energy.value - idle.energy.value * times}, .error = {std::hypot(reading.error.value, idle.error.value * times)}};
}

std::string format_energy(Joules energy) { return with_prefix(energy.value, "J"); }
std::string format_power(Watts power) { return with_prefix(power.value, "W"); }

}  // namespace mosaic

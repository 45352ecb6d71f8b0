#include "energy.h"

#include <fmt/format.h>

#include <cmath>

#include "output.h"

namespace mosaic::cli {
namespace {

double json_mj(Joules energy) { return std::round(energy.value * 1e6) / 1e3; }
double seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

/// In a unit that suits the error: of a value that may be nothing no digit is known.
std::string nothing_within(const Energy& energy) {
  double scale = 1;
  std::string unit = "J";
  for (const char* const finer : {"mJ", "uJ"}) {
    if (energy.error.value * scale >= 1) break;
    scale *= 1e3;
    unit = finer;
  }
  const double value = std::round(energy.value.value * scale * 1e3) / 1e3 + 0.0;  // never "-0.000"
  return fmt::format("{:.3f} {} +- {:.3f} {}, no different from rest", value, unit, energy.error.value * scale, unit);
}

}  // namespace

void declare_meter(CLI::App& app, std::string& meter) {
  app.add_option(
         "--meter", meter,
         "What measures energy: auto, none, powercap[:ZONE], hwmon:CHIP/CHANNEL, battery, or log:FILE.csv[@SECONDS], the log of an external monitor "
         "(docs/energy.md)")
      ->capture_default_str();
}

std::string energy_with_error(const Energy& energy) {
  if (std::fabs(energy.value.value) <= energy.error.value) return nothing_within(energy);
  return fmt::format("{} +- {:.2g} %", format_energy(energy.value), 100 * std::fabs(energy.error.value / energy.value.value));
}

std::string resolution_text(const MeterInfo& meter) {
  if (const auto* const step = std::get_if<Joules>(&meter.resolution)) return format_energy(*step);
  return format_power(std::get<Watts>(meter.resolution));
}

Json energy_json(const std::optional<RunEnergy>& energy, const EnergyProbe& probe, const std::optional<ComputedEnergy>& computed) {
  if (!energy && computed && computed->simulated) return {{"method", "simulated"}, {"net_mj", json_mj(computed->of_run)}};
  if (!energy && computed)
    return {{"method", "modelled"}, {"from", "powers in the board file"}, {"total_mj", json_mj(computed->of_run)}, {"reason", probe.why_none()}};
  if (!energy) return {{"method", "none"}, {"reason", probe.why_none()}};
  return {{"method", "measured"},
          {"meter", energy->meter.name},
          {"kind", name(energy->meter.kind)},
          {"covers", energy->meter.covers},
          {"runs", energy->runs},
          {"samples", energy->window.samples},
          {"window_s", seconds(energy->window.window)},
          {"total_mj", json_mj(energy->total.value)},
          {"total_error_mj", json_mj(energy->total.error)},
          {"net_mj", json_mj(energy->net.value)},
          {"net_error_mj", json_mj(energy->net.error)},
          {"idle_mw", json_mj({energy->idle.power().value})},
          {"idle_window_s", seconds(energy->idle.window)}};
}

std::string energy_text(const std::optional<RunEnergy>& energy, const EnergyProbe& probe, const std::optional<ComputedEnergy>& computed) {
  if (!energy && computed && computed->simulated)
    return fmt::format("energy of a run: {}, of the devices while they work (simulated board: not real)\n", format_energy(computed->of_run));
  if (!energy && computed)
    return fmt::format("energy of a run: {} in total, modelled from the powers in the board file, not measured: {}\n",
                       format_energy(computed->of_run), probe.why_none());
  if (!energy) return fmt::format("energy: not measured: {}\n", probe.why_none());
  return fmt::format("energy of a run: {} in total, {} beyond the machine at rest ({}); measured by {} ({}) on {} runs in {:.3g} s\n",
                     energy_with_error(energy->total), energy_with_error(energy->net), format_power(energy->idle.power()), energy->meter.name,
                     energy->meter.covers, energy->runs, seconds(energy->window.window));
}

}  // namespace mosaic::cli

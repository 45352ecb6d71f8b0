#include "mosaic/power/run_energy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mosaic {
namespace {

struct Window {
  EnergyReading reading;
  std::size_t runs = 0;
};

/// Runs until `duration` is over, at least once. The window is ended in any case: it may have a thread.
Result<Window> measure_window(Meter& meter, Nanoseconds duration, const std::function<Result<void>()>& run, Timekeeper& time,
                              const std::stop_token& stop) {
  Window window;
  MOSAIC_RETURN_IF_ERROR(meter.start());
  const Nanoseconds begin = time.now();
  Result<void> ran;
  do {
    ran = run();
    window.runs += ran ? 1 : 0;
  } while (ran && !stop.stop_requested() && time.now() - begin < duration);
  auto reading = meter.stop();
  if (!ran) return std::unexpected(ran.error());
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while measuring energy");
  if (!reading) return std::unexpected(reading.error());
  window.reading = *std::move(reading);
  return window;
}

std::string resolution_text(const MeterInfo& meter) {
  if (const auto* const step = std::get_if<Joules>(&meter.resolution)) return format_energy(*step);
  return format_power(std::get<Watts>(meter.resolution));
}

std::unexpected<Error> refuse(const MeterInfo& meter, const Window& window, const RunEnergyOptions& options) {
  const double seconds = std::chrono::duration<double>(window.reading.window).count();
  return fail(
      ErrorCode::kDevice,
      fmt::format("meter {} cannot tell the energy to within {:g} %: after {:.3g} s it is {} +- {:.0f} % (steps of {}, updates every {:g} ms); "
                  "take a finer meter, or let the machine come to rest",
                  meter.name, 100 * options.share, seconds, format_energy(window.reading.energy),
                  100 * std::min(window.reading.relative_error(), 1e3), resolution_text(meter), Milliseconds(meter.interval).count()));
}

}  // namespace

Nanoseconds idle_window(const MeterInfo& meter, const RunEnergyOptions& options) {
  const auto needed = required_window(meter, options.share, Watts{1});
  return std::clamp<Nanoseconds>(needed.value_or(options.shortest), 2 * options.shortest, options.longest / 4);
}

Result<EnergyReading> measure_idle(Meter& meter, Nanoseconds duration, Timekeeper& time, const std::stop_token& stop) {
  const auto rest = [&]() -> Result<void> {
    time.sleep_until(time.now() + duration, stop);
    return {};
  };
  MOSAIC_TRY(Window window, measure_window(meter, duration, rest, time, stop));
  return std::move(window.reading);
}

Result<RunEnergy> measure_runs(Meter& meter, const EnergyReading& idle, const std::function<Result<void>()>& run, Timekeeper& time,
                               const RunEnergyOptions& options) {
  const auto needed = required_window(meter.info(), options.share, idle.power());
  Nanoseconds duration = std::clamp<Nanoseconds>(needed.value_or(options.shortest), options.shortest, options.longest);
  while (true) {
    MOSAIC_TRY(const Window window, measure_window(meter, duration, run, time, options.stop));
    if (window.reading.energy.value <= 0)
      return fail(ErrorCode::kDevice, fmt::format("meter {} shows no energy at all: it does not work here", meter.info().name));
    const double times_too_large = window.reading.relative_error() / options.share;
    if (times_too_large <= 1) {
      const auto runs = static_cast<double>(window.runs);
      const Energy net = subtract_idle(window.reading, idle);
      return RunEnergy{.meter = meter.info(),
                       .runs = window.runs,
                       .window = window.reading,
                       .idle = idle,
                       .total = {.value = {window.reading.energy.value / runs}, .error = {window.reading.error.value / runs}},
                       .net = {.value = {net.value.value / runs}, .error = {net.error.value / runs}}};
    }
    if (duration >= options.longest) return refuse(meter.info(), window, options);
    // Scatter shrinks with the root of the window, steps of a counter with the window itself.
    const double longer = std::clamp(times_too_large * times_too_large, 1.5, 8.0);
    duration = std::min<Nanoseconds>(std::chrono::duration_cast<Nanoseconds>(duration * longer), options.longest);
  }
}

}  // namespace mosaic

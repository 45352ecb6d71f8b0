#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mosaic/base/units.h"

namespace mosaic {

/// What a meter's sensor shows: how its readings become energy.
enum class MeterKind {
  kEnergyCounter,      ///< energy since some moment: a difference
  kPower,              ///< power now: the area under samples
  kVoltsTimesAmperes,  ///< both factors: likewise
};
[[nodiscard]] std::string_view name(MeterKind kind);  ///< "energy counter", "power", "volts x amperes"

/// What is known of a meter before it is read.
struct MeterInfo {
  std::string name;  ///< as `--meter` takes it
  MeterKind kind = MeterKind::kPower;
  std::string covers;                                 ///< "processor packages package-0 and dram"
  std::variant<Joules, Watts> resolution = Watts{0};  ///< smallest step: energy of a counter, power of the others
  Nanoseconds interval{};                             ///< between two updates of the sensor
};

/// Energy used in a window of time. The error is the half width of the interval that holds the true value with 95 % confidence as far as the
/// meter's resolution, its updates and the scatter of its samples go; what the sensor itself is off by (its calibration) no reading can tell.
struct EnergyReading {
  std::string meter;
  MeterKind kind = MeterKind::kPower;
  Joules energy;
  Joules error;
  Nanoseconds window{};
  std::size_t samples = 0;

  /// Requires: a window that is not empty.
  [[nodiscard]] Watts power() const { return {energy.value / std::chrono::duration<double>(window).count()}; }
  /// Error over energy; infinite where there was none to measure.
  [[nodiscard]] double relative_error() const;
};

/// Power at a moment, counted from any moment on.
struct PowerSample {
  Nanoseconds time{};
  Watts power;
};

/// How far a counter went from `before` to `now`, where after `range` it goes on at 0. Requires: 0 <= before, now <= range.
[[nodiscard]] std::int64_t wrapped_difference(std::int64_t before, std::int64_t now, std::int64_t range);

/// The area under the straight lines between samples. Requires: ascending times. Complexity: linear.
[[nodiscard]] Joules trapezoid(std::span<const PowerSample> samples);

/// The smallest difference between two powers that occur in the samples: what the sensor resolves in fact, or more where it is so
/// quiet that it shows few values. 0 where all are equal.
[[nodiscard]] Watts smallest_step(std::span<const PowerSample> samples);

/// Error of a difference of two readings of a counter with steps of `step` that is updated every `interval`, under a load of `power`. Each reading
/// is up to a step and up to an interval late, evenly spread: 2 sqrt((step^2 + (power interval)^2) / 6).
[[nodiscard]] Joules counter_error(Joules step, Watts power, Nanoseconds interval);

/// Error of `trapezoid`, two standard uncertainties, from three causes: the step, which is the same in all samples (step W / sqrt 12); the first and
/// the last reading's age ((most - least) interval / sqrt 6); what happens between samples, from their scatter (deviation W / sqrt n). W is the
/// window. Requires: at least two samples.
[[nodiscard]] Joules trapezoid_error(std::span<const PowerSample> samples, Watts step, Nanoseconds interval);

/// How long a window has to be for a relative error of `share`, expecting `power` and the worst a load can do at the edges of the window; none where
/// the sensor's steps are too coarse for any window. Requires: share > 0.
[[nodiscard]] std::optional<Nanoseconds> required_window(const MeterInfo& meter, double share, Watts power);

/// Energy with its error.
struct Energy {
  Joules value;
  Joules error;
};

/// What was used beyond what the idle machine uses in the same time: E - P t, with the errors of both (they are independent, so squares add).
[[nodiscard]] Energy subtract_idle(const EnergyReading& reading, const EnergyReading& idle);

/// "812 mJ", "1.23 J", with three digits.
[[nodiscard]] std::string format_energy(Joules energy);
/// "1.23 W", "45 mW".
[[nodiscard]] std::string format_power(Watts power);

}  // namespace mosaic

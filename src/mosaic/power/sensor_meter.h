#pragma once

// Used by the meters alone; not installed.

#include <functional>
#include <memory>

#include "mosaic/power/meter.h"
#include "mosaic/power/timekeeper.h"

namespace mosaic {

/// Reads an energy counter's value: energy since some moment, never less than the time before. Called by one thread at a time.
using ReadEnergy = std::function<Result<Joules>()>;

/// Reads the power of the moment. Called by one thread at a time.
using ReadPower = std::function<Result<Watts>()>;

/// A meter on a counter, which is read at both ends of a window and every 10 s between, so that it does not wrap twice unseen.
[[nodiscard]] std::unique_ptr<Meter> make_counter_meter(MeterInfo info, ReadEnergy read, std::shared_ptr<Timekeeper> time);

/// A meter on a sensor of power, which a thread reads as often as it is updated; between the samples runs a straight line.
[[nodiscard]] std::unique_ptr<Meter> make_power_meter(MeterInfo info, ReadPower read, std::shared_ptr<Timekeeper> time);

}  // namespace mosaic

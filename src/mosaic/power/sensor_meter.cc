#include "mosaic/power/sensor_meter.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "mosaic/base/check.h"
#include "mosaic/power/sampler.h"

namespace mosaic {
namespace {

constexpr std::chrono::seconds kCounterPeriod{10};
constexpr std::chrono::milliseconds kShortestPeriod{1};

/// A moment and what the counter said.
struct CounterSample {
  Nanoseconds time{};
  Joules energy;
};

class CounterMeter final : public Meter {
 public:
  CounterMeter(MeterInfo info, ReadEnergy read, std::shared_ptr<Timekeeper> time)
      : info_(std::move(info)), read_(std::move(read)), sampler_(std::move(time), kCounterPeriod, [this](Nanoseconds now) { return take(now); }) {}

  const MeterInfo& info() const override { return info_; }

  Result<void> start() override {
    count_ = 0;
    if (auto started = sampler_.start(); !started) return within("meter " + info_.name, started.error());
    return {};
  }

  Result<EnergyReading> stop() override {
    if (auto stopped = sampler_.stop(); !stopped) return within("meter " + info_.name, stopped.error());
    EnergyReading reading{
        .meter = info_.name, .kind = info_.kind, .energy = last_.energy - first_.energy, .error = {}, .window = last_.time - first_.time};
    reading.samples = count_;
    if (reading.window.count() > 0) reading.error = counter_error(std::get<Joules>(info_.resolution), reading.power(), info_.interval);
    return reading;
  }

 private:
  Result<void> take(Nanoseconds now) {
    MOSAIC_TRY(last_.energy, read_());
    last_.time = now;
    if (count_++ == 0) first_ = last_;
    return {};
  }

  const MeterInfo info_;
  const ReadEnergy read_;
  CounterSample first_;
  CounterSample last_;
  std::size_t count_ = 0;
  Sampler sampler_;  // last: its thread ends before the rest goes
};

class PowerMeter final : public Meter {
 public:
  PowerMeter(MeterInfo info, ReadPower read, std::shared_ptr<Timekeeper> time)
      : info_(std::move(info)),
        read_(std::move(read)),
        sampler_(std::move(time), std::max<Nanoseconds>(info_.interval, kShortestPeriod), [this](Nanoseconds now) { return take(now); }) {}

  const MeterInfo& info() const override { return info_; }

  Result<void> start() override {
    samples_.clear();
    if (auto started = sampler_.start(); !started) return within("meter " + info_.name, started.error());
    return {};
  }

  Result<EnergyReading> stop() override {
    if (auto stopped = sampler_.stop(); !stopped) return within("meter " + info_.name, stopped.error());
    MOSAIC_CHECK(samples_.size() >= 2);
    EnergyReading reading{.meter = info_.name, .kind = info_.kind, .energy = trapezoid(samples_)};
    const Watts step = std::max(std::get<Watts>(info_.resolution), smallest_step(samples_));
    reading.error = trapezoid_error(samples_, step, info_.interval);
    reading.window = samples_.back().time - samples_.front().time;
    reading.samples = samples_.size();
    return reading;
  }

 private:
  Result<void> take(Nanoseconds now) {
    MOSAIC_TRY(const Watts power, read_());
    samples_.push_back({.time = now, .power = power});
    return {};
  }

  const MeterInfo info_;
  const ReadPower read_;
  std::vector<PowerSample> samples_;
  Sampler sampler_;  // last: its thread ends before the rest goes
};

}  // namespace

std::unique_ptr<Meter> make_counter_meter(MeterInfo info, ReadEnergy read, std::shared_ptr<Timekeeper> time) {
  return std::make_unique<CounterMeter>(std::move(info), std::move(read), std::move(time));
}

std::unique_ptr<Meter> make_power_meter(MeterInfo info, ReadPower read, std::shared_ptr<Timekeeper> time) {
  return std::make_unique<PowerMeter>(std::move(info), std::move(read), std::move(time));
}

}  // namespace mosaic

#include "mosaic/cost/paper.h"

#include <algorithm>
#include <cmath>

#include "mosaic/base/check.h"

namespace mosaic::paper {
namespace {

/// Ordinary least squares of y over bytes; slope and intercept, neither below zero.
std::pair<double, double> fit(std::span<const double> x, std::span<const double> y) {
  const auto count = static_cast<double>(x.size());
  double sum_x = 0;
  double sum_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum_x += x[i];
    sum_y += y[i];
  }
  double covariance = 0;
  double variance = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    covariance += (x[i] - sum_x / count) * (y[i] - sum_y / count);
    variance += (x[i] - sum_x / count) * (x[i] - sum_x / count);
  }
  MOSAIC_CHECK(variance > 0);
  const double slope = std::max(0.0, covariance / variance);
  return {slope, std::max(0.0, (sum_y - slope * sum_x) / count)};
}

template <class Cost>
std::pair<double, double> fit_samples(std::span<const std::pair<Bytes, Cost>> samples, const auto& value) {
  std::vector<double> x;
  std::vector<double> y;
  for (const auto& [bytes, cost] : samples) {
    x.push_back(static_cast<double>(bytes.value));
    y.push_back(value(cost));
  }
  return fit(x, y);
}

constexpr double kPico = 1e12;

std::int64_t picoseconds(Microseconds time) { return std::llround(time.count() * 1e6); }
std::int64_t picojoules(Joules energy) { return std::llround(energy.value * kPico); }

/// Fills the tables of equation 8. `execute` and `hand_over` (a size, in or out) give integer costs.
ChainCosts tables(std::span<const DeviceProfile> devices, std::span<const Delta> deltas, std::span<const LayerSizes> sizes, const auto& execute,
                  const auto& enter, const auto& leave) {
  ChainCosts costs(sizes.size(), deltas.size());
  for (std::size_t c = 0; c < deltas.size(); ++c) {
    const DeviceProfile& device = devices[deltas[c].device];
    for (std::size_t l = 0; l < sizes.size(); ++l) {
      const auto cost = execution(device, deltas[c].clock, l, sizes[l]);
      costs.runs[costs.cell(c, l)] = cost.has_value();
      costs.execute[costs.cell(c, l)] = cost ? execute(*cost) : 0;
      costs.enter[costs.border(c, l)] = enter(device, deltas[c].clock, sizes[l].in);
      costs.leave[costs.border(c, l + 1)] = leave(device, deltas[c].clock, sizes[l].out);
    }
  }
  return costs;
}

}  // namespace

Communication<Microseconds> fit_communication(std::span<const std::pair<Bytes, Microseconds>> samples) {
  const auto [alpha, beta] = fit_samples(samples, [](Microseconds time) { return time.count(); });
  return {.alpha = Microseconds(alpha), .beta = Microseconds(beta)};
}

Communication<Joules> fit_communication(std::span<const std::pair<Bytes, Joules>> samples) {
  const auto [alpha, beta] = fit_samples(samples, [](Joules energy) { return energy.value; });
  return {.alpha = {alpha}, .beta = {beta}};
}

ClockResponse clock_response(Microseconds at_highest, Hertz highest, Microseconds at_lowest, Hertz lowest) {
  if (highest == lowest) return {.gamma = 0, .epsilon = at_highest};
  const double gamma = (at_lowest - at_highest).count() / (1 / static_cast<double>(lowest.value) - 1 / static_cast<double>(highest.value));
  return {.gamma = gamma, .epsilon = at_highest - Microseconds(gamma / static_cast<double>(highest.value))};
}

std::optional<Execution> execution(const DeviceProfile& device, std::size_t clock, std::size_t layer, const LayerSizes& sizes) {
  const auto& at_highest = device.highest[layer];
  const auto& at_lowest = device.lowest[layer];
  if (!at_highest || !at_lowest) return std::nullopt;
  const ClockedAt& highest = device.clocks.back();
  const ClockedAt& wanted = device.clocks[clock];
  Microseconds time = at_highest->time;
  Watts power = at_highest->power;
  if (device.clocks.size() > 1) {
    time = clock_response(at_highest->time, highest.clock, at_lowest->time, device.clocks.front().clock).at(wanted.clock);
    const Watts at_top = at_highest->power - device.static_power.back();
    power = total_power(dynamic_power(at_top, highest, wanted), device.static_power[clock]);
  }
  const Joules energy = power * time;
  const auto& communication = device.communication[clock];
  const auto& communication_energy = device.communication_energy[clock];
  time -= communication.in(sizes.in) + communication.out(sizes.out);
  const Joules rest = energy - communication_energy.in(sizes.in) - communication_energy.out(sizes.out);
  return Execution{.time = std::max(time, Microseconds(0)), .energy = std::max(rest, Joules{0})};
}

std::vector<Delta> performance_set(std::span<const DeviceProfile> devices) {
  std::vector<Delta> deltas;
  for (std::size_t d = 0; d < devices.size(); ++d) deltas.push_back({.device = d, .clock = devices[d].clocks.size() - 1});
  return deltas;
}

std::vector<Delta> energy_set(std::span<const DeviceProfile> devices) {
  std::vector<Delta> deltas;
  for (std::size_t d = 0; d < devices.size(); ++d) {
    for (std::size_t clock = 0; clock < devices[d].clocks.size(); ++clock) deltas.push_back({.device = d, .clock = clock});
  }
  return deltas;
}

ChainCosts time_costs(std::span<const DeviceProfile> devices, std::span<const Delta> deltas, std::span<const LayerSizes> sizes) {
  return tables(
      devices, deltas, sizes, [](const Execution& execution) { return picoseconds(execution.time); },
      [](const DeviceProfile& device, std::size_t clock, Bytes bytes) { return picoseconds(device.communication[clock].in(bytes)); },
      [](const DeviceProfile& device, std::size_t clock, Bytes bytes) { return picoseconds(device.communication[clock].out(bytes)); });
}

ChainCosts energy_costs(std::span<const DeviceProfile> devices, std::span<const Delta> deltas, std::span<const LayerSizes> sizes) {
  return tables(
      devices, deltas, sizes, [](const Execution& execution) { return picojoules(execution.energy); },
      [](const DeviceProfile& device, std::size_t clock, Bytes bytes) { return picojoules(device.communication_energy[clock].in(bytes)); },
      [](const DeviceProfile& device, std::size_t clock, Bytes bytes) { return picojoules(device.communication_energy[clock].out(bytes)); });
}

}  // namespace mosaic::paper

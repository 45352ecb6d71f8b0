#include "mosaic/evaluation/rk3399pro/clock_errors.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mosaic/base/statistics.h"
#include "mosaic/evaluation/rk3399pro/estimator.h"

namespace mosaic::tables {
namespace {

/// Relative errors, in per cent.
struct Deviations {
  std::vector<double> time;
  std::vector<double> power;
};
using BySetAndDevice = std::map<std::pair<std::string, char>, Deviations>;

void collect(std::span<const Network> networks, const Network& network, const Clocks& clocks, BySetAndDevice& all) {
  const Network known = two_clocks(network, clocks);
  const Estimator estimator(known, clocks, curves_for(networks, network, clocks));
  for (const auto& [key, rows] : network.samples) {
    if (key.first != Metric::kTask) continue;
    for (const auto& [point, truth] : rows) {
      if (known.find(Metric::kTask, key.second, point) || truth.time.count() <= 0) continue;
      const auto estimate = estimator.at(Metric::kTask, key.second, point);
      if (!estimate) continue;
      Deviations& of = all[{network.set, point.device}];
      of.time.push_back(100 * std::fabs(estimate->time / truth.time - 1));
      if (estimate->power && truth.power && truth.power->value > 0)
        of.power.push_back(100 * std::fabs(estimate->power->value / truth.power->value - 1));
    }
  }
}

}  // namespace

std::map<char, PowerCurve> curves_for(std::span<const Network> networks, const Network& network, const Clocks& clocks) {
  std::vector<const Network*> others;
  for (const Network& each : networks) {
    if (each.set == network.set && each.name != network.name) others.push_back(&each);
  }
  auto curves = fit_power(others, clocks);
  const Network* self = &network;
  for (auto& [device, curve] : fit_power(std::span(&self, 1), clocks)) curves.try_emplace(device, curve);
  return curves;
}

std::vector<ClockErrors> clock_errors(std::span<const Network> networks, const Clocks& clocks) {
  BySetAndDevice all;
  for (const Network& network : networks) collect(networks, network, clocks, all);
  std::vector<ClockErrors> errors;
  for (const auto& [key, of] : all) {
    ClockErrors row{.set = key.first, .device = key.second, .rows = of.time.size()};
    row.time_mean_percent = mean(of.time);
    row.time_worst_percent = std::ranges::max(of.time);
    if (!of.power.empty()) {
      row.power_mean_percent = mean(of.power);
      row.power_worst_percent = std::ranges::max(of.power);
    }
    errors.push_back(row);
  }
  return errors;
}

}  // namespace mosaic::tables

#include "mosaic/evaluation/rk3399pro/power_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mosaic::tables {
namespace {

/// A layer's power at the highest point and at another, in watts.
struct Pair {
  double highest = 0;
  double other = 0;
};
using Pairs = std::map<Point, std::vector<Pair>>;

Pairs pairs_of(std::span<const Network* const> networks, char device, const Point& highest) {
  Pairs pairs;
  for (const Network* network : networks) {
    for (const auto& [key, rows] : network->samples) {
      const auto top = rows.find(highest);
      if (key.first != Metric::kTask || top == rows.end() || !top->second.power) continue;
      for (const auto& [point, sample] : rows) {
        if (point.device == device && sample.power) pairs[point].push_back({.highest = top->second.power->value, .other = sample.power->value});
      }
    }
  }
  return pairs;
}

/// The share of the dynamic power at the highest point that is drawn at another, by least squares, and the squared relative errors it leaves.
struct Share {
  double value = 0;
  double error = 0;
};
Share share_of(const std::vector<Pair>& pairs, double static_power) {
  double product = 0;
  double square = 0;
  for (const Pair& each : pairs) {
    product += (each.other - static_power) * (each.highest - static_power);
    square += (each.highest - static_power) * (each.highest - static_power);
  }
  Share share{.value = square > 0 ? std::max(product / square, 0.0) : 0, .error = 0};
  for (const Pair& each : pairs) {
    const double relative = (static_power + share.value * (each.highest - static_power)) / each.other - 1;
    share.error += relative * relative;
  }
  return share;
}

std::optional<PowerCurve> fit_device(std::span<const Network* const> networks, char device, const Point& highest, const Clocks& clocks) {
  constexpr double kStep = 0.01;  // watts
  const Pairs pairs = pairs_of(networks, device, highest);
  if (pairs.empty()) return std::nullopt;
  double least = std::numeric_limits<double>::max();
  for (const auto& [point, of] : pairs) {
    for (const Pair& each : of) least = std::min({least, each.other, each.highest});
  }
  double best_error = std::numeric_limits<double>::max();
  PowerCurve curve{.highest = highest, .static_power = {}, .voltage = {}};
  for (int step = 0; step * kStep < std::min(least, 100.0); ++step) {
    double error = 0;
    for (const auto& [point, of] : pairs) error += share_of(of, step * kStep).error;
    if (error >= best_error) continue;
    best_error = error;
    curve.static_power = Watts{step * kStep};
  }
  const auto top_clock = clocks.own(highest);
  for (const auto& [point, of] : pairs) {
    const auto clock = clocks.own(point);
    const double ratio = clock && top_clock ? static_cast<double>(clock->value) / static_cast<double>(top_clock->value) : 1;
    curve.voltage[point] = Volts{std::sqrt(share_of(of, curve.static_power.value).value / ratio)};
  }
  return curve;
}

}  // namespace

std::map<char, PowerCurve> fit_power(std::span<const Network* const> networks, const Clocks& clocks) {
  std::map<char, Point> highest;
  for (const Network* network : networks) {
    for (const Point& point : network->points()) {
      const auto known = highest.find(point.device);
      if (known == highest.end() || known->second < point) highest[point.device] = point;
    }
  }
  std::map<char, PowerCurve> curves;
  for (const auto& [device, point] : highest) {
    if (auto curve = fit_device(networks, device, point, clocks)) curves[device] = *std::move(curve);
  }
  return curves;
}

}  // namespace mosaic::tables

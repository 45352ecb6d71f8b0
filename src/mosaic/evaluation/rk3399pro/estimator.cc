#include "mosaic/evaluation/rk3399pro/estimator.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "mosaic/cost/paper.h"

namespace mosaic::tables {
namespace {

using Curve = std::map<Hertz, Milliseconds>;  // time by clock

/// Equation 3 through the two clocks next to the wanted one; nothing from fewer than two.
std::optional<Milliseconds> along(const Curve& curve, Hertz wanted) {
  if (const auto exact = curve.find(wanted); exact != curve.end()) return exact->second;
  if (curve.size() < 2) return std::nullopt;
  auto above = curve.upper_bound(wanted);
  if (above == curve.begin()) ++above;
  if (above == curve.end()) --above;
  const auto below = std::prev(above);
  const paper::ClockResponse response = paper::clock_response(above->second, above->first, below->second, below->first);
  return Milliseconds(std::max(Milliseconds(response.at(wanted)).count(), 0.0));
}

/// The rows of one device at one clock of its host, by the device's clock.
Curve by_own_clock(const std::map<Point, Sample>& rows, const Clocks& clocks, char device, std::optional<int> host) {
  Curve curve;
  for (const auto& [point, sample] : rows) {
    const auto clock = clocks.own(point);
    if (point.device == device && point.host == host && clock) curve[*clock] = sample.time;
  }
  return curve;
}

/// The rows of one device by its host's clock; at one clock of its own where it has any.
Curve by_host_clock(const std::map<Point, Sample>& rows, const Clocks& clocks, const Point& like) {
  const bool fixed = !clocks.own(like);
  Curve curve;
  for (const auto& [point, sample] : rows) {
    const auto clock = clocks.driving(point);
    if (point.device == like.device && (fixed || point.clock == like.clock) && clock) curve[*clock] = sample.time;
  }
  return curve;
}

}  // namespace

std::optional<Milliseconds> Estimator::time(const std::map<Point, Sample>& rows, const Point& point) const {
  const auto own = clocks_.own(point);
  const auto driving = clocks_.driving(point);
  if (own) {
    if (auto found = along(by_own_clock(rows, clocks_, point.device, point.host), *own)) return found;
  }
  if (driving) {
    if (auto found = along(by_host_clock(rows, clocks_, point), *driving)) return found;
  }
  if (!own || !driving) return std::nullopt;
  const Point* corner = nullptr;
  for (const auto& [each, sample] : rows) {
    if (each.device == point.device && each.host &&
        (corner == nullptr || std::pair(each.clock, *each.host) > std::pair(corner->clock, *corner->host)))
      corner = &each;
  }
  if (corner == nullptr) return std::nullopt;
  const auto device_step = along(by_own_clock(rows, clocks_, point.device, corner->host), *own);
  const auto host_step = along(by_host_clock(rows, clocks_, *corner), *driving);
  if (!device_step || !host_step) return std::nullopt;
  return std::max(*device_step + *host_step - rows.at(*corner).time, Milliseconds(0));
}

std::optional<Watts> Estimator::power(const std::map<Point, Sample>& rows, const Point& point) const {
  if (const auto curve = curves_.find(point.device); curve != curves_.end()) {
    const PowerCurve& of = curve->second;
    const auto highest = rows.find(of.highest);
    const auto voltage = of.voltage.find(point);
    if (highest != rows.end() && highest->second.power && voltage != of.voltage.end()) {
      const Hertz one{1};
      const Watts dynamic =
          paper::dynamic_power(*highest->second.power - of.static_power, {.clock = clocks_.own(of.highest).value_or(one), .voltage = Volts{1}},
                               {.clock = clocks_.own(point).value_or(one), .voltage = voltage->second});
      return paper::total_power(dynamic, of.static_power);
    }
  }
  std::optional<Watts> nearest;
  int distance = 0;
  for (const auto& [each, sample] : rows) {
    if (each.device != point.device || !sample.power) continue;
    const int steps = std::abs(each.clock - point.clock) + std::abs(each.host.value_or(0) - point.host.value_or(0));
    if (nearest && steps >= distance) continue;
    nearest = sample.power;
    distance = steps;
  }
  return nearest;
}

Estimator::Estimator(const Network& network, Clocks clocks, std::map<char, PowerCurve> curves)
    : network_(&network), clocks_(std::move(clocks)), curves_(std::move(curves)) {}

std::optional<Sample> Estimator::at(Metric metric, std::size_t layer, const Point& point) const {
  const auto rows = network_->samples.find({metric, layer});
  if (rows == network_->samples.end()) return std::nullopt;
  if (const auto exact = rows->second.find(point); exact != rows->second.end()) return exact->second;
  const auto estimated = time(rows->second, point);
  return estimated ? std::optional(Sample{.time = *estimated, .power = power(rows->second, point)}) : std::nullopt;
}

Samples Estimator::samples() const {
  return [this](Metric metric, std::size_t layer, const Point& point) { return at(metric, layer, point); };
}

Samples measured(const Network& network) {
  return [&network](Metric metric, std::size_t layer, const Point& point) { return network.find(metric, layer, point); };
}

}  // namespace mosaic::tables

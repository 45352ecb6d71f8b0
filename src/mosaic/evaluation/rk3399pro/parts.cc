#include "mosaic/evaluation/rk3399pro/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "mosaic/base/check.h"

namespace mosaic::tables {
namespace {

constexpr char kAccelerator = 'N';
constexpr char kGpu = 'G';

/// The mean of the transfers that `is_meant`; nothing where there is none.
std::optional<Milliseconds> mean_transfer(const Network& network, const std::function<bool(const Hop&)>& is_meant) {
  Milliseconds sum{};
  double count = 0;
  for (const auto& [hop, time] : network.transfers) {
    if (!is_meant(hop)) continue;
    sum += time;
    ++count;
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

/// A layer's time and power at its point.
struct Step {
  Milliseconds time{};
  Watts power{};
};

Watts mean_power(const Step& a, const Step& b) { return {(a.power.value + b.power.value) / 2}; }

Result<std::vector<Step>> steps_of(const Network& network, const Samples& samples, std::span<const Point> points) {
  std::vector<Step> steps;
  for (std::size_t k = 0; k < points.size(); ++k) {
    const auto sample = samples(Metric::kTask, k, points[k]);
    const auto power = sample ? power_of(network, samples, Metric::kTask, k, points[k]) : std::nullopt;
    if (!power) {
      return fail(ErrorCode::kUnsupported, fmt::format("network '{}': nothing is known of layer {} at {}", network.name, k, name(points[k])));
    }
    steps.push_back({.time = sample->time, .power = *power});
  }
  return steps;
}

}  // namespace

Spent& Spent::operator+=(const Spent& other) {
  time += other.time;
  energy += other.energy;
  return *this;
}

Spent spend(Milliseconds time, Watts power) { return {.time = time, .energy = power * time}; }

Spent Parts::total() const {
  Spent sum = input + transfers;
  for (const auto& [device, spent] : layers) sum += spent;
  return sum;
}

Milliseconds transfer_time(const Network& network, const Hop& hop, char host) {
  if (hop.from == hop.to) return {};
  if (const auto found = network.transfers.find(hop); found != network.transfers.end()) return found->second;
  const auto pair = mean_transfer(network, [&](const Hop& each) { return each.from == hop.from && each.to == hop.to; });
  if (pair) return *pair;
  if (hop.from == kAccelerator || hop.to == kAccelerator) {
    if (hop.from != kGpu && hop.to != kGpu) return {};
    return transfer_time(network, {.cut = hop.cut, .from = hop.from == kGpu ? kGpu : host, .to = hop.to == kGpu ? kGpu : host}, host);
  }
  if (const auto here = mean_transfer(network, [&](const Hop& each) { return each.cut == hop.cut; })) return *here;
  return mean_transfer(network, [](const Hop&) { return true; }).value_or(Milliseconds(0));
}

std::optional<Watts> power_of(const Network& network, const Samples& samples, Metric metric, std::size_t layer, const Point& point) {
  if (const auto sample = samples(metric, layer, point); sample && sample->power) return sample->power;
  if (const auto task = samples(Metric::kTask, layer, point); task && task->power) return task->power;
  double sum = 0;
  double count = 0;
  for (std::size_t k = 0; k < network.layers; ++k) {
    const auto other = samples(Metric::kTask, k, point);
    if (!other || !other->power) continue;
    sum += other->power->value;
    ++count;
  }
  return count > 0 ? std::optional(Watts{sum / count}) : std::nullopt;
}

Result<Parts> break_down(const Network& network, const Samples& samples, std::span<const Point> points) {
  MOSAIC_CHECK(points.size() == network.layers && !points.empty());
  MOSAIC_TRY(const std::vector<Step> steps, steps_of(network, samples, points));
  const auto extra = [&](Metric metric, std::size_t k) {
    const auto sample = samples(metric, k, points[k]);
    if (!sample) return Spent{};
    return spend(sample->time, power_of(network, samples, metric, k, points[k]).value_or(steps[k].power));
  };
  Parts parts;
  parts.input = extra(Metric::kInput, 0);
  parts.output = extra(Metric::kOutput, points.size() - 1);
  for (std::size_t k = 0; k < points.size(); ++k) {
    parts.layers[points[k].device] += spend(steps[k].time, steps[k].power);
    const bool enters = k == 0 || points[k - 1].device != points[k].device;
    const bool leaves = k + 1 == points.size() || points[k + 1].device != points[k].device;
    if (enters) parts.transfers += extra(Metric::kFill, k);
    if (enters && k > 0) {
      const Watts power = mean_power(steps[k - 1], steps[k]);
      parts.transfers += spend(transfer_time(network, {.cut = k, .from = points[k - 1].device, .to = points[k].device}), power);
      parts.hops += spend(Milliseconds(1), power);
    }
    if (const auto fetch = samples(Metric::kFetch, k, points[k]); leaves && fetch) {
      parts.transfers += spend(std::max(fetch->time - steps[k].time, Milliseconds(0)), steps[k].power);
    }
  }
  return parts;
}

}  // namespace mosaic::tables

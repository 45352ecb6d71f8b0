#include "mosaic/mapping/fronts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "mosaic/base/check.h"

namespace mosaic::mapping {
namespace {

using diana::CostKind;

constexpr double kUnitsOfCycle = 40;
constexpr double kUnitsOfWatt = 1e5;

std::int64_t whole(double value, double units) { return std::llround(value * units); }

}  // namespace

std::int64_t whole_cost(const ConvShape& layer, std::int64_t digital, CostKind kind) {
  const diana::LayerCost cost = diana::layer_cost(layer, digital);
  const std::int64_t by_digital = whole(cost.digital_cycles, kUnitsOfCycle);
  const std::int64_t by_analog = whole(cost.analog_cycles, kUnitsOfCycle);
  if (kind == CostKind::kLatency) return std::max(by_digital, by_analog);
  const std::int64_t both = std::min(by_digital, by_analog);
  return whole(diana::kBothPower.value, kUnitsOfWatt) * both + whole(diana::kAnalogPower.value, kUnitsOfWatt) * (by_analog - both) +
         whole(diana::kDigitalPower.value, kUnitsOfWatt) * (by_digital - both);
}

std::vector<std::size_t> by_sensitivity(std::span<const double> sensitivities) {
  std::vector<std::size_t> order(sensitivities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return sensitivities[a] > sensitivities[b]; });
  return order;
}

std::vector<Choice> layer_front(const ConvShape& layer, std::span<const double> sensitivities, CostKind kind) {
  MOSAIC_CHECK(std::ssize(sensitivities) == layer.out_channels);
  MOSAIC_CHECK(std::ranges::all_of(sensitivities, [](double each) { return std::isfinite(each) && each >= 0; }));
  std::vector<Choice> choices{{.digital = layer.out_channels, .cost = whole_cost(layer, layer.out_channels, kind), .proxy = 0}};
  if (layer.groups > 1) return choices;
  const std::vector<std::size_t> order = by_sensitivity(sensitivities);
  double proxy = 0;
  for (std::int64_t digital = layer.out_channels - 1; digital >= 0; --digital) {
    proxy += sensitivities[order[static_cast<std::size_t>(digital)]];
    choices.push_back({.digital = digital, .cost = whole_cost(layer, digital, kind), .proxy = proxy});
  }
  // Stable: of choices that are equal in both, the most digital comes first.
  std::ranges::stable_sort(choices, [](const Choice& a, const Choice& b) { return std::pair(a.cost, a.proxy) < std::pair(b.cost, b.proxy); });
  std::vector<Choice> front;
  for (const Choice& choice : choices) {
    if (front.empty() || choice.proxy < front.back().proxy) front.push_back(choice);
  }
  return front;
}

std::vector<MappedPoint> spread_points(const CostFront& front, CostKind kind, std::size_t count) {
  MOSAIC_CHECK(count >= 2);
  const std::vector<MappedPoint>& all = front.points;
  if (all.size() <= count) return all;
  const double low = std::log(all.front().cost.of(kind));
  const double high = std::log(all.back().cost.of(kind));
  std::vector<MappedPoint> chosen;
  std::size_t next = 0;  // the first point that may still be chosen
  for (std::size_t i = 0; i < count && next < all.size(); ++i) {
    const double wanted = low + (high - low) * static_cast<double>(i) / static_cast<double>(count - 1);
    const auto off = [&](std::size_t p) { return std::fabs(std::log(all[p].cost.of(kind)) - wanted); };
    std::size_t nearest = next;
    while (nearest + 1 < all.size() && off(nearest + 1) <= off(nearest)) ++nearest;
    if (i + 1 == count) nearest = all.size() - 1;
    chosen.push_back(all[nearest]);
    next = nearest + 1;
  }
  return chosen;
}

Mapping to_mapping(const network::Network& network, const Sensitivities& sensitivities, const MappedPoint& point) {
  Mapping mapping = all_digital(network);
  MOSAIC_CHECK(mapping.layers.size() == point.digital.size() && sensitivities.size() == point.digital.size());
  for (std::size_t l = 0; l < mapping.layers.size(); ++l) {
    std::vector<Unit>& channels = mapping.layers[l].channels;
    const std::vector<std::size_t> order = by_sensitivity(sensitivities[l]);
    MOSAIC_CHECK(order.size() == channels.size());
    for (auto i = static_cast<std::size_t>(point.digital[l]); i < order.size(); ++i) channels[order[i]] = Unit::kAnalog;
  }
  return mapping;
}

double proxy_of(const Mapping& mapping, const Sensitivities& sensitivities) {
  MOSAIC_CHECK(mapping.layers.size() == sensitivities.size());
  double sum = 0;
  for (std::size_t l = 0; l < mapping.layers.size(); ++l) {
    const std::vector<Unit>& channels = mapping.layers[l].channels;
    MOSAIC_CHECK(channels.size() == sensitivities[l].size());
    for (std::size_t c = 0; c < channels.size(); ++c) sum += channels[c] == Unit::kAnalog ? sensitivities[l][c] : 0;
  }
  return sum;
}

}  // namespace mosaic::mapping

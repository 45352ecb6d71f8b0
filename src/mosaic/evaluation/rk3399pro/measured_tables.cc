#include "mosaic/evaluation/rk3399pro/measured_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace mosaic::tables {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The only point that `is_meant`, if there is exactly one.
template <class Predicate>
std::optional<Point> only(const std::set<Point>& points, Predicate is_meant) {
  const auto found = std::ranges::find_if(points, is_meant);
  if (found == points.end() || std::find_if(std::next(found), points.end(), is_meant) != points.end()) return std::nullopt;
  return *found;
}

}  // namespace

std::string name(const Point& point) {
  return point.host ? fmt::format("{}{}+{}", point.device, point.clock, *point.host) : fmt::format("{}{}", point.device, point.clock);
}

std::optional<Sample> Network::find(Metric metric, std::size_t layer, const Point& point) const {
  const auto of_layer = samples.find({metric, layer});
  if (of_layer == samples.end()) return std::nullopt;
  const auto found = of_layer->second.find(point);
  return found == of_layer->second.end() ? std::nullopt : std::optional(found->second);
}

std::set<Point> Network::points() const {
  std::set<Point> all;
  for (const auto& [key, by_point] : samples) {
    if (key.first != Metric::kTask) continue;
    for (const auto& [point, sample] : by_point) all.insert(point);
  }
  return all;
}

Point match(const std::set<Point>& known, const Point& point) {
  if (known.contains(point)) return point;
  const auto meant = only(
      known, [&](const Point& each) { return each.device == point.device && (point.host ? each.host == point.host : each.clock == point.clock); });
  return meant.value_or(point);
}

const Network* profile_of(const Tables& tables, const MeasuredRuns& runs) {
  const Network* same_name = nullptr;
  const Network* begins_so = nullptr;
  std::size_t beginning = 0;
  for (const Network& each : tables.networks) {
    if (each.name == runs.network && each.set == runs.set) return &each;
    if (each.name == runs.network && same_name == nullptr) same_name = &each;
    if (!lower(each.name).starts_with(lower(runs.network))) continue;
    begins_so = &each;
    ++beginning;
  }
  if (same_name != nullptr) return same_name;
  return beginning == 1 ? begins_so : nullptr;
}

}  // namespace mosaic::tables

#include "mosaic/evaluation/rk3399pro/clocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace mosaic::tables {
namespace {

std::optional<Hertz> clock_at(const std::map<char, std::vector<Hertz>>& clocks, char device, int index) {
  const auto found = clocks.find(device);
  const auto at = static_cast<std::size_t>(index);
  return found == clocks.end() || at >= found->second.size() ? std::nullopt : std::optional(found->second[at]);
}

}  // namespace

std::optional<Hertz> Clocks::own(const Point& point) const { return clock_at(of, point.device, point.clock); }

std::optional<Hertz> Clocks::driving(const Point& point) const { return point.host ? clock_at(of, host, *point.host) : std::nullopt; }

Result<Clocks> clocks_of(const Board& board) {
  constexpr std::array<std::pair<char, std::string_view>, 4> kDevices{{{'B', "big"}, {'L', "little"}, {'G', "gpu"}, {'N', "npu"}}};
  Clocks clocks;
  for (const auto& [letter, name] : kDevices) {
    const auto device = std::ranges::find(board.devices, name, &Device::name);
    if (device == board.devices.end()) {
      if (letter == 'N') continue;
      return fail(ErrorCode::kInvalidInput, fmt::format("board '{}' has no device '{}', which the tables call {}", board.name, name, letter));
    }
    std::vector<Hertz>& of = clocks.of[letter];
    for (const OperatingPoint& point : device->points) {
      if (point.clock) of.push_back(*point.clock);
    }
    std::ranges::sort(of);
  }
  return clocks;
}

Network two_clocks(const Network& network, const Clocks& clocks) {
  std::map<char, std::set<int>> own;
  std::map<char, std::set<int>> hosts;
  for (const Point& point : network.points()) {
    own[point.device].insert(point.clock);
    if (point.host) hosts[point.device].insert(*point.host);
  }
  const auto kept = [&](const Point& point) {
    const bool fixed = !clocks.own(point);
    const std::set<int>& of = own[point.device];
    const bool highest = of.empty() || point.clock == *of.rbegin();
    const bool lowest = of.empty() || point.clock == *of.begin();
    if (!point.host) return fixed || highest || lowest;
    const std::set<int>& driven = hosts[point.device];
    const bool host_highest = driven.empty() || *point.host == *driven.rbegin();
    const bool host_lowest = driven.empty() || *point.host == *driven.begin();
    if (fixed) return host_highest || host_lowest;
    return (highest && (host_highest || host_lowest)) || (lowest && host_highest);
  };
  Network reduced = network;
  for (auto& [key, by_point] : reduced.samples) std::erase_if(by_point, [&](const auto& row) { return !kept(row.first); });
  return reduced;
}

}  // namespace mosaic::tables

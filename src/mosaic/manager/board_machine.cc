#include "mosaic/manager/board_machine.h"

#include <fmt/format.h>

#include <algorithm>

namespace mosaic::manager {
namespace {

constexpr std::size_t kMostDomains = 8;
constexpr std::size_t kMostClocks = 255;

std::vector<Hertz> clocks_of(const Device& device) {
  std::vector<Hertz> clocks;
  for (const OperatingPoint& point : device.points) {
    if (point.clock) clocks.push_back(*point.clock);
  }
  std::ranges::sort(clocks);
  clocks.erase(std::ranges::unique(clocks).begin(), clocks.end());
  return clocks;
}

class Builder {
 public:
  explicit Builder(const Board& board) : board_(board) { made_.machine.name = board.name; }

  Result<BoardMachine> build() {
    for (const Device& device : board_.devices) {
      const Units units = units_of(device);
      const auto clocks = clocks_of(device);
      if (clocks.size() > kMostClocks)
        return fail(ErrorCode::kUnsupported, fmt::format("device '{}' has {} clocks, of at most {}", device.name, clocks.size(), kMostClocks));
      domains_.push_back(clocks.empty() ? std::nullopt : std::optional(made_.machine.domains.size()));
      if (!clocks.empty()) made_.machine.domains.push_back({.name = device.name, .levels = clocks, .units = units});
    }
    for (std::size_t c = 0; c < board_.configurations.size(); ++c) place(ConfigurationId(c));
    if (made_.machine.units.size() > kMostUnits)
      return fail(ErrorCode::kUnsupported,
                  fmt::format("board '{}' has {} cores and devices, of at most {}", board_.name, made_.machine.units.size(), kMostUnits));
    if (made_.machine.domains.size() > kMostDomains)
      return fail(ErrorCode::kUnsupported,
                  fmt::format("board '{}' has {} clocks to set, of at most {}", board_.name, made_.machine.domains.size(), kMostDomains));
    return std::move(made_);
  }

 private:
  Units unit(const std::string& name) {
    auto& units = made_.machine.units;
    const auto found = std::ranges::find(units, name);
    const auto index = static_cast<std::size_t>(found - units.begin());
    if (found == units.end()) units.push_back(name);
    return index < kMostUnits ? Units{1} << index : 0;
  }

  Units units_of(std::span<const int> cores) {
    Units units = 0;
    for (const int core : cores) units |= unit(fmt::format("cpu{}", core));
    return units;
  }
  Units units_of(const Device& device) { return device.cores.empty() ? unit(device.name) : units_of(std::span(device.cores)); }

  void place(ConfigurationId id) {
    const Configuration& configuration = board_.configuration(id);
    const Device& device = board_.device(configuration.device);
    const OperatingPoint& point = board_.point_of(id);
    std::uint64_t clock = 0;
    std::string at;
    if (const auto domain = domains_[configuration.device.index()]; domain && point.clock) {
      const auto& levels = made_.machine.domains[*domain].levels;
      clock = Placement::clock(*domain, static_cast<std::size_t>(std::ranges::find(levels, *point.clock) - levels.begin()));
      at = fmt::format("@{:g}MHz", static_cast<double>(point.clock->value) / 1e6);
    }
    const auto count = static_cast<std::size_t>(std::max(point.cores, 0));
    if (device.cores.empty() || count == 0) {
      made_.machine.placements.push_back({.name = device.name + at, .units = units_of(device), .clocks = clock});
      made_.seats.push_back({.configuration = id, .cores = device.cores});
      return;
    }
    for (std::size_t first = 0; first + count <= device.cores.size(); first += count) {
      const std::vector<int> cores(device.cores.begin() + static_cast<std::ptrdiff_t>(first),
                                   device.cores.begin() + static_cast<std::ptrdiff_t>(first + count));
      const std::string range = count == 1 ? fmt::format("{}", cores.front()) : fmt::format("{}-{}", cores.front(), cores.back());
      made_.machine.placements.push_back(
          {.name = fmt::format("{}[{}]{}", device.name, range, at), .units = units_of(std::span(cores)), .clocks = clock});
      made_.seats.push_back({.configuration = id, .cores = cores});
    }
  }

  const Board& board_;
  BoardMachine made_;
  std::vector<std::optional<std::size_t>> domains_;  ///< by device
};

}  // namespace

Result<BoardMachine> machine_of(const Board& board) { return Builder(board).build(); }

}  // namespace mosaic::manager

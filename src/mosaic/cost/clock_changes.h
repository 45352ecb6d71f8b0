#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mosaic {

/// What it costs to change clocks between the slices of a plan. A *clock domain* is a clock that slices set to a *level*; one configuration may set
/// several (a GPU's clock and that of the cores that feed it) or none. A domain keeps its level until a slice sets it again, also while slices run
/// that leave it alone.
///
/// Costs are those of a run in the middle of many: the level that a run's last slice leaves in a domain is the one that the next run's first slice
/// finds. So a domain goes round a cycle of levels, and each change along it is charged to the slice that asks for it, the one between two runs to
/// the first slice that sets the domain.
struct ClockChanges {
  struct Setting {
    std::uint32_t domain = 0;
    std::uint32_t level = 0;

    friend bool operator==(Setting, Setting) = default;
  };

  std::vector<std::size_t> levels;                ///< how many, [domain]
  std::vector<std::vector<Setting>> sets;         ///< [configuration]; no domain twice
  std::vector<std::vector<std::int64_t>> change;  ///< picoseconds or picojoules, [domain][from level * levels + to level]; nothing for no change

  /// Domains that can be changed for nothing, and configurations that set none.
  ClockChanges(std::vector<std::size_t> levels_of_domains, std::size_t configurations);

  [[nodiscard]] std::int64_t cost(std::size_t domain, std::size_t from, std::size_t to) const { return change[domain][from * levels[domain] + to]; }
  [[nodiscard]] std::int64_t& cost(std::size_t domain, std::size_t from, std::size_t to) { return change[domain][from * levels[domain] + to]; }

  /// What a slice on `from` and one on `to` right behind it ask the same domains to change.
  [[nodiscard]] std::int64_t between(std::size_t from, std::size_t to) const;

  /// What slice `slice` of slices on `configurations` is charged.
  [[nodiscard]] std::int64_t charged(const std::vector<std::size_t>& configurations, std::size_t slice) const;
};

}  // namespace mosaic

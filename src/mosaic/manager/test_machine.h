#pragma once

// Machines, tables and scenarios for tests of this room.

#include <cstddef>
#include <string>
#include <vector>

#include "mosaic/base/random.h"
#include "mosaic/manager/application.h"
#include "mosaic/manager/decide.h"
#include "mosaic/manager/machine.h"
#include "mosaic/manager/scenario.h"

namespace mosaic::test {

constexpr Nanoseconds operator""_ms(unsigned long long count) { return Nanoseconds(static_cast<std::int64_t>(count) * 1'000'000); }

/// Two cores and a GPU with three clocks.
inline manager::Machine small_machine() {
  using manager::Placement;
  manager::Machine machine{.name = "small", .units = {"cpu0", "cpu1", "gpu"}, .domains = {}, .placements = {}};
  machine.domains.push_back({.name = "gpu", .levels = {{100'000'000}, {200'000'000}, {400'000'000}}, .units = 0b100});
  machine.placements = {{.name = "cpu[0]", .units = 0b001, .clocks = 0},
                        {.name = "cpu[1]", .units = 0b010, .clocks = 0},
                        {.name = "cpu[0-1]", .units = 0b011, .clocks = 0},
                        {.name = "gpu@100MHz", .units = 0b100, .clocks = Placement::clock(0, 0)},
                        {.name = "gpu@200MHz", .units = 0b100, .clocks = Placement::clock(0, 1)},
                        {.name = "gpu@400MHz", .units = 0b100, .clocks = Placement::clock(0, 2)}};
  return machine;
}

/// `levels` levels; level i takes (i + 1) times `least` on one core, and on others as these are faster.
inline manager::LevelTable small_table(std::size_t levels, Nanoseconds least) {
  const std::vector<double> speeds{1, 1, 1.8, 1, 2, 4};
  const std::vector<double> watts{1, 1, 2, 0.6, 1.6, 6};
  manager::LevelTable table;
  for (std::size_t level = 0; level < levels; ++level) {
    manager::LevelTable::Level row{
        .name = "level" + std::to_string(level), .accuracy_percent = 80 + 2 * static_cast<double>(level), .memory = {1'000'000}, .costs = {}};
    for (std::size_t p = 0; p < speeds.size(); ++p) {
      const auto time = Nanoseconds(static_cast<std::int64_t>(static_cast<double>(least.count()) * static_cast<double>(level + 1) / speeds[p]));
      row.costs.emplace_back(manager::LevelTable::Cost{.latency = time, .energy = Watts{watts[p]} * std::chrono::duration<double>(time)});
    }
    table.levels.push_back(std::move(row));
  }
  return table;
}

/// All options of a table, as they are.
inline std::vector<manager::Option> all_options(const manager::LevelTable& table) {
  std::vector<manager::Option> options;
  for (std::size_t level = 0; level < table.levels.size(); ++level) {
    for (std::size_t placement = 0; placement < table.levels[level].costs.size(); ++placement) {
      const auto& cost = table.levels[level].costs[placement];
      if (!cost) continue;
      options.push_back({.operation = {.level = level, .placement = placement},
                         .latency = cost->latency,
                         .energy = cost->energy,
                         .accuracy_percent = table.levels[level].accuracy_percent,
                         .memory = table.levels[level].memory});
    }
  }
  return options;
}

/// Random placements, clocks, options and targets.
inline manager::Machine random_machine(std::size_t placements, Random& random) {
  manager::Machine machine{.name = "random", .units = {}, .domains = {}, .placements = {}};
  const std::size_t units = 2 + random.below(7);
  for (std::size_t unit = 0; unit < units; ++unit) machine.units.push_back("unit" + std::to_string(unit));
  machine.domains = {{.name = "a", .levels = {{1}, {2}, {3}}, .units = 0}, {.name = "b", .levels = {{1}, {2}}, .units = 0}};
  for (std::size_t p = 0; p < placements; ++p) {
    manager::Placement placement{.name = "p" + std::to_string(p), .units = 1 + random.below((std::size_t{1} << units) - 1), .clocks = 0};
    if (random.below(2) == 0) placement.clocks |= manager::Placement::clock(0, random.below(3));
    if (random.below(2) == 0) placement.clocks |= manager::Placement::clock(1, random.below(2));
    machine.placements.push_back(placement);
  }
  return machine;
}

inline manager::Demand random_demand(const manager::Machine& machine, std::size_t levels, Random& random) {
  manager::Demand demand;
  demand.priority = static_cast<int>(random.below(3));
  if (random.below(4) != 0) demand.targets.latency = Nanoseconds(random.between(2'000'000, 40'000'000));
  if (random.below(2) == 0) demand.targets.accuracy_percent = random.uniform(70, 90);
  if (random.below(4) == 0) demand.targets.energy = Joules{random.uniform(0.001, 0.05)};
  if (random.below(4) == 0) demand.targets.power = Watts{random.uniform(0.1, 2)};
  demand.period = Nanoseconds(random.between(5'000'000, 100'000'000));
  for (std::size_t level = 0; level < levels; ++level) {
    for (std::size_t placement = 0; placement < machine.placements.size(); ++placement) {
      if (random.below(8) == 0) continue;
      demand.options.push_back({.operation = {.level = level, .placement = placement},
                                .latency = Nanoseconds(random.between(500'000, 8'000'000) * static_cast<std::int64_t>(level + 1)),
                                .energy = Joules{random.uniform(0.001, 0.02) * static_cast<double>(level + 1)},
                                .accuracy_percent = 70 + 4 * static_cast<double>(level),
                                .memory = {random.between(0, 4) * 1'000'000},
                                .delay = Nanoseconds(random.between(0, 3) * 1'000'000)});
    }
  }
  if (!demand.options.empty() && random.below(2) == 0) demand.current = random.below(demand.options.size());
  return demand;
}

}  // namespace mosaic::test

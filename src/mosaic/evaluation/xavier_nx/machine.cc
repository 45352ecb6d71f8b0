#include "mosaic/evaluation/xavier_nx/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace mosaic::xavier_nx {
namespace {

constexpr int kCores = 4;
constexpr std::array<Hertz, 6> kCpuClocks{{{200'000'000}, {500'000'000}, {800'000'000}, {1'200'000'000}, {1'400'000'000}, {1'500'000'000}}};
constexpr std::array<Hertz, 9> kGpuClocks{
    {{300'000'000}, {400'000'000}, {500'000'000}, {600'000'000}, {700'000'000}, {803'000'000}, {900'000'000}, {1'000'000'000}, {1'100'000'000}}};
constexpr Hertz kCpuTableClock{1'400'000'000};
constexpr Hertz kGpuTableClock{1'100'000'000};

double over(Hertz a, Hertz b) { return static_cast<double>(a.value) / static_cast<double>(b.value); }

/// Of dynamic power at the highest clock.
double power_share(const BoardModel& model, Hertz clock, std::span<const Hertz> clocks) {
  const double along = static_cast<double>((clock - clocks.front()).value) / static_cast<double>((clocks.back() - clocks.front()).value);
  const double voltage = model.least_voltage + (1 - model.least_voltage) * along;
  return over(clock, clocks.back()) * voltage * voltage;
}

/// A placement, with what the model says of it.
struct Seat {
  manager::Placement placement;
  Hertz clock;
  int cores = 0;  ///< 0: the GPU
};

std::vector<Seat> seats() {
  using manager::Placement;
  using manager::Units;
  std::vector<Seat> all;
  for (int count = 1; count <= kCores; ++count) {
    for (int first = 0; first + count <= kCores; first += count) {
      const Units units = ((Units{1} << count) - 1) << first;
      const std::string range = count == 1 ? fmt::format("{}", first) : fmt::format("{}-{}", first, first + count - 1);
      for (std::size_t c = 0; c < kCpuClocks.size(); ++c) {
        all.push_back({.placement = {.name = fmt::format("cpu[{}]@{}MHz", range, kCpuClocks[c].value / 1'000'000),
                                     .units = units,
                                     .clocks = Placement::clock(0, c)},
                       .clock = kCpuClocks[c],
                       .cores = count});
      }
    }
  }
  for (std::size_t c = 0; c < kGpuClocks.size(); ++c) {
    all.push_back({.placement = {.name = fmt::format("gpu@{}MHz", kGpuClocks[c].value / 1'000'000),
                                 .units = Units{1} << kCores,
                                 .clocks = Placement::clock(1, c)},
                   .clock = kGpuClocks[c]});
  }
  return all;
}

/// So many times the levels' sums as brings their ends as near to the published ones, by ratio, as one factor can.
double scale_of(std::span<const Level> levels, Nanoseconds Level::* time, Milliseconds least, Milliseconds most) {
  const auto [low, high] = std::ranges::minmax(levels, {}, time);
  return std::sqrt(least.count() * most.count() / (Milliseconds(low.*time).count() * Milliseconds(high.*time).count()));
}

}  // namespace

std::vector<Level> levels_of_front(std::span<const elastic::Candidate> candidates, const elastic::AdditiveScores& gpu,
                                   const elastic::AdditiveScores& cpu, const std::string& prefix) {
  std::vector<Level> levels;
  for (const elastic::Candidate& each : candidates) {
    levels.push_back({.network = each.network,
                      .name = fmt::format("{}{}", prefix, levels.size()),
                      .proxy_percent = static_cast<double>(each.score.accuracy.value) / 1000,
                      .gpu = gpu(each.network).latency,
                      .cpu = cpu(each.network).latency});
  }
  std::ranges::stable_sort(levels, {}, &Level::proxy_percent);
  return levels;
}

BoardModel fitted_model(std::span<const Level> gpu_levels, std::span<const Level> cpu_levels, const Published& published) {
  BoardModel model;
  model.gpu_scale = scale_of(gpu_levels, &Level::gpu, published.gpu_least, published.gpu_most);
  model.cpu_scale = scale_of(cpu_levels, &Level::cpu, published.cpu_least, published.cpu_most);
  model.gpu_clocked = (published.gpu_slow / published.gpu - 1) / (over(kGpuTableClock, Hertz{803'000'000}) - 1);
  model.gpu_training = published.beside_training / published.before_training;
  model.gpu_other = (published.gpu_shared / published.gpu - 1) / (model.gpu_training - 1);
  model.cpu_other = published.cpu_shared / published.cpu;
  return model;
}

Milliseconds gpu_time(const BoardModel& model, const Level& level, Hertz clock) {
  return Milliseconds(level.gpu) * model.gpu_scale * (1 - model.gpu_clocked + model.gpu_clocked * over(kGpuTableClock, clock));
}

Milliseconds cpu_time(const BoardModel& model, const Level& level, Hertz clock, int cores) {
  const auto amdahl = [&](int count) { return 1 - model.parallel + model.parallel / count; };
  return Milliseconds(level.cpu) * model.cpu_scale * over(kCpuTableClock, clock) * (amdahl(cores) / amdahl(kCores));
}

manager::Machine xavier_machine(const BoardModel& model) {
  manager::Machine machine{.name = "Jetson Xavier NX, modelled", .units = {}, .domains = {}, .placements = {}};
  for (int core = 0; core < kCores; ++core) {
    machine.units.push_back(fmt::format("cpu{}", core));
    machine.shared.push_back(model.cpu_other);
  }
  machine.units.emplace_back("gpu");
  machine.shared.push_back(model.gpu_training);
  machine.domains = {{.name = "cpu", .levels = {kCpuClocks.begin(), kCpuClocks.end()}, .units = 0b01111},
                     {.name = "gpu", .levels = {kGpuClocks.begin(), kGpuClocks.end()}, .units = 0b10000}};
  for (Seat& each : seats()) machine.placements.push_back(std::move(each.placement));
  return machine;
}

manager::LevelTable level_table(const BoardModel& model, std::span<const Level> levels) {
  manager::LevelTable table;
  for (const Level& level : levels) {
    manager::LevelTable::Level row{.name = level.name, .accuracy_percent = level.proxy_percent, .memory = {}, .costs = {}};
    for (const Seat& seat : seats()) {
      const bool gpu = seat.cores == 0;
      const Milliseconds time = gpu ? gpu_time(model, level, seat.clock) : cpu_time(model, level, seat.clock, seat.cores);
      const double dynamic = gpu ? model.gpu.value * power_share(model, seat.clock, kGpuClocks)
                                 : seat.cores * model.core.value * power_share(model, seat.clock, kCpuClocks);
      row.costs.emplace_back(manager::LevelTable::Cost{.latency = std::chrono::round<Nanoseconds>(time),
                                                       .energy = (model.working + Watts{dynamic}) * std::chrono::duration<double>(time)});
    }
    table.levels.push_back(std::move(row));
  }
  return table;
}

}  // namespace mosaic::xavier_nx

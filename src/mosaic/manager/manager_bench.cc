// Budget, judged by scripts/bench: a decision for 4 applications x 6 levels x 25 placements within 50 us on average over machines, tables and targets
// that were drawn, tight ones among them: once a control period of 100 ms that is a two-thousandth of one core.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "mosaic/base/random.h"
#include "mosaic/manager/decide.h"

namespace mosaic::manager {
namespace {

struct Problem {
  Machine machine;
  std::vector<Demand> demands;
};

/// A phone: four big and four little cores with five clocks each, alone or in twos or fours, a GPU with four clocks, an NPU: 25 placements.
Machine phone() {
  Machine machine{
      .name = "phone", .units = {"cpu0", "cpu1", "cpu2", "cpu3", "cpu4", "cpu5", "cpu6", "cpu7", "gpu", "npu"}, .domains = {}, .placements = {}};
  for (std::size_t clock = 0; clock < 5; ++clock) {
    machine.placements.push_back({.name = "little", .units = 0x0f, .clocks = Placement::clock(0, clock)});
    machine.placements.push_back({.name = "big", .units = 0xf0, .clocks = Placement::clock(1, clock)});
    machine.placements.push_back({.name = "big", .units = 0x30, .clocks = Placement::clock(1, clock)});
    machine.placements.push_back({.name = "big", .units = 0xc0, .clocks = Placement::clock(1, clock)});
  }
  for (std::size_t clock = 0; clock < 4; ++clock) machine.placements.push_back({.name = "gpu", .units = 0x100, .clocks = Placement::clock(2, clock)});
  machine.placements.push_back({.name = "npu", .units = 0x200, .clocks = 0});
  return machine;
}

/// Larger levels are slower and better, higher clocks faster and thirstier; targets from what hardly anything keeps to what everything keeps.
Problem random_problem(std::size_t applications, std::size_t levels, std::uint64_t seed) {
  Random random(seed);
  Problem problem{.machine = phone(), .demands = {}};
  for (std::size_t a = 0; a < applications; ++a) {
    Demand demand{
        .priority = static_cast<int>(random.below(3)), .targets = {}, .period = Nanoseconds(random.between(15'000'000, 100'000'000)), .options = {}};
    demand.targets.latency = Nanoseconds(random.between(3'000'000, 60'000'000));
    demand.targets.accuracy_percent = random.uniform(68, 76);
    const double size = random.uniform(4e6, 2e7);
    for (std::size_t level = 0; level < levels; ++level) {
      for (std::size_t p = 0; p < problem.machine.placements.size(); ++p) {
        const Placement& placement = problem.machine.placements[p];
        const double clock = static_cast<double>(placement.clocks >> 16U != 0  ? placement.clocks >> 16U
                                                 : placement.clocks >> 8U != 0 ? placement.clocks >> 8U
                                                                               : placement.clocks);
        const double speed = (0.5 + 0.2 * clock) * ((placement.units & 0x0fU) != 0 ? 0.7 : 2.0) * random.uniform(0.9, 1.1);
        const double time = size * (0.4 + 0.2 * static_cast<double>(level)) / speed;
        demand.options.push_back({.operation = {.level = level, .placement = p},
                                  .latency = Nanoseconds(static_cast<std::int64_t>(time)),
                                  .energy = Joules{time * 1e-9 * speed * speed},
                                  .accuracy_percent = 70 + 1.5 * static_cast<double>(level),
                                  .memory = {}});
      }
    }
    demand.current = random.below(demand.options.size());
    problem.demands.push_back(std::move(demand));
  }
  return problem;
}

void decide_on_a_phone(benchmark::State& state) {
  std::vector<Problem> problems;
  for (std::uint64_t seed = 1; seed <= 100; ++seed)
    problems.push_back(random_problem(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)), seed));
  std::size_t next = 0;
  double nodes = 0;
  for (auto _ : state) {
    const Problem& problem = problems[next++ % problems.size()];
    const Decision decision = decide(problem.machine, problem.demands, {});
    nodes += static_cast<double>(decision.nodes);
    benchmark::DoNotOptimize(decision.cost);
  }
  state.counters["nodes"] = nodes / static_cast<double>(next);
}
BENCHMARK(decide_on_a_phone)->Name("decide")->Args({1, 6})->Args({2, 6})->Args({4, 6})->Args({8, 6});

}  // namespace
}  // namespace mosaic::manager
BENCHMARK_MAIN();
